"""A wheel beside the spec is for the targets that can run it, and for no others."""

from __future__ import annotations

import pytest
from packaging.version import Version

from envplan.index.model import Metadata
from envplan.lockfile.model import ArchiveSource, LocalSource, Source
from envplan.problems import Problem
from envplan.solver.beside import file_of
from envplan.sources.model import Given
from envplan.values.fitting import Ground
from envplan.values.platforms import Platform
from envplan.values.versions import Libc, Python
from tests.support.answers import problem_of

LINUX = Ground(Platform("linux", "x86_64"), Python(3, 11), Libc.parse("glibc 2.28"))


def given(source: Source) -> Given:
    return Given(Metadata("tool", Version("1.0"), (), None, (), b""), source)


def archive(tags: str) -> Given:
    return given(ArchiveSource(f"dist/tool-1.0-{tags}.whl", "b" * 64, 7))


def refused(tags: str) -> Problem:
    return problem_of(lambda: file_of(archive(tags), LINUX))


@pytest.mark.parametrize(
    "tags", ["py3-none-any", "cp311-cp311-manylinux_2_17_x86_64", "cp39-abi3-linux_x86_64"]
)
def test_a_wheel_that_the_target_runs_stands_for_its_package(tags: str) -> None:
    file = file_of(archive(tags), LINUX)
    assert (file.name, file.version) == (f"tool-1.0-{tags}.whl", Version("1.0"))


@pytest.mark.parametrize("source", [LocalSource("."), ArchiveSource("tool-1.0.tar.gz", "b" * 64, 7)])
def test_what_is_built_where_it_is_installed_is_for_every_target(source: Source) -> None:
    assert file_of(given(source), LINUX).version == Version("1.0")


@pytest.mark.parametrize(
    ("tags", "found", "cure"),
    [
        ("cp311-cp311-win_amd64", "made for win_amd64", 'platforms = ["windows-x86_64"]'),
        (
            "cp311-cp311-macosx_11_0_universal2",
            "made for macosx_11_0_universal2",
            'platforms = ["macos-x86_64", "macos-arm64"]',
        ),
        ("cp312-cp312-manylinux_2_17_x86_64", "made for Python 3.12", 'python = "3.12"'),
        ("cp311-cp311-manylinux_2_39_x86_64", "needs glibc 2.39; the target has 2.28", "tool = { path"),
    ],
)
def test_one_that_it_does_not_run_is_refused_with_what_it_is_for(tags: str, found: str, cure: str) -> None:
    problem = refused(tags)
    assert problem.code == "EP364"
    assert problem.title == f"tool-1.0-{tags}.whl does not run on linux-x86_64 with Python 3.11"
    assert (problem.found[0].text, problem.found[0].origin) == (found, f"dist/tool-1.0-{tags}.whl")
    assert problem.cures[0].startswith(cure)

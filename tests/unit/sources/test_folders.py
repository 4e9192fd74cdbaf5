"""A package in a folder beside the spec: read from its [project], never run."""

from __future__ import annotations

from pathlib import Path

import pytest
from packaging.version import Version

from envplan.index.model import File
from envplan.index.wheels import parse_metadata
from envplan.lockfile.model import LocalSource
from envplan.problems import EnvplanError, Problem
from envplan.sources.asked import given
from envplan.sources.model import UNKNOWN_VERSION, Given
from envplan.spec.model import FromGit, FromPath, Requirement
from tests.support.answers import problem_of

TOOL = """
[project]
name = "My_Tool"
version = "1.2"
requires-python = ">=3.10"
dependencies = ["numpy>=1.26", 'tomli ; python_version < "3.11"']

[project.optional-dependencies]
Plot_Nice = ["matplotlib[all]>=3", 'pywin32 ; os_name == "nt" or os_name == "x"']
"""


def wanted(path: str = "lib", name: str = "my-tool", *, editable: bool = False) -> Requirement:
    return Requirement(name, f"envplan.toml: packages.{name}", location=FromPath(path, editable))


def read(folder: Path, *wishes: Requirement) -> tuple[Given, ...]:
    return given(wishes or (wanted(),), folder, kept={}, tell=print, environ={})


def refused(folder: Path, *wishes: Requirement) -> Problem:
    return problem_of(lambda: read(folder, *wishes))


@pytest.fixture
def lib(tmp_path: Path) -> Path:
    (tmp_path / "lib").mkdir()
    return tmp_path


def write(folder: Path, text: str) -> None:
    (folder / "lib" / "pyproject.toml").write_text(text)


def test_a_folder_says_what_it_needs_in_its_project_table(lib: Path) -> None:
    write(lib, TOOL)
    (found,) = read(lib)
    assert found.source == LocalSource("lib")
    assert found.metadata.name == "my-tool"
    assert found.metadata.version == Version("1.2")
    assert found.versioned
    assert found.metadata.requires_python == ">=3.10"
    assert found.metadata.extras == ("plot-nice",)
    assert found.metadata.requires_dist == (
        "numpy>=1.26",
        'tomli; python_version < "3.11"',
        'matplotlib[all]>=3; extra == "plot-nice"',
        'pywin32; (os_name == "nt" or os_name == "x") and extra == "plot-nice"',
    )


def test_its_raw_metadata_reads_as_that_of_a_wheel(lib: Path) -> None:
    write(lib, TOOL)
    (found,) = read(lib)
    file = File("", "my-tool", "", Version("1.2"), "")
    assert parse_metadata(found.metadata.raw, file) == found.metadata


def test_an_editable_folder_stays_editable(lib: Path) -> None:
    write(lib, TOOL)
    (found,) = read(lib, wanted(editable=True))
    assert found.source == LocalSource("lib", editable=True)


def test_the_folder_of_the_spec_itself_is_a_package_too(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(TOOL)
    (found,) = read(tmp_path, wanted("."))
    assert found.source == LocalSource(".")


def test_a_folder_beside_the_one_of_the_spec_is_reached(lib: Path) -> None:
    write(lib, TOOL)
    (lib / "app").mkdir()
    assert read(lib / "app", wanted("../lib"))[0].source == LocalSource("../lib")


def test_no_dependencies_at_all_are_none(lib: Path) -> None:
    write(lib, '[project]\nname = "my-tool"\nversion = "1"\n')
    assert read(lib)[0].metadata.requires_dist == ()


def test_a_version_that_only_a_build_knows_gets_a_stand_in(lib: Path) -> None:
    write(lib, '[project]\nname = "my-tool"\ndynamic = ["version", "description"]\n')
    (found,) = read(lib)
    assert found.metadata.version == UNKNOWN_VERSION
    assert not found.versioned


@pytest.mark.parametrize("key", ["dependencies", "optional-dependencies", "requires-python"])
def test_what_only_a_build_knows_is_refused_with_the_way_out(lib: Path, key: str) -> None:
    write(lib, f'[project]\nname = "my-tool"\nversion = "1"\ndynamic = ["{key}"]\n')
    problem = refused(lib)
    assert problem.code == "EP362"
    assert problem.found[0].text == f"dynamic: {key}"
    assert problem.found[0].origin == "lib/pyproject.toml: project.dynamic"
    assert "does not run" in problem.why[0].text
    assert problem.cures[0] == f"write {key} into [project] of lib/pyproject.toml, not into dynamic"


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ({"setup.py": "raise SystemExit('run')"}, "setup.py, and no pyproject.toml"),
        ({}, "no pyproject.toml"),
        ({"pyproject.toml": "[build-system]\nrequires = []\n"}, "no [project] in it"),
        ({"pyproject.toml": "[tool.poetry]\nname = 'my-tool'\n"}, "[tool.poetry], and no [project]"),
    ],
)
def test_a_folder_without_a_project_table_is_refused(lib: Path, files: dict[str, str], found: str) -> None:
    for name, text in files.items():
        (lib / "lib" / name).write_text(text)
    problem = refused(lib)
    assert problem.code == "EP362"
    assert problem.found[0].text == found


def test_another_name_in_the_folder_is_refused_with_both_names(lib: Path) -> None:
    write(lib, TOOL)
    problem = refused(lib, wanted(name="tool"))
    assert problem.code == "EP363"
    assert problem.title == "tool is wanted, and my-tool is there"


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    problem = refused(tmp_path, wanted("nowhere"))
    assert problem.code == "EP360"
    assert problem.found[0].origin == "nowhere"


def test_every_fault_of_a_project_is_named_at_its_place(lib: Path) -> None:
    write(
        lib,
        '[project]\nname = "my-tool"\nversion = "one"\nrequires-python = "new"\n'
        'dependencies = ["numpy>>1", "ok; os_name == \'a\\nEvil: yes\'"]\n',
    )
    with pytest.raises(EnvplanError) as refusal:
        read(lib)
    assert [problem.code for problem in refusal.value.problems] == ["EP361"] * 4
    assert [problem.found[0].origin.rpartition(" ")[2] for problem in refusal.value.problems] == [
        "project.version",
        "project.requires-python",
        "project.dependencies[0]",
        "project.dependencies[1]",
    ]


def test_two_spellings_of_one_extra_are_refused(lib: Path) -> None:
    write(
        lib,
        '[project]\nname = "my-tool"\nversion = "1"\n'
        "[project.optional-dependencies]\na_b = []\nA-b = ['numpy']\n",
    )
    assert refused(lib).title == "the extra a-b is there twice"


def test_the_problems_of_all_packages_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(EnvplanError) as refusal:
        read(tmp_path, wanted("a", "a"), wanted("b", "b"))
    assert len(refusal.value.problems) == 2


def test_packages_of_indexes_are_left_alone(lib: Path) -> None:
    write(lib, TOOL)
    assert len(read(lib, Requirement("numpy", "envplan.toml"), wanted())) == 1


def test_a_package_in_two_groups_is_read_once(lib: Path) -> None:
    write(lib, TOOL)
    assert len(read(lib, wanted(), wanted())) == 1


def test_one_name_from_two_places_is_refused(lib: Path) -> None:
    write(lib, TOOL)
    other = Requirement("my-tool", "groups.dev", location=FromGit("https://git.example/tool", "v1"))
    problem = refused(lib, wanted(), other)
    assert problem.code == "EP363"
    assert problem.found[0].text == "lib and https://git.example/tool at v1"

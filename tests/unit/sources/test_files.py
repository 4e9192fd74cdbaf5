"""A wheel or source archive beside the spec: read, compared with what is wanted, and refused by the lock."""

from __future__ import annotations

from pathlib import Path

import pytest
from packaging.version import Version

from envplan.problems import EnvplanError, Problem
from envplan.sources.asked import given
from envplan.sources.files import read_file
from envplan.spec.model import FromPath, Requirement
from tests.support.wheels import sdist, wheel


def wanted(path: str, name: str = "my-tool") -> Requirement:
    return Requirement(name, f"envplan.toml: packages.{name}", location=FromPath(path))


def put(folder: Path, made: tuple[str, bytes]) -> Path:
    (folder / made[0]).write_bytes(made[1])
    return folder / made[0]


def refused(path: Path, name: str = "my-tool") -> Problem:
    with pytest.raises(EnvplanError) as refusal:
        read_file(path, path.name, wanted(path.name, name))
    (problem,) = refusal.value.problems
    return problem


def test_a_wheel_says_what_it_needs(tmp_path: Path) -> None:
    path = put(tmp_path, wheel("my-tool", "1.2", requires=["numpy>=1", "x; extra == 'y'"]))
    metadata = read_file(path, path.name, wanted(path.name))
    assert metadata.version == Version("1.2")
    assert metadata.requires_dist == ("numpy>=1", "x; extra == 'y'")


def test_a_source_archive_that_binds_its_build_says_what_it_needs(tmp_path: Path) -> None:
    path = put(tmp_path, sdist("my-tool", "1.2", ["numpy>=1"]))
    assert read_file(path, path.name, wanted(path.name)).requires_dist == ("numpy>=1",)


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        (b"Metadata-Version: 2.2", b"Metadata-Version: 2.1", "metadata of version 2.1, which a build"),
        (b"Summary: my-tool, as tests n", b"Dynamic: Requires-Dist\nX: te", "dynamic: requires-dist"),
    ],
)
def test_a_source_archive_that_leaves_it_to_the_build_is_refused(
    tmp_path: Path, old: bytes, new: bytes, found: str
) -> None:
    import gzip

    name, body = sdist("my-tool", "1.2")
    plain = gzip.decompress(body)
    assert len(old) == len(new)
    path = put(tmp_path, (name, gzip.compress(plain.replace(old, new))))
    problem = refused(path)
    assert problem.code == "EP362"
    assert problem.found[0].text.startswith(found)


def test_a_wheel_of_another_package_is_refused(tmp_path: Path) -> None:
    assert refused(put(tmp_path, wheel("other", "1"))).title == "my-tool is wanted, and other is there"


@pytest.mark.parametrize("name", ["my_tool-1.2-py3-none-any.whl", "my_tool-1.2.tar.gz", "notes.txt", "a.whl"])
def test_what_is_no_package_is_refused(tmp_path: Path, name: str) -> None:
    problem = refused(put(tmp_path, (name, b"not a package")))
    assert problem.code == "EP360"


def test_a_wheel_whose_metadata_says_another_version_is_refused(tmp_path: Path) -> None:
    _, body = wheel("my-tool", "1.2")
    path = put(tmp_path, ("my_tool-1.3-py3-none-any.whl", body))
    assert "its metadata says my-tool 1.2" in refused(path).found[0].text


def test_a_lock_cannot_hold_a_file_yet_and_says_so(tmp_path: Path) -> None:
    path = put(tmp_path, wheel("my-tool", "1.2"))
    with pytest.raises(EnvplanError) as refusal:
        given([wanted(path.name)], tmp_path, kept={}, tell=print, environ={})
    assert refusal.value.problems[0].code == "EP364"

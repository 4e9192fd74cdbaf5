"""A wheel or source archive beside the spec: read, hashed, and compared with what is wanted."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from pathlib import Path

import pytest
from packaging.version import Version

from envplan.index.model import Metadata
from envplan.lockfile.model import ArchiveSource
from envplan.problems import Problem
from envplan.sources.asked import given
from envplan.spec.model import FromPath, Requirement
from tests.support.answers import problem_of
from tests.support.wheels import sdist, wheel


def wanted(path: str, name: str = "my-tool") -> Requirement:
    return Requirement(name, f"envplan.toml: packages.{name}", location=FromPath(path))


def put(folder: Path, made: tuple[str, bytes]) -> Path:
    (folder / made[0]).write_bytes(made[1])
    return folder / made[0]


BUILT = ("my-tool",)


def read(path: Path, built: Collection[str] = BUILT) -> Metadata:
    (found,) = given([wanted(path.name)], path.parent, kept={}, tell=print, built=built, environ={})
    return found.metadata


def refused(requirement: Requirement, folder: Path, built: Collection[str] = BUILT) -> Problem:
    return problem_of(lambda: given([requirement], folder, kept={}, tell=print, built=built, environ={}))


def test_a_wheel_says_what_it_needs(tmp_path: Path) -> None:
    metadata = read(put(tmp_path, wheel("my-tool", "1.2", requires=["numpy>=1", "x; extra == 'y'"])))
    assert metadata.version == Version("1.2")
    assert metadata.requires_dist == ("numpy>=1", "x; extra == 'y'")


def test_a_file_is_known_by_its_path_its_size_and_its_hash(tmp_path: Path) -> None:
    (tmp_path / "dist of mine").mkdir()
    name, body = wheel("my-tool", "1.2+local.1", size=3_000_000)
    put(tmp_path / "dist of mine", (name, body))
    place = f"./dist of mine/{name}"
    (found,) = given([wanted(place)], tmp_path, kept={}, tell=print, environ={})
    assert found.source == ArchiveSource(place, hashlib.sha256(body).hexdigest(), len(body))
    assert found.versioned


def test_a_source_archive_that_binds_its_build_says_what_it_needs(tmp_path: Path) -> None:
    assert read(put(tmp_path, sdist("my-tool", "1.2", ["numpy>=1"]))).requires_dist == ("numpy>=1",)


def test_a_source_archive_is_taken_only_where_the_spec_allows_it(tmp_path: Path) -> None:
    path = put(tmp_path, sdist("my-tool", "1.2"))
    problem = refused(wanted(path.name), tmp_path, built=("another",))
    assert problem.code == "EP364"
    assert problem.cures == ('allow-sdist = ["my-tool"]     (under [options])',)


def test_a_file_cannot_be_edited_in_place(tmp_path: Path) -> None:
    path = put(tmp_path, wheel("my-tool", "1.2"))
    wish = Requirement("my-tool", "envplan.toml: packages.my-tool", location=FromPath(path.name, True))
    problem = refused(wish, tmp_path)
    assert problem.code == "EP364"
    assert problem.cures == ('my-tool = { path = "my_tool-1.2-py3-none-any.whl" }',)


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
    problem = refused(wanted(path.name), tmp_path)
    assert problem.code == "EP362"
    assert problem.found[0].text.startswith(found)


def test_a_wheel_of_another_package_is_refused(tmp_path: Path) -> None:
    path = put(tmp_path, wheel("other", "1"))
    assert refused(wanted(path.name), tmp_path).title == "my-tool is wanted, and other is there"


@pytest.mark.parametrize("name", ["my_tool-1.2-py3-none-any.whl", "my_tool-1.2.tar.gz", "notes.txt", "a.whl"])
def test_what_is_no_package_is_refused(tmp_path: Path, name: str) -> None:
    problem = refused(wanted(put(tmp_path, (name, b"not a package")).name), tmp_path)
    assert problem.code == "EP360"


def test_a_wheel_whose_metadata_says_another_version_is_refused(tmp_path: Path) -> None:
    _, body = wheel("my-tool", "1.2")
    path = put(tmp_path, ("my_tool-1.3-py3-none-any.whl", body))
    assert "its metadata says my-tool 1.2" in refused(wanted(path.name), tmp_path).found[0].text

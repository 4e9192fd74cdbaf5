"""Where an entry may come from: one place, pinned by its hash, that is the same on every machine."""

from __future__ import annotations

from typing import Any

import pytest
from packaging.version import Version

from envplan.lockfile.check import Expected, check
from envplan.lockfile.encode import encode
from envplan.lockfile.model import ArchiveSource, GitSource, LocalSource, Lock, Pinned, Source
from envplan.lockfile.origins import source_faults
from envplan.lockfile.wishes import Asked, Wishes
from tests.support.locks import every_machine

SHA256 = "b" * 64
ARCHIVE = {"path": "dist/tool-1.0-py3-none-any.whl", "size": 7, "hashes": {"sha256": SHA256}}


def faults(entry: dict[str, Any]) -> list[str]:
    found: list[str] = []

    def say(key: str, title: str, **_: object) -> None:
        found.append(f"{key}: {title}")

    source_faults({"name": "tool", "version": "1.0", **entry}, say)
    return found


@pytest.mark.parametrize(
    "entry",
    [
        {"archive": ARCHIVE},
        {"archive": {**ARCHIVE, "path": "../dist of mine/Tool-1.0-py3-none-any.whl"}},
        {"archive": {**ARCHIVE, "path": "tool-1.0.tar.gz"}},
        {"directory": {"path": "."}},
        {"directory": {"path": "../lib", "editable": True}},
        {"vcs": {"type": "git", "url": "https://git.example/tool", "commit-id": "a" * 40}},
    ],
)
def test_what_lies_beside_the_lock_or_at_a_commit_is_in_order(entry: dict[str, Any]) -> None:
    assert faults(entry) == []


@pytest.mark.parametrize(
    "path",
    [
        *("/dist/tool-1.0-py3-none-any.whl", "~/tool-1.0-py3-none-any.whl", "C:/tool-1.0-py3-none-any.whl"),
        *("dist\\tool-1.0-py3-none-any.whl", "//host/share/tool-1.0-py3-none-any.whl"),
        *("https://evil.example/tool-1.0-py3-none-any.whl", "a\ntool-1.0-py3-none-any.whl", "", None, 7),
    ],
)
@pytest.mark.parametrize("key", ["archive", "directory"])
def test_a_path_of_one_machine_only_is_refused(key: str, path: object) -> None:
    entry = {key: {**(ARCHIVE if key == "archive" else {}), "path": path}}
    assert f"{key}.path: it has no path that holds on every machine" in faults(entry)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"hashes": {}}, "archive.hashes: the file has no hash"),
        ({"hashes": {"md5": "a" * 32}}, "archive.hashes: the file has no sha256"),
        ({"hashes": {"sha256": "b" * 63}}, "archive.hashes.sha256: the hash is no whole sha256"),
        ({"hashes": {"sha256": SHA256, "md5": "a" * 32}}, "archive.hashes: the file has other hashes"),
        ({"size": 0}, "archive.size: the size is not a number of bytes"),
        ({"size": None}, "archive.size: the size is not a number of bytes"),
        ({"url": "https://evil.example/x"}, "archive.url: unknown key 'url'"),
        ({"subdirectory": "x"}, "archive.subdirectory: unknown key 'subdirectory'"),
        ({"path": "other-1.0-py3-none-any.whl"}, "archive.path: the file is one of another project: other"),
        ({"path": "tool-1.1-py3-none-any.whl"}, "archive.path: the file is one of another version: 1.1"),
        ({"path": "tool.zip"}, "archive.path: the file is not named as wheels and source archives are"),
    ],
)
def test_a_file_is_judged_as_those_of_indexes_are(change: dict[str, Any], fault: str) -> None:
    assert any(one.startswith(fault) for one in faults({"archive": {**ARCHIVE, **change}}))


@pytest.mark.parametrize(
    "entry",
    [
        {},
        {"archive": ARCHIVE, "directory": {"path": "."}},
        {"archive": ARCHIVE, "sdist": {"name": "tool-1.0.tar.gz"}},
        {"archive": "dist/tool-1.0-py3-none-any.whl"},
    ],
)
def test_there_is_one_source_and_it_is_a_table(entry: dict[str, Any]) -> None:
    assert faults(entry)


PLACES: dict[str, Source] = {
    "archive": ArchiveSource("dist/tool-1.0-py3-none-any.whl", SHA256, 7),
    "folder": LocalSource("lib"),
    "repository": GitSource("https://git.example/tool", "a" * 40),
}


def with_tool(source: Source) -> Lock:
    lock = every_machine()
    version = None if isinstance(source, LocalSource) else Version("1.0")
    targets = frozenset(target for offer in lock.offers for target in offer.targets)
    tool = Pinned("tool", version, None, (), targets, source=source)
    return Lock(**{**vars(lock), "packages": (*lock.packages, tool)})


def from_place(name: str, place: str) -> Asked:
    return Asked(name, url=place) if "://" in place else Asked(name, path=place)


@pytest.mark.parametrize("kind", PLACES)
def test_what_comes_from_elsewhere_must_come_from_where_the_spec_says(kind: str) -> None:
    source = PLACES[kind]
    data = encode(with_tool(source))
    place = source.url if isinstance(source, GitSource) else source.path
    assert check(data, expected=Expected(wishes=Wishes((from_place("tool", place),)))) == ()
    for elsewhere in ((), (from_place("tool", "../other"),)):
        (problem,) = check(data, expected=Expected(wishes=Wishes(elsewhere)))
        assert problem.title.endswith("it comes from another place than the spec says")


def test_what_the_spec_takes_from_elsewhere_must_not_come_from_an_index() -> None:
    wishes = Wishes((from_place("numpy", "vendor/numpy"),))
    (problem,) = check(encode(every_machine()), expected=Expected(wishes=wishes))
    assert "it comes from an index, and not from where the spec says" in problem.title
    assert problem.why[0].text == "the spec says vendor/numpy"

"""What applying changes, told from two lists of packages."""

from __future__ import annotations

from typing import Any

import pytest

from envplan.verbs.change import change, is_same


def row(name: str, version: str, sha256: str = "", size: int | None = 1000) -> dict[str, Any]:
    return {
        "name": name,
        "version": version,
        "index": "https://simple.example",
        "wheel": f"{name}-{version}-py3-none-any.whl",
        "sha256": sha256 or f"{name}{version}",
        "size": size,
    }


OLD = [row("kept", "1.0"), row("newer", "1.0"), row("older", "2.0"), row("gone", "1.0")]
NEW = [row("kept", "1.0"), row("newer", "1.10"), row("older", "1.9"), row("fresh", "1.0")]
OLD, NEW = [*OLD, row("rebuilt", "1.0", "a")], [*NEW, row("rebuilt", "1.0", "b")]


def test_each_package_is_told_by_what_becomes_of_it() -> None:
    found = change(OLD, NEW, set())
    assert {line.name: line.kind for line in found.lines} == {
        "kept": "same",
        "newer": "up",
        "older": "down",
        "gone": "removed",
        "fresh": "added",
        "rebuilt": "other",
    }
    assert [line.name for line in found.changed] == ["fresh", "gone", "newer", "older", "rebuilt"]
    assert found.packages == 5


def test_only_what_the_store_lacks_is_fetched() -> None:
    found = change(OLD, NEW, {"newer1.10", "fresh1.0"})
    assert found.fetch == 2000
    assert {line.name: line.fetch for line in found.changed if line.fetch} == {"newer": 1000, "fresh": 1000}
    assert found.store > 0


def test_copies_take_what_is_there_and_what_is_still_to_come() -> None:
    found = change(OLD, NEW, {"newer1.10", "fresh1.0"}, copied=50_000)
    assert found.copies == 50_000 + found.store
    assert 50_000 < found.least <= found.copies
    assert change(OLD, NEW, {"newer1.10"}).copies == 0


def test_a_size_that_no_index_told_is_named_and_not_counted() -> None:
    found = change([], [row("torch", "2.2.2", size=None), row("six", "1.0")], {"torch2.2.2", "six1.0"})
    assert found.fetch == 1000
    assert found.untold == ("torch-2.2.2-py3-none-any.whl",)
    assert {line.name: line.fetch for line in found.lines} == {"torch": None, "six": 1000}


FOLDER = {"name": "mytool", "version": None, "path": "tool", "editable": False, "stamp": "one"}
GIT = {"name": "mytool", "version": "1.0", "url": "https://git.example/x", "commit": "a" * 40}


@pytest.mark.parametrize(
    ("wanted", "more", "same"),
    [
        (FOLDER, {}, True),
        (FOLDER, {"stamp": "two"}, False),
        (FOLDER, {"editable": True}, False),
        (GIT, {}, True),
        (GIT, {"version": None}, True),
        (GIT, {"commit": "b" * 40}, False),
        (row("six", "1.0"), {}, True),
        (row("six", "1.0"), {"sha256": "other"}, False),
        (row("six", "1.0"), {"index": "https://mirror.example"}, True),
    ],
)
def test_a_package_is_the_same_by_its_bytes_or_its_place(
    wanted: dict[str, Any], more: dict[str, Any], same: bool
) -> None:
    built = {"wheel": "of-this-machine.whl", "sha256": "built", "size": None}
    assert is_same({**built, **wanted, **more}, wanted) == same

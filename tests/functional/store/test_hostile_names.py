"""Names that lead elsewhere, mean two files or none; and things that are no files."""

from __future__ import annotations

import sys

import pytest

from tests.functional.store.conftest import Shelf, contents
from tests.support.hostile import DEVICE, FILE, FOLDER, LINK, PIPE, Entry, changed, wheel_entries

MODULE = "demo/__init__.py"


def with_file(*names: str) -> list[Entry]:
    """A wheel that has these files too, and says so in its RECORD."""
    return wheel_entries({MODULE: b"answer = 42\n", **{name: name.encode()[:40] for name in names}})


def with_mode(mode: int, name: str = "demo/odd") -> list[Entry]:
    return changed(with_file(name), name, mode=mode)


NAMES = {
    "up": "../evil.py",
    "up in the middle": "demo/../../evil.py",
    "up and down again": "demo/../demo/evil.py",
    "up by a backslash": "demo\\..\\..\\evil.py",
    "absolute": "/etc/evil.py",
    "absolute twice": "//server/share/evil.py",
    "a drive": "C:/evil.py",
    "relative to a drive": "C:evil.py",
    "a share of Windows": "\\\\server\\share\\evil.py",
    "a stream of a file": "demo/data.txt:evil",
    "here": "./evil.py",
    "here in the middle": "demo/./evil.py",
    "nothing in the middle": "demo//evil.py",
    "a NUL": "demo/evil.py\0.txt",
    "a new line": "demo/evil\n.py",
    "an escape sequence": "demo/\x1b[2Jevil.py",
    "a control character of Latin-1": "demo/evil\x85.py",
    "written from right to left": "demo/evil\u202eyp.txt",
    "a space of no width": "demo/evil\u200b.py",
    "a dot at its end": "demo/evil.py.",
    "a space at its end": "demo/evil.py ",
    "a folder with a dot at its end": "demo./evil.py",
    "a device": "demo/NUL",
    "a device with an ending": "demo/aux.py",
    "a device in the middle": "demo/com1/evil.py",
    "a device with a small number": "demo/lpt\u00b2.txt",
    "a wildcard": "demo/*.py",
    "a pipe": "demo/a|b",
    "too long a part": f"demo/{'e' * 256}",
    "too long a part, in bytes": "demo/" + "\u00e9" * 128,
    "too long": "/".join(["demo", *["e" * 200] * 6]),
}

TWICE = {
    "the same name": ("demo/evil.py", "demo/evil.py"),
    "capitals": ("demo/evil.py", "demo/EVIL.py"),
    "capitals in a folder": ("demo/evil.py", "Demo/evil.py"),
    "capitals of Greek": ("demo/\u03c3.py", "demo/\u03c2.py"),
    "composed and not": ("demo/\u00e9.py", "demo/e\u0301.py"),
    "composed and not, with capitals": ("demo/\u00c9.py", "demo/e\u0301.py"),
    "sharp s": ("demo/stra\u00dfe.py", "demo/strasse.py"),
    "a file where a folder is": ("demo/evil", "demo/evil/inside.py"),
    "a file where a folder is, with capitals": ("demo/EVIL", "demo/evil/inside.py"),
    "a file where a folder of folders is": ("demo/evil", "demo/evil/deep/inside.py"),
    "a scheme over another": ("evil.py", "demo-1.0.data/platlib/evil.py"),
    "a scheme over its own root": ("evil.py", "demo-1.0.data/purelib/Evil.py"),
}

KINDS = {
    "a link": (LINK | 0o777, "a link"),
    "a device": (DEVICE | 0o666, "a device"),
    "a block device": (0o060000 | 0o666, "a device"),
    "a pipe": (PIPE | 0o666, "a pipe"),
    "a socket": (0o140000 | 0o666, "a socket"),
    "a kind nobody knows": (0o170000 | 0o666, "neither"),
    "a folder that is named as a file": (FOLDER | 0o755, "says it is a folder"),
    "setuid": (FILE | 0o4755, "another user"),
    "setgid": (FILE | 0o2755, "another user"),
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_a_name_that_is_not_the_same_file_everywhere_is_refused(shelf: Shelf, name: str) -> None:
    problem = shelf.refused(with_file(name))
    assert problem.code == "EP421", problem
    assert not [path for path in shelf.folder.rglob("*evil*") if path.is_file()]


@pytest.mark.parametrize("name", ["../evil/", "/evil/", "demo/aux/", "/", "demo//"])
def test_folders_are_held_to_the_same(shelf: Shelf, name: str) -> None:
    assert shelf.refused([Entry(name, mode=FOLDER | 0o755), *with_file()]).code == "EP421"


@pytest.mark.parametrize("names", TWICE.values(), ids=TWICE)
@pytest.mark.parametrize("turned", [False, True], ids=["", "turned"])
def test_two_entries_for_one_place_are_refused(shelf: Shelf, names: tuple[str, str], turned: bool) -> None:
    first, second = names[::-1] if turned else names
    entries = with_file(first, second)
    if first == second:
        entries.append(Entry(first, b"another"))
    problem = shelf.refused(entries)
    assert problem.code == "EP422", problem


@pytest.mark.parametrize(("mode", "why"), KINDS.values(), ids=KINDS)
def test_what_is_no_plain_file_is_refused(shelf: Shelf, mode: int, why: str) -> None:
    problem = shelf.refused(with_mode(mode))
    assert problem.code == "EP423"
    assert problem.found[0].text == "demo/odd"
    assert why in problem.why[0].text


def test_a_folder_with_contents_is_refused(shelf: Shelf) -> None:
    entries = [Entry("demo/sub/", b"contents", mode=FOLDER | 0o755), *with_file()]
    assert shelf.refused(entries).code == "EP423"


def test_a_folder_that_is_said_to_be_a_link_is_refused(shelf: Shelf) -> None:
    assert shelf.refused([Entry("demo/sub/", mode=LINK | 0o777), *with_file()]).code == "EP423"


def test_names_from_all_over_the_world_are_taken(shelf: Shelf) -> None:
    names = [
        "demo/\u00e9t\u00e9.py",
        "demo/\u65e5\u672c.txt",
        "demo/\u03a3\u03bf\u03c6\u03af\u03b1",
        "demo/a b,c.txt",
        "demo/.hidden",
        "demo/auxiliary.py",
    ]
    tree = shelf.added(with_file(*names))
    assert set(names) <= contents(tree.folder / "purelib").keys()


WINDOWS = [
    name
    for kind, name in NAMES.items()
    if kind.startswith(("a device", "a dot", "a space at", "a folder", "a wild", "a pipe"))
]


@pytest.mark.parametrize("name", WINDOWS)
@pytest.mark.parametrize("tags", ["py3-none-win_amd64", "py3-none-manylinux_2_28_x86_64.win32"])
def test_wheels_for_windows_are_held_to_its_names(shelf: Shelf, name: str, tags: str) -> None:
    assert shelf.refused(with_file(name), tags=tags).code == "EP421"


@pytest.mark.parametrize("name", WINDOWS)
@pytest.mark.skipif(sys.platform == "win32", reason="names that cannot be there")
def test_wheels_for_other_systems_may_have_names_that_windows_does_not(shelf: Shelf, name: str) -> None:
    tree = shelf.added(with_file(name), tags="cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64")
    assert name in contents(tree.folder / "purelib")


@pytest.mark.parametrize("name", sorted(set(NAMES.values()) - set(WINDOWS)))
def test_no_wheel_may_have_names_that_lead_elsewhere(shelf: Shelf, name: str) -> None:
    assert shelf.refused(with_file(name), tags="cp311-cp311-manylinux_2_17_x86_64").code == "EP421"


def test_folders_that_differ_in_capitals_may_hold_different_files(shelf: Shelf) -> None:
    tree = shelf.added(with_file("demo/Sub/one.py", "demo/sub/two.py"))
    assert {"demo/Sub/one.py", "demo/sub/two.py"} <= contents(tree.folder / "purelib").keys()

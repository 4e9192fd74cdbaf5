"""Zip files that two readers would read differently: refused before anything of them is seen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from tests.functional.store.conftest import Shelf, contents
from tests.support.hostile import (
    BEHIND,
    DEFLATED,
    ENCRYPTED,
    STORED,
    Archive,
    Entry,
    changed,
    deflated,
    sizes_behind,
    wheel_entries,
    wide,
)

MODULE = "demo/__init__.py"
GOOD = wheel_entries({MODULE: b"answer = 42\n" * 50, "demo/data.bin": bytes(range(256))})
EVIL = Entry("demo/evil.py", b"import os\n")
TRUE = GOOD[0]
BODY = Archive(GOOD).bytes()
START = len(b"".join(Archive([entry]).bytes()[: -(46 + len(entry.raw_name) + 22)] for entry in GOOD))


def module(**changes: object) -> list[Entry]:
    """The good wheel with one entry changed."""
    return changed(GOOD, MODULE, **changes)


def lying(by: int) -> list[Entry]:
    """The good wheel with an entry that is not as long as its headers and RECORD say."""
    size = len(TRUE.data)
    files = {entry.name: entry.data for entry in GOOD[:2] if isinstance(entry.name, str)}
    lines = wheel_entries(
        files, record=lambda rows: [row.replace(f",{size}\n", f",{size + by}\n") for row in rows]
    )
    return changed(lines, MODULE, size=size + by)


def bad_size(entry: Entry, by: int) -> dict[str, int | bytes]:
    return {"size": len(entry.data) + by}


STRUCTURES: dict[str, tuple[bytes | Archive | Sequence[Entry], str]] = {
    "nothing": (b"", "too few"),
    "a text": (b"<html>" * 100, "not a zip archive"),
    "only an end": (Archive([]).bytes(), "folders of metadata"),
    "cut in the middle": (BODY[: len(BODY) // 2], "not a zip archive"),
    "cut by one byte": (BODY[:-1], "its end is cut"),
    "a program in front of it": (Archive(GOOD, front=b"#!/bin/sh\nexit\n"), "bytes that belong to no entry"),
    "bytes behind it": (Archive(GOOD, tail=b"\0"), "1 bytes follow"),
    "a comment": (Archive(GOOD, comment=b"hello"), "5 bytes follow"),
    "an archive behind it": (BODY + Archive([EVIL]).bytes(), "does not lie where"),
    "an archive in front of it": (Archive(GOOD, front=Archive([EVIL]).bytes()), "belong to no entry"),
    "an archive in its comment": (Archive(GOOD, comment=Archive([EVIL]).bytes()), "does not lie where"),
    "an entry that the list leaves out": (
        Archive([*GOOD, EVIL], listed=lambda rows: rows[:-1]),
        "belong to no entry",
    ),
    "an entry hidden in the middle": (
        Archive([EVIL, *GOOD], listed=lambda rows: rows[1:]),
        "belong to no entry",
    ),
    "bytes between entries": (module(before=b"gap"), "belong to no entry"),
    "bytes after an entry": (module(after=b"gap"), "belong to no entry"),
    "bytes before the list": (Archive(GOOD, between=b"gap"), "belong to no entry"),
    "bytes after the list": (
        Archive(GOOD, listed=lambda rows: [*rows, b"gap"], end={"here": len(GOOD), "count": len(GOOD)}),
        "3 bytes follow its list",
    ),
    "an end that counts one less": (
        Archive(GOOD, end={"here": len(GOOD) - 1, "count": len(GOOD) - 1}),
        "bytes follow its list",
    ),
    "an end that counts one more": (
        Archive(GOOD, end={"here": len(GOOD) + 1, "count": len(GOOD) + 1}),
        "shorter than its end says",
    ),
    "an end that counts millions": (Archive(GOOD, end={"here": 65000, "count": 65000}), "65,000 entries"),
    "an end with two counts": (Archive(GOOD, end={"here": 1}), "several parts"),
    "an end that points elsewhere": (Archive(GOOD, end={"start": START - 5}), "does not lie where"),
    "a second disk": (Archive(GOOD, end={"disk": 1, "first": 1}), "several parts"),
    "an entry on a second disk": (module(central={"disk": 3}), "another part"),
    "another name before its bytes": (module(local={"name": b"demo/__evil__.py"}), "another name"),
    "a shorter name before its bytes": (module(local={"name": b"demo/x.py"}), "another name"),
    "another size before its bytes": (module(local=bad_size(TRUE, 1)), "disagree"),
    "another checksum before its bytes": (module(local={"crc": 7}), "disagree"),
    "another method before its bytes": (module(local={"method": STORED}), "disagree"),
    "other flags before its bytes": (module(local={"flags": 2}), "disagree"),
    "no sizes before its bytes": (module(local={"crc": 0, "packed": 0, "size": 0}), "disagree"),
    "a longer packed size in both": (
        module(local={"packed": len(TRUE.raw) + 9}, central={"packed": len(TRUE.raw) + 9}),
        "reach into the next",
    ),
    "two rows for the same bytes": (
        Archive(GOOD, listed=lambda rows: [rows[0], *rows]),
        "reach into the next",
    ),
    "encrypted": (module(flags=ENCRYPTED), "encrypted"),
    "strongly encrypted": (module(flags=0x41), "encrypted"),
    "its headers masked": (module(flags=0x2000), "flags no wheel has"),
    "a patch": (module(flags=0x20), "flags no wheel has"),
    "packed by bzip2": (module(method=12, packed=b"BZh9"), "method 12"),
    "packed by zstandard": (module(method=93, packed=b"\x28\xb5"), "method 93"),
    "stored, with two sizes": (
        module(method=STORED, packed=b"x" * 4, size=9),
        "stored, and its two sizes differ",
    ),
    "sizes behind it that are wrong": (
        module(flags=BEHIND, behind=sizes_behind(replace(TRUE, crc=7))),
        "belong to no entry",
    ),
    "sizes behind it that are missing": (module(flags=BEHIND, behind=b""), "belong to no entry"),
    "two names": (module(extra=b"\x75\x70\x05\x00\x01abcd"), "two names"),
    "AES": (module(extra=b"\x01\x99\x02\x00\x01\x00"), "encrypted"),
    "extra fields that are cut": (module(extra=b"\x0a\x00\xff\x00"), "cut"),
    "extra fields that are too short": (module(extra=b"\x0a\x00\x00"), "cut"),
    "long sizes that differ from the short ones": (module(extra=wide(1, 2)), "written twice, and differ"),
    "long sizes twice": (
        module(extra=wide(len(TRUE.data), len(TRUE.raw)) * 2),
        "twice",
    ),
    "too few long sizes": (
        module(central={"size": 0xFFFFFFFF, "packed": 0xFFFFFFFF, "extra": wide(5)}),
        "do not stand where",
    ),
    "a longer end that points elsewhere": (Archive(GOOD, end64={"start": 10}), "two ends"),
    "a longer end that counts otherwise": (Archive(GOOD, end64={"count": 1}), "two ends"),
    "a longer end of another length": (Archive(GOOD, end64={"record": 60}), "do not fit together"),
    "a longer end that lies elsewhere": (Archive(GOOD, end64={"at": 4}), "do not fit together"),
    "a name in the code page of DOS": (module(name=b"demo/\x81.py"), "not UTF-8"),
    "a name that is no UTF-8": (module(name=b"demo/\xff\xfe.py", flags=0x800), "not UTF-8"),
}

CONTENTS: dict[str, tuple[list[Entry], str]] = {
    "another checksum": (module(crc=1), "checksum"),
    "another checksum, stored": (module(crc=1, method=STORED), "checksum"),
    "damaged": (module(packed=b"\xff" * 40), "damaged"),
    "cut": (module(packed=TRUE.raw[:-4]), "end too early"),
    "longer than it says": (lying(-1), "more than"),
    "shorter than it says": (lying(1), "holds 600 of"),
    "bytes after its end": (module(packed=TRUE.raw + b"hidden"), "bytes follow"),
    "another stream after its end": (module(packed=TRUE.raw + deflated(b"hidden")), "bytes follow"),
}

BOMBS: dict[str, tuple[Archive | list[Entry], str]] = {
    "a million entries": (
        Archive(
            GOOD,
            end={"here": 0xFFFF, "count": 0xFFFF},
            end64={"here": 1_000_000, "count": 1_000_000},
        ),
        "1,000,000 entries",
    ),
    "a terabyte": (
        module(
            local={"size": 0xFFFFFFFF, "packed": 0xFFFFFFFF, "extra": wide(1 << 40, len(TRUE.raw))},
            central={"size": 0xFFFFFFFF, "packed": 0xFFFFFFFF, "extra": wide(1 << 40, len(TRUE.raw))},
        ),
        "would become",
    ),
    "more than deflate can": (module(size=200_000_000), "cannot become"),
    "a gigabyte of zeros": (
        [*GOOD, Entry("demo/zeros", b"", packed=deflated(bytes(1 << 20)) * 400, size=400 << 20)],
        "would become",
    ),
}


@pytest.mark.parametrize(("body", "why"), STRUCTURES.values(), ids=STRUCTURES)
def test_an_archive_with_two_readings_is_refused(
    shelf: Shelf, body: bytes | Archive | Sequence[Entry], why: str
) -> None:
    problem = shelf.refused(body)
    assert problem.code in ("EP420", "EP425")
    assert why in problem.why[0].text


@pytest.mark.parametrize(("body", "why"), CONTENTS.values(), ids=CONTENTS)
def test_an_entry_that_is_not_what_its_header_says_is_refused(
    shelf: Shelf, body: list[Entry], why: str
) -> None:
    problem = shelf.refused(body)
    assert problem.code == "EP427"
    assert problem.found[0].text == MODULE
    assert why in problem.why[0].text


@pytest.mark.parametrize(("body", "why"), BOMBS.values(), ids=BOMBS)
def test_an_archive_that_would_fill_the_disk_is_refused(
    shelf: Shelf, body: Archive | list[Entry], why: str
) -> None:
    problem = shelf.refused(body)
    assert problem.code == "EP424"
    assert why in problem.why[0].text


ACCEPTED: dict[str, Callable[[], Archive | list[Entry]]] = {
    "as most tools write it": lambda: GOOD,
    "stored": lambda: module(method=STORED),
    "sizes behind it": lambda: module(flags=BEHIND),
    "sizes behind it, unmarked": lambda: module(flags=BEHIND, behind=sizes_behind(TRUE, marked=False)),
    "long sizes behind it": lambda: module(flags=BEHIND, behind=sizes_behind(TRUE, long=True)),
    "long sizes that repeat the short ones": lambda: module(
        local={"extra": wide(len(TRUE.data), len(TRUE.raw))}
    ),
    "long sizes": lambda: module(
        local={"size": 0xFFFFFFFF, "packed": 0xFFFFFFFF, "extra": wide(len(TRUE.data), len(TRUE.raw))},
        central={"size": 0xFFFFFFFF, "packed": 0xFFFFFFFF, "extra": wide(len(TRUE.data), len(TRUE.raw))},
    ),
    "a longer end": lambda: Archive(GOOD, end64={}),
    "a longer end that is needed": lambda: Archive(
        GOOD, end64={}, end={"count": 0xFFFF, "here": 0xFFFF, "start": 0xFFFFFFFF, "length": 0xFFFFFFFF}
    ),
    "times in extra fields": lambda: module(extra=b"UT\x05\x00\x03\x00\x00\x00\x00"),
    "no modes": lambda: [replace(entry, mode=0, system=0) for entry in GOOD],
    "listed in another order": lambda: Archive(GOOD, listed=lambda rows: rows[::-1]),
    "folders": lambda: [Entry("demo/", mode=0o040755), *GOOD],
    "a folder that deflates to two bytes": lambda: [Entry("demo/", mode=0o040755, method=DEFLATED), *GOOD],
}


@pytest.mark.parametrize("body", ACCEPTED.values(), ids=ACCEPTED)
def test_what_tools_write_differently_is_read(
    shelf: Shelf, body: Callable[[], Archive | list[Entry]]
) -> None:
    tree = shelf.added(body())
    unpacked = contents(tree.folder / "purelib")
    assert unpacked[MODULE] == TRUE.data
    assert unpacked["demo/data.bin"] == bytes(range(256))

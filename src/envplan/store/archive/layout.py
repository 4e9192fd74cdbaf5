"""The structures of a zip file, so that there is one reading of it: every byte belongs to one of them.

Readers of zip files differ in what they forgive (bytes before or behind, entries that no list names, two
lists), and what one reader forgives is where another finds other files (CVE-2025-54368, and others before).
Wheels are made by few tools, which write none of that: of 967 real ones these rules refuse none.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from typing import NamedTuple

from envplan.store.archive.reading import read_at
from envplan.store.archive.refusal import BOMB, STRUCTURE, Refusal

STORED, DEFLATED = 0, 8

_END = struct.Struct("<4s4H2LH")
_END64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR = struct.Struct("<4sLQL")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_WIDTHS = struct.Struct("<3QL")
_EXTRAS_REFUSED = {0x7075: "it has two names", 0x9901: "it is encrypted", 0x0017: "it is encrypted"}
_MAX16, _MAX32 = 0xFFFF, 0xFFFFFFFF
_MOST_ENTRIES = 400_000
_LARGEST_LIST = 256 << 20  # bytes; the list of the largest real wheel has 3 MB

# How hard it was deflated (1, 2), sizes behind the data (3), names in UTF-8 (11). Others mean encryption.
_FLAGS = 0x0002 | 0x0004 | 0x0008 | 0x0800
_BEHIND, _UTF8 = 0x0008, 0x0800


_Numbers = tuple[int, int, int, int]  # size, packed size, offset, disk


class Member(NamedTuple):
    """One entry. A tuple, because torch has 13,000 of them, and frozen dataclasses take twice the time."""

    name: str
    start: int  # where its packed bytes begin
    packed: int  # how many there are
    size: int  # how many bytes they become
    crc: int
    deflated: bool
    mode: int  # as Unix has it; 0 where the archive does not say
    folder: bool


class _Listed(NamedTuple):
    """An entry as the list at the end has it."""

    name: bytes
    offset: int
    packed: int
    size: int
    crc: int
    method: int
    flags: int
    attributes: int


def members(descriptor: int) -> list[Member]:
    """Read all entries of the archive, in the order their bytes lie in it."""
    size = os.fstat(descriptor).st_size
    start, count, length = _ends(descriptor, size)
    listed = sorted(_listed(_exactly(descriptor, start, length), count), key=lambda entry: entry.offset)
    ends = [*(entry.offset for entry in listed), start]
    if ends[0]:
        raise Refusal(STRUCTURE, _hole(ends[0]), _text(listed[0].name) if listed else "")
    return [_member(descriptor, entry, end) for entry, end in zip(listed, ends[1:], strict=True)]


def _hole(gap: int) -> str:
    return f"before it lie {gap:,} bytes that belong to no entry"


def _ends(descriptor: int, size: int) -> tuple[int, int, int]:
    """Return where the list of entries starts, how many it has, and its length."""
    if size < _END.size:
        raise Refusal(STRUCTURE, f"it has {size:,} bytes, too few for an archive")
    at = size - _END.size
    end = _END.unpack(_exactly(descriptor, at, _END.size))
    mark, disk, first, here, count, length, start, comment = end
    if mark != b"PK\5\6" or comment:
        raise Refusal(STRUCTURE, _no_end(descriptor, size))
    if (first, here) != (disk, count) or disk not in (0, _MAX16):
        raise Refusal(STRUCTURE, "it is one part of an archive in several parts")
    if at >= _LOCATOR.size + _END64.size:
        locator = _LOCATOR.unpack(_exactly(descriptor, at - _LOCATOR.size, _LOCATOR.size))
        if locator[0] == b"PK\6\7":
            at -= _LOCATOR.size + _END64.size
            count, length, start = _end64(descriptor, at, locator, (count, length, start))
    if count > _MOST_ENTRIES:  # before they are read, which takes a gigabyte where there are millions
        raise Refusal(BOMB, f"it has {count:,} entries; the largest wheels have 20,000")
    if start + length != at:
        raise Refusal(STRUCTURE, "its list of entries does not lie where its end says")
    if length > _LARGEST_LIST or count * _CENTRAL.size > length:
        raise Refusal(STRUCTURE, f"a list of {count:,} entries in {length:,} bytes")
    return start, count, length


def _end64(
    descriptor: int, at: int, locator: tuple[bytes, int, int, int], short: tuple[int, int, int]
) -> tuple[int, int, int]:
    """Read the end of an archive of more than 4 GiB or 65,535 entries; both ends must agree."""
    record = _END64.unpack(_exactly(descriptor, at, _END64.size))
    mark, length, _, _, disk, first, here, count, size, start = record
    if mark != b"PK\6\6" or locator[1:] != (0, at, 1) or length != _END64.size - 12:
        raise Refusal(STRUCTURE, "the two records at its end do not fit together")
    if (disk, first, here) != (0, 0, count):
        raise Refusal(STRUCTURE, "it is one part of an archive in several parts")
    for long, brief, limit in zip((count, size, start), short, (_MAX16, _MAX32, _MAX32), strict=True):
        if brief not in (long, limit):
            raise Refusal(STRUCTURE, "its two ends tell of different lists of entries")
    return count, size, start


def _no_end(descriptor: int, size: int) -> str:
    """Say why there is no end where it should be."""
    length = min(size, _MAX16 + _END.size)
    tail = _exactly(descriptor, size - length, length)
    at = tail.rfind(b"PK\5\6")
    if at < 0:
        return "it is not a zip archive, or its end is missing"
    behind = length - at - _END.size
    return f"{behind:,} bytes follow the end of the archive" if behind > 0 else "its end is cut"


def _listed(data: bytes, count: int) -> Iterator[_Listed]:
    at = 0
    for _ in range(count):
        if at + _CENTRAL.size > len(data) or data[at : at + 4] != b"PK\1\2":
            raise Refusal(STRUCTURE, "its list of entries is shorter than its end says")
        (
            _, _, _, flags, method, _, _, crc, packed, size, name_length, extra_length, comment, disk, _,
            attributes, offset,
        ) = _CENTRAL.unpack_from(data, at)  # fmt: skip
        at += _CENTRAL.size
        name = data[at : at + name_length]
        at += name_length
        if at + extra_length + comment > len(data):
            raise Refusal(STRUCTURE, "its list of entries is cut", _text(name))
        if extra_length:
            extra = data[at : at + extra_length]
            size, packed, offset, disk = _wide(extra, name, (size, packed, offset, disk))
        at += extra_length + comment
        if disk:
            raise Refusal(STRUCTURE, "it lies in another part of the archive", _text(name))
        yield _Listed(name, offset, packed, size, crc, method, flags, attributes)
    if at != len(data):
        raise Refusal(STRUCTURE, f"{len(data) - at:,} bytes follow its list of entries")


def _wide(extra: bytes, name: bytes, short: _Numbers) -> _Numbers:
    """Give the numbers of an entry that may stand in its extra fields, where they have more room."""
    found = None
    at = 0
    while at < len(extra):
        kind, length = struct.unpack_from("<2H", extra, at) if at + 4 <= len(extra) else (0, _MAX16)
        body = extra[at + 4 : at + 4 + length]
        at += 4 + length
        if at > len(extra):
            raise Refusal(STRUCTURE, "its extra fields are cut", _text(name))
        if kind == 0x0001:
            if found:
                raise Refusal(STRUCTURE, "it has its sizes twice", _text(name))
            found = _widened(body, name, short)
        elif kind in _EXTRAS_REFUSED:
            raise Refusal(STRUCTURE, _EXTRAS_REFUSED[kind], _text(name))
    return found or short


def _widened(body: bytes, name: bytes, short: _Numbers) -> _Numbers:
    """Put long numbers in the place of those that did not fit; numbers that did may be repeated."""
    places = [place for place, limit in enumerate((_MAX32, _MAX32, _MAX32, _MAX16)) if short[place] == limit]
    if not places:
        if body and _WIDTHS.pack(*short).startswith(body):  # Bazel and some tools in Rust write them anyway
            return short
        raise Refusal(STRUCTURE, "its sizes are written twice, and differ", _text(name))
    values, at = list(short), 0
    for place in places:
        length = 4 if place == 3 else 8
        values[place] = int.from_bytes(body[at : at + length], "little")
        at += length
    if at != len(body):
        raise Refusal(STRUCTURE, "its sizes do not stand where its header says", _text(name))
    size, packed, offset, disk = values
    return size, packed, offset, disk


def _member(descriptor: int, entry: _Listed, after: int) -> Member:
    name = _name(entry)
    if entry.flags & ~_FLAGS:
        raise Refusal(STRUCTURE, "it is encrypted" if entry.flags & 1 else "it has flags no wheel has", name)
    if entry.method not in (STORED, DEFLATED):
        raise Refusal(STRUCTURE, f"it is packed by method {entry.method}; wheels store or deflate", name)
    if entry.method == STORED and entry.packed != entry.size:
        raise Refusal(STRUCTURE, "it is stored, and its two sizes differ", name)
    start = _held_against(descriptor, entry, name)
    _behind(descriptor, entry, start + entry.packed, after, name)
    mode = entry.attributes >> 16
    folder = name.endswith("/")
    return Member(name, start, entry.packed, entry.size, entry.crc, entry.method == DEFLATED, mode, folder)


def _held_against(descriptor: int, entry: _Listed, name: str) -> int:
    """Compare an entry of the list with the header before its bytes; return where the bytes start."""
    length = _LOCAL.size + len(entry.name)
    header = read_at(descriptor, length + 64, entry.offset)  # 64: most extra fields, so one read does
    if len(header) < length or header[:4] != b"PK\3\4":
        raise Refusal(STRUCTURE, "there is nothing where the list of entries says it lies", name)
    _, _, flags, method, _, _, crc, packed, size, name_length, extra_length = _LOCAL.unpack_from(header)
    if name_length != len(entry.name) or header[_LOCAL.size : length] != entry.name:
        raise Refusal(STRUCTURE, "it has another name before its bytes than in the list of entries", name)
    if extra_length:
        extra = header[length : length + extra_length]
        if len(extra) < extra_length:
            extra = _exactly(descriptor, entry.offset + length, extra_length)
        size, packed, _, _ = _wide(extra, entry.name, (size, packed, 0, 0))
    found = (crc, packed, size)
    wanted = (entry.crc, entry.packed, entry.size)
    if (flags, method) != (entry.flags, entry.method) or (
        found != wanted and not (flags & _BEHIND and found == (0, 0, 0))
    ):
        why = "the header before its bytes and the list of entries disagree (size, checksum or method)"
        raise Refusal(STRUCTURE, why, name)
    return entry.offset + length + int(extra_length)


def _behind(descriptor: int, entry: _Listed, end: int, after: int, name: str) -> None:
    """Check that what lies between an entry's bytes and the next entry repeats its sizes, or is nothing."""
    gap = after - end
    if gap < 0:
        raise Refusal(STRUCTURE, "its bytes reach into the next entry", name)
    if not gap and not entry.flags & _BEHIND:
        return
    found: bytes = read_at(descriptor, gap, end) if gap in (12, 16, 20, 24) and entry.flags & _BEHIND else b""
    if gap in (16, 24) and found[:4] == b"PK\7\x08":
        found = found[4:]
    wide = "<L2Q" if len(found) == 20 else "<3L"
    if len(found) not in (12, 20) or struct.unpack(wide, found) != (entry.crc, entry.packed, entry.size):
        raise Refusal(STRUCTURE, f"{gap:,} bytes that belong to no entry follow it", name)


def _name(entry: _Listed) -> str:
    try:
        name = entry.name.decode("ascii" if not entry.flags & _UTF8 else "utf-8")
    except UnicodeDecodeError:
        why = "its name is not UTF-8, or is not said to be"
        raise Refusal(STRUCTURE, why, _text(entry.name)) from None
    return name


def _text(name: bytes) -> str:
    return name.decode("utf-8", "backslashreplace")


def _exactly(descriptor: int, at: int, length: int) -> bytes:
    found: bytes = read_at(descriptor, length, at)
    if len(found) != length:
        raise Refusal(STRUCTURE, "it ended while it was read")
    return found

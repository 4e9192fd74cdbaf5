"""Zip files made byte by byte, so that each may be wrong in any one way; and wheels in such files."""

from __future__ import annotations

import base64
import hashlib
import struct
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

STORED, DEFLATED = 0, 8
UTF8, BEHIND, ENCRYPTED = 0x0800, 0x0008, 0x0001
FILE, FOLDER, LINK, DEVICE, PIPE = 0o100000, 0o040000, 0o120000, 0o020000, 0o010000


@dataclass(frozen=True)
class Entry:
    """One entry, true in all it says; `local` and `central` replace what one of its two headers says."""

    name: str | bytes
    data: bytes = b""
    method: int = DEFLATED
    mode: int = FILE | 0o644
    flags: int = 0
    packed: bytes | None = None  # as it lies in the archive
    size: int | None = None
    crc: int | None = None
    extra: bytes = b""  # in both headers
    local: Mapping[str, int | bytes] = field(default_factory=dict)
    central: Mapping[str, int | bytes] = field(default_factory=dict)
    before: bytes = b""  # bytes of no entry
    after: bytes = b""
    behind: bytes | None = None  # the sizes after the data, where `flags` say there are some
    system: int = 3

    @property
    def raw_name(self) -> bytes:
        return self.name if isinstance(self.name, bytes) else self.name.encode()

    @property
    def raw(self) -> bytes:
        if self.packed is not None:
            return self.packed
        return deflated(self.data) if self.method == DEFLATED else self.data

    @property
    def numbers(self) -> dict[str, int | bytes]:
        flags = self.flags if self.raw_name.isascii() or isinstance(self.name, bytes) else self.flags | UTF8
        return {
            "flags": flags,
            "method": self.method,
            "crc": zlib.crc32(self.data) if self.crc is None else self.crc,
            "packed": len(self.raw),
            "size": len(self.data) if self.size is None else self.size,
            "name": self.raw_name,
            "extra": self.extra,
            "attributes": self.mode << 16,
            "disk": 0,
        }


@dataclass(frozen=True)
class Archive:
    """Entries, and the list of them at the end."""

    entries: Sequence[Entry]
    front: bytes = b""
    between: bytes = b""  # before the list of entries
    tail: bytes = b""  # behind everything
    comment: bytes = b""
    listed: Callable[[list[bytes]], list[bytes]] = list  # what becomes of the rows of the list
    end: Mapping[str, int] = field(default_factory=dict)  # what replaces numbers at the end
    end64: Mapping[str, int] | None = None  # the same of the longer end, which is only there if this is

    def bytes(self) -> bytes:
        """Put it together."""
        body, rows = self.front, []
        for entry in self.entries:
            body += entry.before
            offset = len(body)
            body += _local(entry) + entry.after
            rows.append(_central(entry, offset))
        body += self.between
        listed = b"".join(rows := self.listed(rows))
        start = len(body)
        body += listed
        count = len(rows)
        if self.end64 is not None:
            real = {"count": count, "length": len(listed), "start": start}
            body += _end64({**real, **self.end64}, len(body))
        numbers = {
            "disk": 0,
            "first": 0,
            "here": count,
            "count": count,
            "length": len(listed),
            "start": start,
        }
        numbers |= self.end
        order = ("disk", "first", "here", "count", "length", "start")
        body += struct.pack("<4s4H2LH", b"PK\5\6", *(numbers[key] for key in order), len(self.comment))
        return body + self.comment + self.tail


def deflated(data: bytes) -> bytes:
    """Deflate as wheels are."""
    packer = zlib.compressobj(6, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


def wide(*numbers: int) -> bytes:
    """An extra field with sizes in 64 bits."""
    return struct.pack(f"<HH{len(numbers)}Q", 1, 8 * len(numbers), *numbers)


def sizes_behind(entry: Entry, *, marked: bool = True, long: bool = False) -> bytes:
    """What streaming writers put after the data of an entry."""
    numbers = entry.numbers
    form = "<L2Q" if long else "<3L"
    mark = b"PK\7\x08" if marked else b""
    return mark + struct.pack(form, numbers["crc"], numbers["packed"], numbers["size"])


def wheel_entries(
    files: Mapping[str, bytes],
    name: str = "demo",
    version: str = "1.0",
    *,
    metadata: bytes | None = None,
    wheel: bytes | None = None,
    pure: bool = True,
    record: Callable[[list[str]], list[str]] = list,
    without: Iterable[str] = (),
    info: str = "",
) -> list[Entry]:
    """The entries of a wheel with these files, right in everything but what the arguments change.

    `record` changes the lines of RECORD, before that of RECORD itself.
    """
    info = info or f"{name}-{version}.dist-info"
    said = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n\n"
    about = f"Wheel-Version: 1.0\nRoot-Is-Purelib: {str(pure).lower()}\nTag: py3-none-any\n"
    contents = {
        **files,
        f"{info}/METADATA": said.encode() if metadata is None else metadata,
        f"{info}/WHEEL": about.encode() if wheel is None else wheel,
    }
    lines = record([record_line(path, data) for path, data in contents.items() if not path.endswith("/")])
    contents[f"{info}/RECORD"] = "".join([*lines, f"{info}/RECORD,,\n"]).encode()
    return [
        Entry(path, data, mode=FOLDER | 0o755 if path.endswith("/") else FILE | 0o644)
        for path, data in contents.items()
        if path.rpartition("/")[2] not in without
    ]


def record_line(path: str, data: bytes, algorithm: str = "sha256") -> str:
    """A line of RECORD."""
    digest = base64.urlsafe_b64encode(hashlib.new(algorithm, data).digest()).rstrip(b"=").decode()
    quoted = f'"{path}"' if "," in path else path
    return f"{quoted},{algorithm}={digest},{len(data)}\n"


def changed(entries: Sequence[Entry], which: str, **changes: object) -> list[Entry]:
    """The same entries, one of them changed."""
    assert any(entry.name == which for entry in entries)
    return [replace(entry, **changes) if entry.name == which else entry for entry in entries]  # type: ignore[arg-type]


def _local(entry: Entry) -> bytes:
    numbers = entry.numbers
    if entry.flags & BEHIND:
        numbers |= {"crc": 0, "packed": 0, "size": 0}
    numbers |= entry.local
    name, extra = _bytes(numbers["name"]), _bytes(numbers["extra"])
    order = ("flags", "method", "moment", "crc", "packed", "size")
    values = [numbers.get(key, 0) for key in order]
    head = struct.pack("<4sHHHLLLLHH", b"PK\3\4", 20, *values, len(name), len(extra))
    behind = entry.behind
    if behind is None:
        behind = sizes_behind(entry) if entry.flags & BEHIND else b""
    return head + name + extra + entry.raw + behind


def _central(entry: Entry, offset: int) -> bytes:
    numbers: dict[str, int | bytes] = {**entry.numbers, "offset": offset, **entry.central}
    name, extra = _bytes(numbers["name"]), _bytes(numbers["extra"])
    values = [numbers.get(key, 0) for key in ("flags", "method", "moment", "crc", "packed", "size")]
    head = struct.pack("<4sHHHHLLLL", b"PK\1\2", entry.system << 8 | 20, 20, *values)
    tail = struct.pack(
        "<HHHHHLL", len(name), len(extra), 0, numbers["disk"], 0, numbers["attributes"], numbers["offset"]
    )
    return head + tail + name + extra


def _end64(numbers: Mapping[str, int], at: int) -> bytes:
    length, here = numbers.get("record", 44), numbers.get("here", numbers["count"])
    record = struct.pack(
        "<4sQHHLLQQQQ",
        b"PK\6\6",
        length,
        45,
        45,
        0,
        0,
        here,
        numbers["count"],
        numbers["length"],
        numbers["start"],
    )
    return record + struct.pack("<4sLQL", b"PK\6\7", 0, numbers.get("at", at), 1)


def _bytes(value: int | bytes) -> bytes:
    assert isinstance(value, bytes)
    return value

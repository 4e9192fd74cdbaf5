"""What the bytes of a file look like: all of one of its kind, the beginning of one, or something else.

A server that sends too little has another file, or what it sent was cut off on the way. Headers cannot tell,
since whoever cuts may correct them; but the beginning of a wheel is no wheel.
"""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Literal

Shape = Literal["whole", "begun", "other"]

_MAGIC = {".whl": b"PK\x03\x04", ".zip": b"PK\x03\x04", ".gz": b"\x1f\x8b", ".tgz": b"\x1f\x8b"}
_END = b"PK\x05\x06"  # of a zip file: 22 bytes, if no comment follows
TAIL = 22 + 65535  # bytes that it takes at most, with its comment
_READ = 1 << 20
_MOST = 1 << 30  # bytes that are unpacked to see an end; source archives are a few megabytes


def begins_right(name: str, first: bytes) -> bool:
    """Whether a file of this name may begin like this."""
    magic = _MAGIC.get(Path(name).suffix, b"")
    return first.startswith(magic) or magic.startswith(first)


def shape(name: str, path: Path) -> Shape | None:
    """Judge a file; none where its kind has no marks."""
    magic = _MAGIC.get(Path(name).suffix)
    if magic is None:
        return None
    with path.open("rb") as file:
        if not begins_right(name, file.read(len(magic))):
            return "other"
    if magic.startswith(b"PK"):
        return "whole" if ends_like_a_zip(_tail(path)) else "begun"
    return _of_gzip(path)


def is_begun(name: str, first: bytes, last: bytes) -> bool:
    """Whether bytes are those of a zip file that was cut off, told by its first and its last `TAIL` bytes."""
    packed = _MAGIC.get(Path(name).suffix, b"").startswith(b"PK")
    return packed and begins_right(name, first) and not ends_like_a_zip(last)


def ends_like_a_zip(tail: bytes) -> bool:
    """Whether a zip file ends where its last `TAIL` bytes end: then nothing was cut off."""
    at = tail.rfind(_END)
    return (
        at >= 0
        and len(tail) - at >= 22
        and int.from_bytes(tail[at + 20 : at + 22], "little") == (len(tail) - at - 22)
    )


def _tail(path: Path) -> bytes:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - TAIL))
        return file.read()


def _of_gzip(path: Path) -> Shape | None:
    stream, made = zlib.decompressobj(wbits=31), 0
    with path.open("rb") as file:
        try:
            while not stream.eof and (data := stream.unconsumed_tail or file.read(_READ)):
                made += len(stream.decompress(data, _READ))
                if made > _MOST:
                    return None
        except zlib.error:
            return "other"
    return "whole" if stream.eof else "begun"

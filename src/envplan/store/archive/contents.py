"""What is inside an entry: inflated, and held against its size and checksum."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from envplan.store.archive.layout import Member
from envplan.store.archive.reading import read_at
from envplan.store.archive.refusal import CONTENTS, Refusal

_PIECE = 256 * 1024  # packed bytes to read at once
_MOST = 1024 * 1024  # inflated bytes to hold at once


def _library() -> Any:
    """Choose what inflates: isal does 930 MB/s where zlib does 400; both let other threads run meanwhile."""
    try:
        from isal import isal_zlib
    except ImportError:  # no wheel of it for this system
        import zlib

        return zlib
    return isal_zlib


_inflating = _library()


def chunks(descriptor: int, member: Member) -> Iterator[bytes]:
    """Give the bytes of an entry piece by piece; after the last one they are known to be right."""
    crc, size = 0, 0
    for piece in _inflated(descriptor, member) if member.deflated else _stored(descriptor, member):
        size += len(piece)
        if size > member.size:
            raise Refusal(CONTENTS, f"it holds more than the {member.size:,} bytes it says", member.name)
        crc = _inflating.crc32(piece, crc)
        yield piece
    if size != member.size:
        raise Refusal(CONTENTS, f"it holds {size:,} of the {member.size:,} bytes it says", member.name)
    if crc != member.crc:
        raise Refusal(CONTENTS, "its bytes do not have the checksum the archive says", member.name)


def whole(descriptor: int, member: Member, limit: int) -> bytes:
    """Give all bytes of an entry that is small."""
    if member.size > limit:
        raise Refusal(
            CONTENTS, f"it has {member.size:,} bytes; such a file has {limit:,} at most", member.name
        )
    return b"".join(chunks(descriptor, member))


def _stored(descriptor: int, member: Member) -> Iterator[bytes]:
    end = member.start + member.packed
    for start in range(member.start, end, _PIECE * 4):
        yield _packed(descriptor, member, start, min(end, start + _PIECE * 4))


def _inflated(descriptor: int, member: Member) -> Iterator[bytes]:
    inflater = _inflating.decompressobj(-15)
    at, end = member.start, member.start + member.packed
    packed = b""
    try:
        while not inflater.eof:
            if not packed and at < end:
                packed = _packed(descriptor, member, at, min(end, at + _PIECE))
                at += len(packed)
            piece = inflater.decompress(packed, _MOST)
            packed = inflater.unconsumed_tail
            if piece:
                yield piece
            elif not packed and at == end and not inflater.eof:
                raise Refusal(CONTENTS, "its packed bytes end too early", member.name)
    except _inflating.error as error:
        raise Refusal(CONTENTS, f"its packed bytes are damaged ({error})", member.name) from None
    if at != end or inflater.unused_data:
        raise Refusal(CONTENTS, "bytes follow what it holds", member.name)


def _packed(descriptor: int, member: Member, start: int, end: int) -> bytes:
    found = read_at(descriptor, end - start, start)
    if len(found) != end - start:
        raise Refusal(CONTENTS, "the file ended while it was read", member.name)
    return found

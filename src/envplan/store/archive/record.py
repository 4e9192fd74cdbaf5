"""RECORD: the wheel's own list of its files, which has to be right about every one of them."""

from __future__ import annotations

import binascii
import csv
import io
import re
from collections.abc import Collection, Mapping
from typing import NamedTuple

from envplan.store.archive.layout import Member
from envplan.store.archive.refusal import RECORD, Refusal

# The standard wants sha256 or better, and knows these three by name in all Pythons.
_LENGTHS = {"sha256": 32, "sha384": 48, "sha512": 64}
_HASH = re.compile(r"([a-z0-9_]+)=([A-Za-z0-9_-]+)={0,2}")
_PLAIN_BASE64 = str.maketrans("-_", "+/")


class Digest(NamedTuple):
    """What a file must hash to."""

    algorithm: str
    value: bytes


def read_record(
    raw: bytes, name: str, files: Mapping[str, Member], exempt: Collection[str]
) -> dict[str, Digest]:
    """Read RECORD; every file is in it, with hash and size, and nothing else is.

    `exempt` are RECORD and its signatures, which it cannot hold the hashes of.
    """
    found: dict[str, Digest] = {}
    listed: set[str] = set()
    for path, digest, size in _rows(raw, name):
        if path in listed:
            raise Refusal(RECORD, f"RECORD lists {path} twice", name)
        listed.add(path)
        member = files.get(path)
        if member is None:
            raise Refusal(RECORD, "RECORD lists it, and the wheel does not have it", path)
        if path in exempt and not digest:
            continue
        found[path] = _digest(digest, path)
        if size != str(member.size):
            said = f"{size} bytes" if size else "nothing"
            raise Refusal(RECORD, f"it has {member.size:,} bytes, and RECORD says {said}", path)
    unlisted = files.keys() - listed - set(exempt)
    if unlisted:
        more = f" (nor {len(unlisted) - 1:,} others)" if len(unlisted) > 1 else ""
        raise Refusal(RECORD, f"RECORD does not list it{more}", min(unlisted))
    return found


def _rows(raw: bytes, name: str) -> list[list[str]]:
    try:
        rows = [row for row in csv.reader(io.StringIO(raw.decode("utf-8"), newline="")) if row]
    except (UnicodeDecodeError, csv.Error) as error:
        raise Refusal(RECORD, f"RECORD cannot be read: {error}", name) from None
    for row in rows:
        if len(row) != 3:
            raise Refusal(RECORD, f"a line of RECORD has {len(row)} columns, not path, hash and size", name)
    return rows


def _digest(text: str, path: str) -> Digest:
    said = _HASH.fullmatch(text)
    if not said:
        found = "no hash" if not text else "a hash that is none"
        raise Refusal(RECORD, f"RECORD has {found} for it", path)
    if said[1] not in _LENGTHS:
        raise Refusal(RECORD, f"RECORD has its {said[1]}; wheels are held together by sha256 or better", path)
    value = _decoded(said[2], _LENGTHS[said[1]])
    if len(value) != _LENGTHS[said[1]]:
        raise Refusal(RECORD, f"RECORD has a {said[1]} of another length for it", path)
    return Digest(said[1], value)


def _decoded(text: str, length: int) -> bytes:
    try:
        if len(text) == 2 * length:  # gmsh writes them in hexadecimal; no hash in base64 has that length
            return bytes.fromhex(text)
        packed = text.translate(_PLAIN_BASE64)
        return binascii.a2b_base64(packed + "=" * (-len(packed) % 4))
    except ValueError:
        return b""

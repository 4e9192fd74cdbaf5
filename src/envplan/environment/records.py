"""RECORD: the list of files by which pip and uv know what is a package's, and can take it out again."""

from __future__ import annotations

import base64
from binascii import b2a_base64
from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import NamedTuple


class Columns(NamedTuple):
    """Files that lie in the store."""

    paths: Sequence[str]  # as RECORD says them: relative to the folder that the metadata lies in
    sha256: Sequence[str]
    sizes: Sequence[int]


def record(stored: Iterable[Columns], made: Iterable[tuple[str, bytes]], own: str) -> bytes:
    """List files of the store, then those made for this environment, then RECORD itself."""
    lines = [
        f"{path},sha256={digest},{size}"
        for columns in stored
        for path, digest, size in zip(
            _quoted(columns.paths), _short(columns.sha256), columns.sizes, strict=True
        )
    ]
    for path, data in made:
        digest = base64.urlsafe_b64encode(sha256(data).digest()).decode().rstrip("=")
        lines.append(f"{_quoted((path,))[0]},sha256={digest},{len(data)}")
    lines.append(f"{_quoted((own,))[0]},,")
    return ("\n".join(lines) + "\n").encode("utf-8", "surrogateescape")


def _short(digests: Sequence[str]) -> list[str]:
    """Turn hexadecimal hashes into RECORD's base64, all in one call: one by one takes ten times as long."""
    if not digests:
        return []
    # 32 bytes and one of padding are 44 letters, of which RECORD leaves out the last, as it leaves out "=".
    letters = b2a_base64(bytes.fromhex("00".join((*digests, ""))), newline=False).decode()
    letters = letters.replace("+", "-").replace("/", "_")
    return [letters[start : start + 43] for start in range(0, len(letters), 44)]


def _quoted(paths: Sequence[str]) -> Sequence[str]:
    """Quote as CSV does, which almost no path needs."""
    together = "".join(paths)
    if not any(letter in together for letter in ',"\r\n'):
        return paths
    return [
        '"' + path.replace('"', '""') + '"' if any(letter in path for letter in ',"\r\n') else path
        for path in paths
    ]

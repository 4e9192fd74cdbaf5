"""METADATA out of a wheel of which only some parts are here, and what it says."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Callable
from typing import BinaryIO

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from envplan.documents.reading import shown
from envplan.index.model import File, Metadata
from envplan.index.trouble import NO_WHEEL, Trouble

METADATA_LIMIT = 16 * 1024 * 1024
TAIL = 64 * 1024

_PART = 16 * 1024  # the least to ask for at once
_LARGEST = 64 * 1024 * 1024  # of the wheel's list of contents
_METADATA = re.compile(r"[^/\\]+\.dist-info/METADATA")
_WHY = "the file on the index is not a wheel, or it is damaged"

Fetch = Callable[[int, int], bytes]  # the bytes from start to (not including) end


class Sparse(io.RawIOBase):
    """A file of which the end is here, and whose other parts are fetched when they are read."""

    def __init__(self, size: int, tail: bytes, fetch: Fetch) -> None:
        super().__init__()
        self._size = size
        self._parts = [(size - len(tail), tail)]
        self._fetch = fetch
        self._at = 0

    def seekable(self) -> bool:
        """It is."""
        return True

    def readable(self) -> bool:
        """It is."""
        return True

    def tell(self) -> int:
        """Return the position."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move; a place before the start is an error, as with other files."""
        at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        if at < 0:
            raise OSError("before the start of the file")
        self._at = at
        return at

    def read(self, size: int | None = -1) -> bytes:
        """Return bytes that are here, or fetch them."""
        end = self._size if size is None or size < 0 else min(self._size, self._at + size)
        if end - self._at > _LARGEST:
            raise zipfile.BadZipFile("its list of contents is longer than any wheel's")
        found = bytearray()
        while self._at < end:
            start, part = self._part(self._at, end)
            piece = part[self._at - start : end - start]
            found += piece
            self._at += len(piece)
        return bytes(found)

    def _part(self, at: int, end: int) -> tuple[int, bytes]:
        for start, part in self._parts:
            if start <= at < start + len(part):
                return start, part
        # What is here already bounds what to ask for.
        bound = min((start for start, _ in self._parts if start > at), default=self._size)
        wanted = min(bound, max(end, at + _PART))
        part = self._fetch(at, wanted)
        self._parts.append((at, part))
        return at, part


def metadata_bytes(wheel: BinaryIO | Sparse, file: File) -> bytes:
    """Find METADATA in a wheel and return it."""
    try:
        with zipfile.ZipFile(wheel) as archive:
            entries = [entry for entry in archive.infolist() if _METADATA.fullmatch(entry.filename)]
            if len(entries) != 1:
                raise _unreadable(f"{len(entries)} files called METADATA in it", file)
            entry = entries[0]
            if entry.flag_bits & 1 or entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise _unreadable("its METADATA is packed in a way that wheels are not", file)
            if entry.file_size > METADATA_LIMIT:
                raise _unreadable(f"its METADATA would be {entry.file_size:,} bytes", file)
            with archive.open(entry) as packed:
                return packed.read(METADATA_LIMIT)
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        ValueError,
        NotImplementedError,
        OverflowError,
    ) as error:
        raise _unreadable(f"it is not the zip file that a wheel is: {shown(str(error))}", file) from None
    except (OSError, RuntimeError, KeyError, IndexError) as error:
        raise _unreadable(f"it cannot be unpacked: {shown(str(error))}", file) from None


def parse_metadata(raw: bytes, file: File) -> Metadata:
    """Read METADATA, and hold it against the name of the file it came with."""
    from email.parser import HeaderParser

    if raw.lstrip()[:1] == b"<":
        why = "a network that wants a login first, or a proxy, may have answered in its place"
        raise Trouble(NO_WHEEL, "a web page where metadata should be", why, file.url)
    header = re.split(r"\r?\n\r?\n", raw.decode("utf-8", "replace"), maxsplit=1)[0]
    said = HeaderParser().parsestr(header + "\n\n")
    named, version = said.get("Name"), _version(str(said.get("Version") or ""))
    if not said.get("Metadata-Version") or not named or version is None:
        raise _unreadable("its metadata lacks Metadata-Version, Name or Version", file)
    if any(len(said.get_all(field, [])) > 1 for field in ("Name", "Version")):
        raise _unreadable("its metadata has two names or versions, of which readers take either", file)
    if canonicalize_name(str(named).strip()) != file.project or version != file.version:
        found = f"its metadata says {shown(str(named))} {version}"
        raise Trouble(NO_WHEEL, found, f"its name says {file.project} {file.version}", file.url)
    python = said.get("Requires-Python")
    return Metadata(
        name=file.project,
        version=version,
        requires_dist=tuple(" ".join(str(one).split()) for one in said.get_all("Requires-Dist", [])),
        requires_python=" ".join(str(python).split()) or None if python is not None else None,
        extras=tuple(canonicalize_name(str(one).strip()) for one in said.get_all("Provides-Extra", [])),
        raw=raw,
    )


def _version(text: str) -> Version | None:
    try:
        return Version(text)
    except InvalidVersion:
        return None


def _unreadable(found: str, file: File) -> Trouble:
    return Trouble(NO_WHEEL, found, _WHY, file.url)

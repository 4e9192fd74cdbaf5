"""What a source archive says of itself without being run."""

from __future__ import annotations

import gzip
import re
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from email.parser import HeaderParser
from typing import BinaryIO, cast

from envplan.documents.reading import shown
from envplan.index.model import File
from envplan.index.trouble import NO_WHEEL, Trouble
from envplan.index.wheels import METADATA_LIMIT

_INFO = re.compile(r"[^/]+/PKG-INFO")
_NEEDS = re.compile(r"[^/]+/(?:[^/]+/)?[^/]+\.egg-info/requires\.txt")
_UNPACKED = 1024 * 1024 * 1024
_WHY = "the file on the index is not a source archive, or it is damaged"


def sdist_metadata(archive: BinaryIO, file: File) -> bytes:
    """Return PKG-INFO, with the requirements beside it where it is too old to hold them.

    Since version 2.2 of the format it says for certain what a build will say. Before, it is what the author's
    machine said when the archive was made; to know better, its code would have to be run.
    """
    found: dict[str, bytes] = {}
    try:
        for name, data in _entries(archive, file):
            found.setdefault("info" if _INFO.fullmatch(name) else "needs", data)
    except (OSError, EOFError, ValueError, tarfile.TarError, zipfile.BadZipFile, zlib.error) as error:
        raise Trouble(NO_WHEEL, f"it cannot be unpacked: {shown(str(error))}", _WHY, file.url) from None
    except (RuntimeError, NotImplementedError, OverflowError, KeyError) as error:
        raise Trouble(NO_WHEEL, f"it cannot be unpacked: {shown(str(error))}", _WHY, file.url) from None
    if "info" not in found:
        raise Trouble(NO_WHEEL, "there is no PKG-INFO in it", _WHY, file.url)
    info = found["info"]
    if re.search(rb"^Requires-Dist:", info, re.MULTILINE) or "needs" not in found:
        return info
    lines = list(_required(found["needs"].decode("utf-8", "replace")))
    return "".join(f"{one}\n" for one in lines).encode() + info


def only_a_guess(raw: bytes) -> str:
    """Say why PKG-INFO does not bind a build; empty where it does (since version 2.2 of the format)."""
    said = HeaderParser().parsestr(re.split(r"\r?\n\r?\n", raw.decode("utf-8", "replace"))[0] + "\n\n")
    format_ = str(said.get("Metadata-Version", "")).strip()
    if not re.fullmatch(r"[0-9]{1,3}\.[0-9]{1,3}", format_) or _dotted(format_) < (2, 2):
        return f"metadata of version {shown(format_)}, which a build may contradict"
    dynamic = {str(one).strip().lower() for one in said.get_all("Dynamic", [])}
    left = dynamic & {"requires-dist", "provides-extra", "requires-python"}
    return f"dynamic: {', '.join(sorted(left))}" if left else ""


def _dotted(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split("."))


def _entries(archive: BinaryIO, file: File) -> Iterator[tuple[str, bytes]]:
    if file.name.endswith(".zip"):
        with zipfile.ZipFile(archive) as packed:
            for entry in packed.infolist():
                if _wanted(entry.filename, entry.file_size):
                    with packed.open(entry) as content:
                        yield entry.filename, content.read(METADATA_LIMIT)
        return
    with gzip.GzipFile(fileobj=archive) as plain:
        bounded = cast("BinaryIO", _Bounded(plain))
        with tarfile.open(fileobj=bounded, mode="r|") as packed:
            for member in packed:
                if member.isreg() and _wanted(member.name, member.size):
                    taken = packed.extractfile(member)
                    yield member.name, taken.read(METADATA_LIMIT) if taken else b""


def _wanted(name: str, size: int) -> bool:
    return bool(_INFO.fullmatch(name) or _NEEDS.fullmatch(name)) and size <= METADATA_LIMIT


class _Bounded:
    """Ends the reading of an archive that unpacks without end."""

    def __init__(self, plain: gzip.GzipFile) -> None:
        self._plain = plain
        self._left = _UNPACKED

    def read(self, size: int = -1) -> bytes:
        part = self._plain.read(size)
        self._left -= len(part)
        if self._left < 0:
            raise ValueError(f"it unpacks to more than {_UNPACKED:,} bytes")
        return part


def _required(text: str) -> Iterator[str]:
    """Turn setuptools' requires.txt, with its [extra:marker] sections, into lines of metadata."""
    extra, marker = "", ""
    for line in text.splitlines():
        line = line.strip()
        if section := re.fullmatch(r"\[([^:\]]*)(?::(.*))?\]", line):
            extra, marker = section[1], section[2] or ""
            if extra:
                yield f"Provides-Extra: {extra}"
        elif line:
            conditions = [f"({marker})"] if marker else []
            conditions += [f"extra == '{extra}'"] if extra else []
            yield f"Requires-Dist: {line}" + (f"; {' and '.join(conditions)}" if conditions else "")

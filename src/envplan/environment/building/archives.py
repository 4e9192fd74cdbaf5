"""Source archives, unpacked: nothing leads out of their folder, and nothing but files comes out of them."""

from __future__ import annotations

import os
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO

from envplan.documents.folders import FULL
from envplan.documents.reading import shown
from envplan.problems import EnvplanError, Problem, Said
from envplan.store.paths import write_new

DAMAGED = "EP452"

_MOST = 200_000  # files
_LARGEST = 4 * 1024**3  # bytes, all together
# What is said of damage; RuntimeError is zipfile's word for encrypted, NotImplementedError for odd methods.
_DAMAGES = (
    *(OSError, EOFError, ValueError, RuntimeError, NotImplementedError),
    *(tarfile.TarError, zipfile.BadZipFile, zlib.error),
)


def unpacked(archive: Path, name: str, into: Path) -> Path:
    """Unpack an sdist called `name` into an empty folder; return the one folder that is in it."""
    try:
        entries = _from_zip(archive, into) if name.endswith(".zip") else _from_tar(archive, into)
        tops = {top for top in entries if top}
        if len(tops) != 1:
            raise ValueError("a source archive holds one folder, and this one does not")
    except _DAMAGES as error:
        if isinstance(error, OSError) and error.errno in FULL:
            raise
        raise _damaged(name, str(error)) from None
    return into / tops.pop()


def _from_tar(archive: Path, into: Path) -> Iterator[str]:
    with tarfile.open(archive) as packed:
        left = _LARGEST
        for number, member in enumerate(packed):
            if number > _MOST:
                raise ValueError(f"more than {_MOST:,} entries")
            if member.isdir():
                _folder(member.name, into)
            elif member.isreg() or member.issym() or member.islnk():
                left -= _member(packed, member, into, left)
            else:
                raise ValueError(f"{shown(member.name)} is no file")
            yield _clean(member.name).parts[0] if member.name.strip("/.") else ""


def _member(packed: tarfile.TarFile, member: tarfile.TarInfo, into: Path, left: int) -> int:
    """Write a file, or what a link leads to within the archive; one that leads elsewhere is left out."""
    try:
        opened = packed.extractfile(member)
    except KeyError:
        return 0
    if opened is None:
        return 0
    size = opened.seek(0, os.SEEK_END)
    opened.seek(0)
    _file(member.name, opened, into, left - size, program=member.isreg() and bool(member.mode & 0o100))
    return size


def _from_zip(archive: Path, into: Path) -> Iterator[str]:
    with zipfile.ZipFile(archive) as packed:
        left = _LARGEST
        entries = packed.infolist()
        if len(entries) > _MOST:
            raise ValueError(f"more than {_MOST:,} entries")
        for entry in entries:
            if entry.is_dir():
                _folder(entry.filename, into)
            else:
                with packed.open(entry) as opened:
                    program = bool(entry.external_attr >> 16 & 0o100)
                    left -= entry.file_size
                    _file(entry.filename, opened, into, left, program=program)
            yield _clean(entry.filename).parts[0]


def _clean(name: str) -> PurePosixPath:
    """Refuse a name that could lead out of the folder."""
    path = PurePosixPath(name)
    odd = not path.parts or path.is_absolute() or ".." in path.parts or "\\" in name or ":" in name
    if odd or "\0" in name:
        raise ValueError(f"{shown(name)} leads elsewhere")
    return path


def _folder(name: str, into: Path) -> None:
    if name.strip("/."):
        (into / _clean(name)).mkdir(mode=0o755, parents=True, exist_ok=True)


def _file(name: str, content: IO[bytes], into: Path, left: int, *, program: bool) -> None:
    if left < 0:
        raise ValueError(f"it unpacks to more than {_LARGEST:,} bytes")
    path = into / _clean(name)
    path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    write_new(path, content.read(), program=program)


def _damaged(name: str, reason: str) -> EnvplanError:
    why = "its bytes are those that the lock names, so it was published like this"
    return EnvplanError(
        Problem(
            DAMAGED,
            f"{shown(name)} cannot be unpacked",
            found=(Said(reason or "it is damaged", shown(name)),),
            why=(Said(why),),
        )
    )

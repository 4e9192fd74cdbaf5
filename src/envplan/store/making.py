"""From a wheel to a tree: judged, unpacked, and listed in a manifest, in a folder that nobody sees yet."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import stat
import threading
from pathlib import Path

from envplan.documents.folders import make_folder
from envplan.documents.reading import printable
from envplan.index.model import File
from envplan.problems import AGAIN, EnvplanError, Problem, Said
from envplan.store.archive.reading import read_at
from envplan.store.archive.refusal import Refusal, problem
from envplan.store.archive.wheel import Part, Wheel, read_wheel
from envplan.store.checking import mode_of
from envplan.store.manifest import Row, assembled, write_manifest
from envplan.store.model import Progress, Tell, Tree
from envplan.store.unpack import EXECUTABLE, PLAIN, Unpacking, executable

ALTERED = "EP431"

_PIECE = 1 << 20
_YEAR_2020, _FIVE_YEARS = 1_577_836_800, 157_766_400  # seconds
_SPARE = 64 << 20  # bytes to leave on the disk at most; a full one fails in more places than this


def make(file: File, wheel: Path, folder: Path, final: Path, tell: Tell, *, hashed: bool) -> Tree:
    """Make in `folder` the tree that will lie at `final`; after a failure the caller deletes it."""
    descriptor = os.open(wheel, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    try:
        if not hashed and _sha256(descriptor) != file.sha256:
            raise _altered(file, wheel)
        try:
            return _made(descriptor, file, folder, final, tell)
        except Refusal as refusal:
            if _sha256(descriptor) != file.sha256:  # a disk that fails is not a wheel that lies
                raise _altered(file, wheel) from None
            raise EnvplanError(problem(refusal, file)) from None
    finally:
        os.close(descriptor)


def _made(descriptor: int, file: File, folder: Path, final: Path, tell: Tell) -> Tree:
    wheel = read_wheel(descriptor, file)
    make_folder(folder)
    total = sum(part.member.size for part in (*wheel.parts, *wheel.dropped))
    _check_room(folder, total)
    moment = moment_of(file.sha256 or "")
    unpacking = Unpacking(descriptor, folder, moment, _Counted(file.name, total, tell).more)
    unpacking.run(wheel)
    rows = [
        Row(part.scheme, part.path, part.member.size, unpacking.digests[part.member.name], executable(part))
        for part in wheel.parts
    ]
    tree = Tree(
        sha256=file.sha256 or "",
        wheel=file.name,
        project=file.project,
        version=str(file.version),
        info=wheel.info,
        folder=final,
        files=assembled(rows, final),
        entry_points=wheel.entry_points,
        startup=wheel.startup,
        moment=moment,
        modes=_modes(folder, wheel),
    )
    write_manifest(folder, tree)
    return tree


def moment_of(sha256: str) -> int:
    """Say when the files of a wheel were last changed, in nanoseconds: always the same, from 2020 to 2024.

    So two processes make the same tree; rsync, which looks at size and time, tells two versions apart; and no
    file system rounds whole, even seconds.
    """
    return (_YEAR_2020 + int(sha256[:8], 16) % _FIVE_YEARS // 2 * 2) * 10**9


class _Counted:
    """Tells how far unpacking has come: from many threads, and not more often than anybody can see."""

    def __init__(self, name: str, total: int, tell: Tell) -> None:
        self._name, self._total, self._tell = name, total, tell
        self._done = self._told = 0
        self._turn = threading.Lock()

    def more(self, count: int) -> None:
        """Count bytes."""
        with self._turn:
            self._done += count
            if self._done - self._told >= _PIECE or self._done == self._total:
                self._told = self._done
                self._tell(Progress("unpack", self._name, self._done, self._total))


def _modes(folder: Path, wheel: Wheel) -> tuple[int, int]:
    """Say how the modes of plain files and of programs read on this file system."""

    def of(parts: list[Part], else_: int) -> int:
        if not parts:
            return stat.S_IFREG | else_
        return mode_of((folder / parts[0].scheme / parts[0].path).lstat())

    plain = [part for part in wheel.parts if not executable(part)]
    return of(plain, PLAIN), of([part for part in wheel.parts if executable(part)], EXECUTABLE)


def _check_room(folder: Path, total: int) -> None:
    needed = total + min(total // 8, _SPARE)
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise OSError(errno.ENOSPC, f"it needs {needed:,} bytes, and {free:,} are free", str(folder))


def _sha256(descriptor: int) -> str:
    hasher, at = hashlib.sha256(), 0
    while piece := read_at(descriptor, _PIECE, at):
        hasher.update(piece)
        at += len(piece)
    return hasher.hexdigest()


def _altered(file: File, wheel: Path) -> EnvplanError:
    return EnvplanError(
        Problem(
            ALTERED,
            f"{printable(file.name)} is not the file that was fetched",
            wanted=(Said(f"sha256 {file.sha256}", "the lock"),),
            found=(Said("another sha256", printable(str(wheel))),),
            why=(Said("the file was changed on this disk, by somebody or by the disk itself"),),
            cures=(AGAIN,),
        )
    )

"""Bringing the store's files into a generation, each held against the manifest of its tree."""

from __future__ import annotations

import errno
import os
import threading
import time
from array import array
from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from envplan.environment.contents import Batch, Contents
from envplan.environment.ways import FILE, PROGRAM, Ends, Way, clone, copy, hard_link
from envplan.problems import AGAIN, EnvplanError, Problem, Said
from envplan.processes.forking import in_copies, orphaned, portions
from envplan.processes.parallel import in_parallel
from envplan.store.checking import mode_of
from envplan.store.model import Progress, Scheme, Tell
from envplan.store.paths import reachable
from envplan.values.records import dataclass

_COPYING = 2  # threads
_UNIT = 500  # files that a thread brings before it says so
_WORTH = 3_000  # files that are worth a copy of this process
# What a system says that cannot link just this file: too many links to it, another owner's, another disk's.
_UNLINKABLE = frozenset(
    {errno.EMLINK, errno.EXDEV, errno.EPERM, errno.EACCES, errno.ENOTSUP, errno.ENOSYS, errno.EINVAL}
)

GONE = "EP453"
# Of these each file is looked at when it is brought; scripts are read and rewritten before that.
LOOKED_AT: tuple[Scheme, ...] = ("purelib", "platlib", "headers", "data")


def bring(
    contents: Contents, generation: Path, way: Way, tell: Tell, beside: Callable[[], None]
) -> list[array[int]]:
    """Put every file in its place; return when those of each batch were last changed, in nanoseconds.

    Each is held against the manifest of its tree, so that what changed in the store comes into nothing.
    `beside` is other work, for one of the threads: while files are copied the system has most to do.
    """
    work = _Work(way, contents.count, tell)
    there: dict[str, set[str]] = defaultdict(set)
    times = [array("q", [batch.moment]) * len(batch.files.paths) for batch in contents.batches]
    units = [
        _Unit(batch, range(start, min(start + _UNIT, len(batch.files.paths))), ends, column)
        for batch, column in zip(contents.batches, times, strict=True)
        for ends in [Ends(reachable(batch.files.root), generation / batch.target, there[batch.target])]
        for start in range(0, len(batch.files.paths) or 1, _UNIT)
    ]
    try:
        if way == "hard links":
            beside()
            _link(work, units)
        else:
            jobs: list[Callable[[], None]] = [beside, *(partial(work.do, unit) for unit in units)]
            in_parallel(lambda job: job(), jobs, _COPYING)
    finally:
        work.end()
    return times


def _link(work: _Work, units: Sequence[_Unit]) -> None:
    """Link with the help of copies of this process; where something resists, each file gets a closer look."""
    parts = _parts(units)
    for part, linked in zip(parts, in_copies([partial(work.linked, part) for part in parts]), strict=True):
        for unit in part:
            if linked:
                work.count(unit)
            else:
                work.do(unit)


def _parts(units: Sequence[_Unit]) -> list[list[_Unit]]:
    """Share out pieces, for as many files in each part."""
    shares = portions(sum(len(unit.rows) for unit in units), _WORTH)
    parts: list[list[_Unit]] = [[] for _ in shares]
    share = before = 0
    for unit in units:
        while before >= shares[share].stop and share < len(shares) - 1:
            share += 1
        parts[share].append(unit)
        before += len(unit.rows)
    return parts


@dataclass(frozen=True)
class _Unit:
    """A piece of a batch that is worth a thread's while."""

    batch: Batch
    rows: range
    ends: Ends
    times: array[int]


class _Work:
    """What the threads do, and what they share."""

    def __init__(self, way: Way, total: int, tell: Tell) -> None:
        self._stop = False
        self._busy = 0
        self._way = way
        self._bring = {"clones": clone, "hard links": hard_link, "copies": copy}[way]
        self._done, self._total = 0, total
        self._lock = threading.Lock()
        self._tell = tell

    def do(self, unit: _Unit) -> None:
        """Bring the files of one piece, each by itself."""
        with self._lock:
            if self._stop:
                return
            self._busy += 1
        try:
            with unit.ends.opened() as ends:
                ends.make_all(unit.batch.files.folders)
                for row in unit.rows:
                    self._one(unit, ends, row)
            self.count(unit)
        finally:
            with self._lock:
                self._busy -= 1

    def end(self) -> None:
        """Wait until nothing is touched any more: an interrupt leaves threads behind, at their work."""
        self._stop = True
        while self._busy:
            time.sleep(0.001)

    def count(self, unit: _Unit) -> None:
        """Say that a piece is there."""
        with self._lock:
            self._done += len(unit.rows)
            self._tell(Progress("link", self._way, self._done, self._total))

    def linked(self, units: Sequence[_Unit]) -> bool:
        """Link with as few steps for each file as there can be; stop, and say no, where one resists.

        What the link says is what the file in the store says, and is asked while the system has it at hand.
        """
        before = None
        for unit in units:
            if orphaned():
                return False
            with unit.ends.opened() as ends:
                if unit.batch is not before:  # pieces of one batch follow each other
                    ends.make_all(unit.batch.files.folders)
                    before = unit.batch
                if not _linked(unit, ends):
                    return False
        return True

    def _one(self, unit: _Unit, ends: Ends, row: int) -> None:
        """Bring one file; copy it where this way is closed to it."""
        if self._stop:
            return
        files = unit.batch.files
        path = files.paths[row]
        mode = PROGRAM if path in files.executable else FILE
        names = ends.names(path)
        try:
            _refuse_changed(
                unit.batch, row, os.stat(names[0], dir_fd=ends.from_folder, follow_symlinks=False)
            )
            self._bring(*names, ends, mode)
        except OSError as error:
            if isinstance(error, FileNotFoundError) and not (files.root / path).exists():
                raise _gone(files.root / path, "no such file") from None
            if error.errno not in _UNLINKABLE:
                raise
            copy(*names, ends, mode)
        unit.times[row] = os.stat(names[1], dir_fd=ends.to_folder).st_mtime_ns


def _linked(unit: _Unit, ends: Ends) -> bool:
    batch, look = unit.batch, os.stat
    old, new, moment, (plain, _) = ends.from_folder, ends.to_folder, batch.moment, batch.modes
    link = partial(os.link, src_dir_fd=old, dst_dir_fd=new, follow_symlinks=old is None)
    for row in unit.rows:
        source, target = ends.names(batch.files.paths[row])
        try:
            link(source, target)
        except OSError:
            return False
        status = look(target, dir_fd=new, follow_symlinks=False)
        if (
            status.st_mtime_ns != moment
            or status.st_size != batch.files.sizes[row]
            or status.st_mode != plain
        ):
            _refuse_changed(batch, row, status)
    return True


def _refuse_changed(batch: Batch, row: int, status: os.stat_result) -> None:
    """Hold a file against the manifest."""
    path = batch.files.paths[row]
    wanted = (batch.files.sizes[row], batch.moment, batch.modes[path in batch.files.executable])
    if (status.st_size, status.st_mtime_ns, mode_of(status)) != wanted:
        raise _gone(batch.files.root / path, "it is not as it was unpacked")


def _gone(file: Path, found: str) -> EnvplanError:
    why = "whoever cleans up the store by hand takes files that environments are built from"
    return EnvplanError(
        Problem(
            GONE,
            "a file went from the store, or changed, while an environment was built from it",
            found=(Said(found, str(file)),),
            why=(Said(why),),
            cures=(f"{AGAIN}   (it unpacks that wheel anew)",),
        )
    )

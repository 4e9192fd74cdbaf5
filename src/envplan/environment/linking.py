"""Bringing the store's files into a generation: as clones, else as hard links, else as copies."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import sys
import threading
import time
from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Literal

from envplan.environment.contents import Batch, Contents
from envplan.problems import AGAIN, EnvplanError, Problem, Said
from envplan.solver.parallel import in_parallel
from envplan.store.checking import mode_of
from envplan.store.model import Progress, Scheme, Tell
from envplan.store.paths import reachable
from envplan.values.records import dataclass

Way = Literal["clones", "hard links", "copies"]

# Two threads copy. One links: a file system changes its names one after the other, so two that ask it spend
# twice the processor on waiting for each other, and are no sooner done.
_WORKERS: dict[Way, int] = {"clones": 2, "hard links": 1, "copies": 2}
_UNIT = 500  # files that a thread brings before it says so
_FICLONE = 0x40049409
_FILE, _PROGRAM = 0o644, 0o755  # of what is cloned or copied; the umask may take away, but does not add
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
# What a system says that cannot link just this file: too many links to it, another owner's, another disk's.
_UNLINKABLE = frozenset(
    {errno.EMLINK, errno.EXDEV, errno.EPERM, errno.EACCES, errno.ENOTSUP, errno.ENOSYS, errno.EINVAL}
)

GONE = "EP453"
# Of these each file is looked at when it is brought; scripts are read and rewritten before that.
LOOKED_AT: tuple[Scheme, ...] = ("purelib", "platlib", "headers", "data")


@dataclass(frozen=True)
class _Ends:
    """Two folders between which files go: as descriptors, which spares the walk to them for each file."""

    source: Path
    target: Path
    there: set[str]  # folders in `target` that have been made
    from_folder: int | None = None  # none where the system opens no folders
    to_folder: int | None = None

    def names(self, path: str) -> tuple[str, str]:
        """Name a file at both ends."""
        if self.from_folder is not None:
            return path, path
        return os.fspath(self.source / path), os.fspath(self.target / path)

    def make_all(self, folders: Iterable[str]) -> None:
        """Make what no file has asked for: a folder may be empty."""
        for folder in folders:
            self.make(folder)

    def make(self, folder: str) -> None:
        """Make a folder at the target, and those it lies in; another thread may be at the same."""
        if not folder or folder in self.there:
            return
        self.make(folder.rpartition("/")[0])
        with contextlib.suppress(FileExistsError):
            os.mkdir(self.names(folder)[1], 0o755, dir_fd=self.to_folder)
        self.there.add(folder)


def way_between(file: Path, generation: Path) -> Way:
    """Find out by trying, with one file of the store."""
    trial = generation / ".trial"
    ways: tuple[tuple[Way, Callable[..., None]], ...] = (("clones", _clone), ("hard links", _link))
    for way, attempt in ways:
        try:
            attempt(os.fspath(file), os.fspath(trial), _Ends(file, trial, set()), _FILE)
        except OSError:
            continue
        finally:
            with contextlib.suppress(FileNotFoundError):
                trial.unlink()
        return way
    return "copies"


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
    with contextlib.ExitStack() as stack:
        jobs = [beside]
        for batch, column in zip(contents.batches, times, strict=True):
            ends = _ends(batch, generation, there[batch.target], stack)
            ends.make_all(batch.files.folders)
            starts = range(0, len(batch.files.paths), _UNIT)
            jobs += [partial(work.do, _Unit(batch, start, ends, column)) for start in starts]
        stack.callback(work.end)  # before the folders are closed: their numbers may become those of others
        in_parallel(lambda job: job(), jobs, _WORKERS[way])
    return times


def _ends(batch: Batch, generation: Path, there: set[str], stack: contextlib.ExitStack) -> _Ends:
    source, target = batch.files.root, generation / batch.target
    if os.link not in os.supports_dir_fd:  # Windows
        return _Ends(reachable(source), target, there)
    descriptors = []
    for folder in (source, target):
        descriptors.append(os.open(folder, os.O_RDONLY))
        stack.callback(os.close, descriptors[-1])
    return _Ends(source, target, there, *descriptors)


@dataclass(frozen=True)
class _Unit:
    """A piece of a batch that is worth a thread's while."""

    batch: Batch
    start: int
    ends: _Ends
    times: array[int]


class _Work:
    """What the threads do, and what they share."""

    def __init__(self, way: Way, total: int, tell: Tell) -> None:
        self._stop = False
        self._busy = 0
        self._way = way
        self._bring = {"clones": _clone, "hard links": _link, "copies": _copy}[way]
        self._done, self._total = 0, total
        self._lock = threading.Lock()
        self._tell = tell

    def do(self, unit: _Unit) -> None:
        """Bring the files of one piece."""
        with self._lock:
            if self._stop:
                return
            self._busy += 1
        try:
            self._do(unit)
        finally:
            with self._lock:
                self._busy -= 1

    def end(self) -> None:
        """Wait until nothing is touched any more: an interrupt leaves threads behind, at their work."""
        self._stop = True
        while self._busy:
            time.sleep(0.001)

    def _do(self, unit: _Unit) -> None:
        rows = range(unit.start, min(unit.start + _UNIT, len(unit.batch.files.paths)))
        if self._way == "hard links":
            self._linked(unit, rows)
        else:
            for row in rows:
                self._one(unit, row)
        with self._lock:
            self._done += len(rows)
            self._tell(Progress("link", self._way, self._done, self._total))

    def _linked(self, unit: _Unit, rows: range) -> None:
        """Link with as few steps for each file as there can be; one that resists gets a closer look.

        What the link says is what the file in the store says, and is asked while the system has it at hand.
        """
        batch, ends, look = unit.batch, unit.ends, os.stat
        old, new, moment, (plain, _) = ends.from_folder, ends.to_folder, batch.moment, batch.modes
        link = partial(os.link, src_dir_fd=old, dst_dir_fd=new, follow_symlinks=old is None)
        for row in rows:
            if self._stop:
                return
            source = target = path = batch.files.paths[row]
            if old is None:
                source, target = ends.names(path)
            try:
                link(source, target)
            except OSError:
                self._one(unit, row)
                continue
            status = look(target, dir_fd=new, follow_symlinks=False)
            if (
                status.st_mtime_ns != moment
                or status.st_size != batch.files.sizes[row]
                or status.st_mode != plain
            ):
                _refuse_changed(batch, row, status)

    def _one(self, unit: _Unit, row: int) -> None:
        """Bring one file; copy it where this way is closed to it."""
        if self._stop:
            return
        files, ends = unit.batch.files, unit.ends
        path = files.paths[row]
        mode = _PROGRAM if path in files.executable else _FILE
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
            _copy(*names, ends, mode)
        unit.times[row] = os.stat(names[1], dir_fd=ends.to_folder).st_mtime_ns


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


def _link(source: str, target: str, ends: _Ends, _: int) -> None:
    os.link(source, target, src_dir_fd=ends.from_folder, dst_dir_fd=ends.to_folder)


def _clone(source: str, target: str, ends: _Ends, mode: int) -> None:
    """Share the blocks, not the file: to change one never changes the other."""
    if sys.platform == "darwin":
        _clone_on_macos(source, target, ends)
        return
    if sys.platform != "linux":
        raise OSError(errno.ENOTSUP, "this system clones no files")
    import fcntl

    with _both(source, target, ends, mode) as (old, new):
        fcntl.ioctl(new, _FICLONE, old)


def _clone_on_macos(source: str, target: str, ends: _Ends) -> None:
    import ctypes

    here = -2  # AT_FDCWD
    library = ctypes.CDLL(None, use_errno=True)
    folders = [here if one is None else one for one in (ends.from_folder, ends.to_folder)]
    if library.clonefileat(folders[0], os.fsencode(source), folders[1], os.fsencode(target), 0):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), target)


def _copy(source: str, target: str, ends: _Ends, mode: int) -> None:
    with (
        _both(source, target, ends, mode) as (old, new),
        open(old, "rb", closefd=False) as reading,
        open(new, "wb", closefd=False) as writing,
    ):
        shutil.copyfileobj(reading, writing, 1024 * 1024)


@contextlib.contextmanager
def _both(source: str, target: str, ends: _Ends, mode: int) -> Iterator[tuple[int, int]]:
    """Open the old and the new file; where it fails there is no new one."""
    old = os.open(source, os.O_RDONLY | getattr(os, "O_BINARY", 0), dir_fd=ends.from_folder)
    try:
        new = os.open(target, _NEW, mode, dir_fd=ends.to_folder)
        try:
            yield old, new
        except BaseException:
            with contextlib.suppress(FileNotFoundError):  # where an interrupt has already removed the folder
                os.unlink(target, dir_fd=ends.to_folder)
            raise
        finally:
            os.close(new)
    finally:
        os.close(old)

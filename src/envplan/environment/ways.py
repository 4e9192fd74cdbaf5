"""How a file of the store comes into a generation: as a clone, else as a hard link, else as a copy."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Literal

from envplan.values.records import dataclass

Way = Literal["clones", "hard links", "copies"]

FILE, PROGRAM = 0o644, 0o755  # of what is cloned or copied; the umask may take away, but does not add

_FICLONE = 0x40049409
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)


@dataclass(frozen=True)
class Ends:
    """Two folders between which files go."""

    source: Path
    target: Path
    there: set[str]  # folders in `target` that have been made
    from_folder: int | None = None  # none where they are not open
    to_folder: int | None = None

    @contextlib.contextmanager
    def opened(self) -> Iterator[Ends]:
        """Open both, which spares the walk to them for each file; for all packages at once is too many."""
        if os.link not in os.supports_dir_fd:  # Windows
            yield self
            return
        source = os.open(self.source, os.O_RDONLY)
        try:
            target = os.open(self.target, os.O_RDONLY)
            try:
                yield Ends(self.source, self.target, self.there, source, target)
            finally:
                os.close(target)
        finally:
            os.close(source)

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
    ways: tuple[tuple[Way, Callable[..., None]], ...] = (("clones", clone), ("hard links", hard_link))
    for way, attempt in ways:
        try:
            attempt(os.fspath(file), os.fspath(trial), Ends(file, trial, set()), FILE)
        except OSError:
            continue
        finally:
            with contextlib.suppress(FileNotFoundError):
                trial.unlink()
        return way
    return "copies"


def hard_link(source: str, target: str, ends: Ends, _: int) -> None:
    """Give the file of the store one more name."""
    old, new = ends.from_folder, ends.to_folder
    try:
        os.link(source, target, src_dir_fd=old, dst_dir_fd=new, follow_symlinks=old is None)
    except FileExistsError:  # by whoever linked quickly, and then met with one that resisted
        if not os.path.samestat(os.stat(source, dir_fd=old), os.stat(target, dir_fd=new)):
            raise


def clone(source: str, target: str, ends: Ends, mode: int) -> None:
    """Share the blocks, not the file: to change one never changes the other."""
    if sys.platform == "darwin":
        _clone_on_macos(source, target, ends)
        return
    if sys.platform != "linux":
        raise OSError(errno.ENOTSUP, "this system clones no files")
    import fcntl

    with _both(source, target, ends, mode) as (old, new):
        fcntl.ioctl(new, _FICLONE, old)


def _clone_on_macos(source: str, target: str, ends: Ends) -> None:
    import ctypes

    here = -2  # AT_FDCWD
    library = ctypes.CDLL(None, use_errno=True)
    folders = [here if one is None else one for one in (ends.from_folder, ends.to_folder)]
    if library.clonefileat(folders[0], os.fsencode(source), folders[1], os.fsencode(target), 0):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), target)


def copy(source: str, target: str, ends: Ends, mode: int) -> None:
    """Write all of it once more."""
    with (
        _both(source, target, ends, mode) as (old, new),
        open(old, "rb", closefd=False) as reading,
        open(new, "wb", closefd=False) as writing,
    ):
        shutil.copyfileobj(reading, writing, 1024 * 1024)


@contextlib.contextmanager
def _both(source: str, target: str, ends: Ends, mode: int) -> Iterator[tuple[int, int]]:
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

"""A file that one process holds at a time; the system lets go when that process ends, however it ends.

The holder writes its number into the file, for whoever is kept out. It may remove the file: those who had
opened that before notice that it is not there any more, and begin again with the one that is.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from envplan.documents.reading import printable
from envplan.values.records import dataclass

_WINDOWS = sys.platform == "win32"
_FAR = 1 << 30  # Windows locks bytes, and nobody can read those: one that is never written
_FLAGS = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
_TAKEN = frozenset({errno.EAGAIN, errno.EACCES, errno.EDEADLK})
_UNKNOWN = frozenset({errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOLCK, errno.EINVAL})
_NOTE = 200  # bytes that are read of what a holder wrote


@dataclass(frozen=True)
class Holder:
    """Who holds a file, as far as that can be read."""

    pid: int | None = None
    command: str = ""

    @property
    def said(self) -> str:
        """Say it in a few words."""
        if self.pid is None:
            return "busy, held by another process"
        return f"busy, held by pid {self.pid}" + (f" (envplan {self.command})" if self.command else "")

    @property
    def cures(self) -> tuple[str, ...]:
        """Say how to learn more of it."""
        return ("ps aux" if self.pid is None else f"ps -fp {self.pid}",)


class Busy(Exception):  # noqa: N818
    """Somebody else holds the file."""

    def __init__(self, holder: Holder) -> None:
        super().__init__(holder.said)
        self.holder = holder


@contextlib.contextmanager
def holding(path: Path, *, fleeting: bool = False) -> Iterator[bool]:
    """Hold a file against processes and threads, or raise `Busy` at once; `fleeting` ones are removed after.

    False where the file system knows no locks, and so gives it to everybody. Another thread may let go.
    """
    descriptor, sure = _opened(path)
    try:
        _sign(descriptor)
        yield sure
    finally:
        if fleeting and not _WINDOWS:
            with contextlib.suppress(OSError):
                path.unlink()
        _let_go(descriptor)
        os.close(descriptor)
        if fleeting and _WINDOWS:  # where nobody removes what is open; whoever opened it meanwhile removes it
            with contextlib.suppress(OSError):
                path.unlink()


def _opened(path: Path) -> tuple[int, bool]:
    while True:
        descriptor = os.open(path, _FLAGS, 0o644)
        try:
            sure = _taken(descriptor)
            if _is_at(descriptor, path):
                return descriptor, sure
        except BlockingIOError:
            holder = _holder(descriptor)
            os.close(descriptor)
            raise Busy(holder) from None
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def _taken(descriptor: int) -> bool:
    """Take the lock, or raise BlockingIOError; false where there are no locks."""
    try:
        if sys.platform == "win32":
            import msvcrt

            os.lseek(descriptor, _FAR, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in _UNKNOWN:
            return False
        if error.errno in _TAKEN:
            raise BlockingIOError from None
        raise
    return True


def _is_at(descriptor: int, path: Path) -> bool:
    """Whether what was opened still has its name: its holder may have removed it just before."""
    if _WINDOWS:
        return True
    try:
        return os.path.samestat(os.fstat(descriptor), path.lstat())
    except FileNotFoundError:
        return False


def _let_go(descriptor: int) -> None:
    """Closing would do, but a child that is just being started holds the same file for a moment."""
    if sys.platform != "win32":
        import fcntl

        with contextlib.suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_UN)


def _sign(descriptor: int) -> None:
    """Say who holds it. Only a courtesy, so a full disk does not matter."""
    with contextlib.suppress(OSError):
        os.ftruncate(descriptor, 0)
        os.lseek(descriptor, 0, os.SEEK_SET)
        os.write(descriptor, signature(os.getpid(), sys.argv[1:2]))


def signature(pid: int, command: list[str]) -> bytes:
    """Write down who holds a file."""
    return " ".join([str(pid), *command]).encode("utf-8", "replace")


def read_signature(data: bytes) -> Holder:
    """Read who holds a file; nobody in particular where it is empty, half written or something else."""
    pid, _, command = data.decode("utf-8", "replace").partition(" ")
    if not (pid.isascii() and pid.isdigit()):
        return Holder()
    return Holder(int(pid), printable(command))


def _holder(descriptor: int) -> Holder:
    try:
        os.lseek(descriptor, 0, os.SEEK_SET)
        return read_signature(os.read(descriptor, _NOTE))
    except OSError:
        return Holder()

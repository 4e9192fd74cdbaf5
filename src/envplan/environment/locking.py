"""One at a time: whoever changes an environment holds its lock, and says who it is."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from envplan.environment.model import Place
from envplan.environment.places import prepare
from envplan.environment.trouble import told
from envplan.problems import EnvplanError, Problem, Said

BUSY = "EP443"

_FAR = 1 << 30  # Windows locks bytes, and nobody can read those: one that is never written
_UNKNOWN = frozenset({errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOLCK, errno.EINVAL})


@contextlib.contextmanager
def held(place: Place) -> Iterator[None]:
    """Hold an environment against all others. The system lets go when a process ends, however it ends."""
    prepare(place)
    path = place.folder / "lock"
    with told(path, "a lock against others"):
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o644)
    try:
        if not _taken(descriptor, path):
            raise _busy(place, path)
        _sign(descriptor)
        try:
            yield
        finally:
            _let_go(descriptor)
    finally:
        os.close(descriptor)


def _taken(descriptor: int, path: Path) -> bool:
    """Take the lock, unless it is somebody's; a file system that knows no locks gives it to everybody."""
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
            return True
        if error.errno in (errno.EAGAIN, errno.EACCES, errno.EDEADLK):
            return False
        with told(path, "a lock against others"):
            raise
    return True


def _let_go(descriptor: int) -> None:
    """Closing would do, but a child that is just being started holds the same file for a moment."""
    if sys.platform != "win32":
        import fcntl

        with contextlib.suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_UN)


def _sign(descriptor: int) -> None:
    """Say who holds it. Only a courtesy, so a full disk does not matter."""
    data = json.dumps({"pid": os.getpid(), "command": sys.argv[1:2]}).encode()
    with contextlib.suppress(OSError):
        os.ftruncate(descriptor, 0)
        os.lseek(descriptor, 0, os.SEEK_SET)
        os.write(descriptor, data)


def _busy(place: Place, path: Path) -> EnvplanError:
    try:
        holder = json.loads(path.read_bytes())
        pid, command = int(holder["pid"]), " ".join(map(str, holder["command"]))
    except (OSError, ValueError, KeyError, TypeError):
        pid, command = 0, ""
    said = f"busy, held by pid {pid}" if pid else "busy, held by another process"
    return EnvplanError(
        Problem(
            BUSY,
            f"another envplan is at work on the environment {place.name}",
            found=(Said(f"{said} (envplan {command})" if command else said, str(path)),),
            why=(Said("two at once would undo each other's work; nothing was done"),),
            cures=(f"ps -fp {pid}",) if pid else (),
        )
    )

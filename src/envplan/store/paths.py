"""Paths, files and folders as every system takes them: long ones, read-only ones, under any umask."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from envplan.store.durable import settle_file


def reachable(path: Path, system: str = os.name) -> Path:
    """Name a path so that Windows reads all of it: without a mark it stops at 260 letters."""
    text = str(path)
    if system != "nt" or text.startswith("\\\\?\\"):
        return path
    return Path(f"\\\\?\\UNC\\{text[2:]}" if text.startswith("\\\\") else f"\\\\?\\{text}")


def within(root: str, name: str) -> str:
    """Name something in a folder; behind its mark, Windows knows no slashes."""
    return f"{root}/{name}" if os.sep == "/" else f"{root}{os.sep}{name.replace('/', os.sep)}"


def write_new(path: str | Path, data: bytes, *, program: bool = False) -> int:
    """Write a file that is not there yet; whatever the umask, others may read it, and only we change it.

    Returns when it was last changed, in nanoseconds.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    descriptor = os.open(path, flags, 0o755 if program else 0o644)
    try:
        write_all(descriptor, data)
        settle_file(descriptor)
        return os.fstat(descriptor).st_mtime_ns
    finally:
        os.close(descriptor)


def write_all(descriptor: int, data: bytes) -> None:
    """Write all of it: a disk that fills up takes a part, and says why only when it is given the rest."""
    written = os.write(descriptor, data)
    while written < len(data):
        written += os.write(descriptor, memoryview(data)[written:])


def discard(folder: Path) -> None:
    """Delete a folder and all in it, as far as the system lets us; what stays is deleted another time."""
    tried: set[str] = set()

    def once_more(function: Callable[..., Any], path: str, _: Any) -> None:
        """Try it with the right to: a folder may be closed to us, and Windows deletes no read-only file."""
        if path in tried:
            return
        tried.add(path)
        with contextlib.suppress(OSError):
            if path != str(folder):
                os.chmod(os.path.dirname(path), stat.S_IRWXU)  # noqa: PTH101, PTH120
            if os.name == "nt" or stat.S_ISDIR(os.lstat(path).st_mode):  # other files may be the store's, too
                os.chmod(path, stat.S_IRWXU)  # noqa: PTH101
            if function in (os.unlink, os.rmdir):
                function(path)
            else:  # it could not be looked into
                _delete(path, once_more)

    if folder.is_dir() and not folder.is_symlink():
        _delete(str(folder), once_more)
        return
    with contextlib.suppress(OSError):  # a file or a link that somebody put in its place, or nothing
        folder.unlink()


def _delete(folder: str, failed: Callable[..., Any]) -> None:
    if sys.version_info >= (3, 12):
        shutil.rmtree(folder, onexc=failed)
    else:
        shutil.rmtree(folder, onerror=failed)

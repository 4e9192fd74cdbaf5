"""Writing a document whole or not at all."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import time
from collections.abc import Iterator
from pathlib import Path

from envplan.documents.opening import refuse_other_kinds
from envplan.documents.reading import shown
from envplan.problems import EnvplanError, Problem, Said, reason_of

CODE = "EP401"

_ABANDONED = 3600.0  # seconds; to write a document takes a hundredth of one


def write_document(path: Path, text: str, *, code: str = CODE) -> None:
    """Write a file beside its place, and put it there in one step; a link stays a link."""
    try:
        # Not Path.resolve, which raises RuntimeError for links in a circle; here the kind is asked for later.
        _write(Path(os.path.realpath(path)), text.encode())
    except (OSError, ValueError) as error:  # ValueError: a path with NUL in it
        raise EnvplanError(
            Problem(
                code,
                f"{shown(str(path))} cannot be written",
                why=(Said(f"{reason_of(error)}; nothing was changed"),),
                cures=_cures(path, error),
            )
        ) from None


@contextlib.contextmanager
def alone(path: Path) -> Iterator[None]:
    """Edit a document with nobody else at it: of two edits at once, the second would undo the first."""
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(ImportError, OSError):  # Windows, and file systems that know no locks
            import fcntl

            # The folder, because writing puts another file in the place of the one that is read.
            folder = os.open(Path(os.path.realpath(path)).parent, os.O_RDONLY)
            stack.callback(os.close, folder)
            fcntl.flock(folder, fcntl.LOCK_EX)
        yield


def _cures(path: Path, error: Exception) -> tuple[str, ...]:
    folder = shlex.quote(str(path.parent))
    if isinstance(error, FileNotFoundError) and not os.path.lexists(path.parent):
        return (f"mkdir -p {folder}",)
    return (f"ls -ld {folder}",) if isinstance(error, PermissionError) else ()


def _write(path: Path, data: bytes) -> None:
    refuse_other_kinds(path)  # to replace /dev/null by a file is more than was asked for
    # A random name: in containers every process is number 7, and a killed one leaves its file behind.
    stem = f".{path.name[:100]}."
    beside = path.with_name(f"{stem}{os.urandom(4).hex()}.new")
    _clear(path.parent, re.compile(re.escape(stem) + r"[0-9a-f]{8}\.new"))
    try:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileNotFoundError):
            beside.chmod(path.stat().st_mode & 0o777)
        beside.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise
    sync_folder(path.parent)


def _clear(folder: Path, names: re.Pattern[str]) -> None:
    """Take away what was begun an hour ago and never put in place: whoever wrote it was killed."""
    with contextlib.suppress(OSError):
        for left in folder.iterdir():
            if names.fullmatch(left.name) and time.time() - left.lstat().st_mtime > _ABANDONED:
                left.unlink()


def sync_folder(folder: Path) -> None:
    """Make names survive a power cut, where folders can be synced at all."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

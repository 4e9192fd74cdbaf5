"""Writing a document whole or not at all."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from envplan.problems import EnvplanError, Problem, Said

CODE = "EP401"


def write_document(path: Path, text: str) -> None:
    """Write a file beside its place, and put it there in one step; a link stays a link."""
    try:
        _write(path.resolve(), text.encode())
    except (OSError, ValueError) as error:  # ValueError: a path with NUL in it
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise EnvplanError(
            Problem(
                CODE,
                f"{path} cannot be written",
                why=(Said(f"{reason}; what was there before is still there"),),
                cures=(f"mkdir -p {path.parent}",) if isinstance(error, FileNotFoundError) else (),
            )
        ) from None


def _write(path: Path, data: bytes) -> None:
    beside = path.with_name(f".{path.name}.{os.getpid()}.new")
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
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Make the new name survive a power cut, where folders can be synced at all."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

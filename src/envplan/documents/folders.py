"""Folders: what is there of one, and those that envplan makes for its own."""

from __future__ import annotations

import contextlib
import errno
import os
from pathlib import Path

# What a disk says that takes no more.
FULL = frozenset({errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC), errno.EFBIG})


def make_folder(folder: Path, mode: int = 0o755) -> None:
    """Make a folder and those above it, which only their owner may write in, whatever the umask."""
    if not folder.is_dir():
        make_folder(folder.parent)
        with contextlib.suppress(FileExistsError):
            folder.mkdir(mode)


def what_is_there(path: Path) -> Path:
    """Find what is there of a path: itself, or the nearest that it would lie in; also a link to nowhere."""
    return next((one for one in (path, *path.parents) if os.path.lexists(one)), path)

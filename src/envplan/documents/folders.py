"""Folders that envplan makes for its own: nobody else may write in them, whatever the umask."""

from __future__ import annotations

import contextlib
from pathlib import Path


def make_folder(folder: Path, mode: int = 0o755) -> None:
    """Make a folder that only its owner may write in, and those above it; what is there stays as it is."""
    if not folder.is_dir():
        make_folder(folder.parent)
        with contextlib.suppress(FileExistsError):
            folder.mkdir(mode)

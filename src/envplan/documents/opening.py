"""Opening a file that somebody named, which may turn out to be anything."""

from __future__ import annotations

import errno
import stat
from pathlib import Path

from envplan.documents.reading import SIZE_LIMIT


def read_document(path: Path, limit: int = SIZE_LIMIT) -> bytes:
    """Read a file; of one that is far too large, only enough to see that it is."""
    refuse_other_kinds(path)  # to open a pipe can take for ever
    with path.open("rb") as file:
        return file.read(limit + 1)


def refuse_other_kinds(path: Path) -> None:
    """Raise OSError where something is there that is no file."""
    kind = kind_of(path)
    if kind not in ("nothing", "a file"):
        raise OSError(errno.EINVAL, f"it is {kind}, not a file")


def kind_of(path: Path) -> str:
    """Say what is there, behind all links."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return "a link that leads nowhere" if path.is_symlink() else "nothing"
    if stat.S_ISDIR(mode):
        return "a folder"
    return "a file" if stat.S_ISREG(mode) else "a device or a pipe"

"""What fetching left behind: parts of files that no run completed, and whole files that nobody took."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path

from envplan.store.alone import alone
from envplan.store.disk import refused
from envplan.store.fetch.part import Part, allocated
from envplan.store.holding import Busy
from envplan.values.records import dataclass


@dataclass(frozen=True)
class Leftover:
    """Something of one file, which the next run that needs it takes up."""

    sha256: str
    size: int  # bytes on disk
    changed: float  # seconds since the epoch


def leftovers(folder: Path) -> Iterator[Leftover]:
    """List them."""
    parts = folder / "parts"
    found: dict[str, float] = {}
    try:
        for path in parts.iterdir():
            with contextlib.suppress(FileNotFoundError):  # somebody completes one just now
                if re.fullmatch(r"[0-9a-f]{64}", path.stem):
                    found[path.stem] = max(found.get(path.stem, 0.0), path.stat().st_mtime)
    except (FileNotFoundError, NotADirectoryError):
        pass  # there is no store yet
    for sha256, changed in sorted(found.items()):
        yield Leftover(sha256, allocated(parts, sha256), changed)


def drop_old(folder: Path, before: float) -> int:
    """Delete what nobody came back for since then; return its bytes."""
    return sum(one.size for one in leftovers(folder) if one.changed < before and drop(folder, one))


def drop(folder: Path, leftover: Leftover) -> bool:
    """Delete one; not if a process is at it just now."""
    try:
        with alone(folder, leftover.sha256, wait=0):
            Part(folder / "parts", leftover.sha256).discard()
    except Busy:
        return False
    except OSError as error:
        raise refused(folder, error, f"to delete what is left of {leftover.sha256}") from None
    return True

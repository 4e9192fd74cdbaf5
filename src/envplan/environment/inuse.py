"""Who still runs from a generation: a training of days should not lose its files to a clean-up."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

_PROCESSES = Path("/proc")
_TOLD = ("cmdline", "environ", "maps")  # what it was started with, and which libraries it has loaded


def users(folder: Path) -> tuple[int, ...]:
    """List the processes that name a folder; none where the system does not tell (Windows refuses itself)."""
    mark = os.fsencode(f"{os.path.realpath(folder)}{os.sep}")
    return tuple(pid for pid in _others() if any(mark in data for data in _said(pid)))


def _others() -> Iterator[int]:
    try:
        names = os.listdir(_PROCESSES)  # noqa: PTH208
    except OSError:
        return
    yield from (int(name) for name in names if name.isdigit() and int(name) != os.getpid())


def _said(pid: int) -> Iterator[bytes]:
    for name in _TOLD:
        try:
            yield (_PROCESSES / str(pid) / name).read_bytes()
        except OSError:  # another user's, or one that has just ended
            continue

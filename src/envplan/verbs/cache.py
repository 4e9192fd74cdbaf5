"""Cache: what the store holds and who uses it, whether it is whole, and what may go."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path

from envplan.index.cache import cache_folder
from envplan.problems import Problem
from envplan.store.model import Tell
from envplan.store.trees import Store
from envplan.store.upkeep import Freed, Usage, gc, usage, verify
from envplan.values.records import dataclass

_ABANDONED = 24 * 3600.0  # seconds after which nobody comes back for half a download


@dataclass(frozen=True)
class Held:
    """What the store holds."""

    folder: Path
    wheels: tuple[Usage, ...]
    partial: int  # bytes of downloads that are not complete


@dataclass(frozen=True)
class Checked:
    """What is wrong with the store; it is set aside already, and made anew when it is needed."""

    folder: Path
    wheels: int
    deep: bool
    problems: tuple[Problem, ...]


@dataclass(frozen=True)
class Collected:
    """What was deleted."""

    folder: Path
    freed: Freed
    partial: int  # bytes of downloads that nobody came back for


def look() -> Held:
    """List what is there."""
    with Store(cache_folder().parent) as store:
        partial = sum(_size(path) for path in _parts(store.home.folder))
        return Held(store.home.folder, usage(store), partial)


def check(tell: Tell, *, deep: bool = False) -> Checked:
    """Look at every wheel; with `deep`, at every byte."""
    with Store(cache_folder().parent) as store:
        count = len(usage(store))
        return Checked(store.home.folder, count, deep, verify(store, deep=deep, tell=tell))


def collect() -> Collected:
    """Delete what no environment uses."""
    with Store(cache_folder().parent) as store:
        freed = gc(store)
        old = [path for path in _parts(store.home.folder) if _age(path) > _ABANDONED]
        partial = sum(_size(path) for path in old)
        for path in old:
            with contextlib.suppress(OSError):
                path.unlink()
        return Collected(store.home.folder, freed, partial)


def _parts(folder: Path) -> Iterator[Path]:
    with contextlib.suppress(OSError):
        yield from (folder / "parts").iterdir()


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _age(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except OSError:
        return 0.0

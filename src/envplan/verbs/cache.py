"""Cache: what the store holds and who uses it, whether it is whole, and what may go."""

from __future__ import annotations

from pathlib import Path

from envplan.index.cache import cache_folder
from envplan.problems import Problem
from envplan.store.fetch.leftovers import leftovers
from envplan.store.model import Tell
from envplan.store.trees import Store
from envplan.store.upkeep import Freed, Usage, gc, usage, verify
from envplan.values.records import dataclass


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


def look() -> Held:
    """List what is there."""
    with Store(cache_folder().parent) as store:
        wheels = usage(store)
        return Held(store.home.folder, wheels, sum(one.size for one in leftovers(store.home.folder)))


def check(tell: Tell, *, deep: bool = False) -> Checked:
    """Look at every wheel; with `deep`, at every byte."""
    with Store(cache_folder().parent) as store:
        count = len(usage(store))
        return Checked(store.home.folder, count, deep, verify(store, deep=deep, tell=tell))


def collect() -> Collected:
    """Delete what no environment uses."""
    with Store(cache_folder().parent) as store:
        return Collected(store.home.folder, gc(store))

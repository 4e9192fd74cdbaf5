"""Gc: remove the generations that neither the pointer nor a rollback would go to."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from envplan.environment.generations import Generation, current, discard, dissolve, previous, sweep, whole
from envplan.environment.inuse import users
from envplan.environment.locking import held
from envplan.environment.model import Place
from envplan.environment.trouble import told
from envplan.values.records import dataclass
from envplan.verbs.environments import names_of, none_there, open_place


@dataclass(frozen=True)
class InUse:
    """A generation that processes still run from."""

    generation: Generation
    users: tuple[int, ...]


@dataclass(frozen=True)
class Collected:
    """What was removed, and what was kept for which reason."""

    place: Place
    removed: tuple[Generation, ...]
    current: Generation | None
    previous: Generation | None
    in_use: tuple[InUse, ...]


def collect(env: Path | None = None) -> Collected:
    """Clean up one environment, and what the pointer led to when its lock had another name."""
    place = open_place(env)
    if not place.folder.is_dir():
        raise none_there(place.pointer)
    with held(place):
        sweep(place)
        now, before = current(place), previous(place)
        removed, used = _removed(place, {one.number for one in (now, before) if one})
    for other in names_of(place.pointer):
        if other != place.name:
            old = Place(other, place.pointer)
            with held(old):
                sweep(old)
                further, still_used = _removed(old, set())
                dissolve(old)
            removed, used = removed + further, used + still_used
    return Collected(place, tuple(removed), now, before, tuple(used))


def _removed(place: Place, kept: Collection[int]) -> tuple[list[Generation], list[InUse]]:
    """Remove all other generations that nobody runs from."""
    removed, used = [], []
    for one in whole(place):
        if one.number in kept:
            continue
        if pids := users(one.folder):
            used.append(InUse(one, pids))
            continue
        with told(one.folder, "room"):
            discard(one.folder)
        removed.append(one)
    return removed, used

"""The packages of an environment as unpacked wheels, wherever they come from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from envplan.environment.model import Part
from envplan.environment.skeletons import Skeleton
from envplan.index.model import File
from envplan.lockfile.graph import roots
from envplan.lockfile.model import ArchiveSource, GitSource, LocalSource, Source
from envplan.lockfile.selection import Selected
from envplan.store.gathering import Source as Origin
from envplan.store.gathering import as_file, gathered
from envplan.store.model import Tell, Tree
from envplan.store.trees import Store
from envplan.values.records import dataclass
from envplan.verbs.intent import Intent


@dataclass(frozen=True)
class Workplace:
    """What packages are brought with, and made of."""

    intent: Intent
    beside: Path  # the folder of the lock, where paths begin
    stood_on: Skeleton
    store: Store
    source: Origin
    offline: bool
    tell: Tell


def wheels_of(intent: Intent) -> list[File]:
    """List the wheels that indexes publish."""
    return [as_file(one.pinned, one.file) for one in intent.selected if one.file and one.file.is_wheel]


def parts_of(place: Workplace, known: Mapping[str, Tree]) -> list[Part]:
    """Bring all packages into the store, and say how each came to be wanted; `known` are there already."""
    requested = _requested(place.intent)
    trees = gathered(wheels_of(place.intent), place.store, place.source, place.tell, known)
    found = []
    for one in place.intent.selected:
        name, source = one.pinned.name, one.pinned.source
        tree = trees[one.file.sha256] if one.file and one.file.is_wheel else _made(place, one)
        found.append(Part(tree, _direct(source, place.beside) if source else None, name in requested))
    place.store.commit(place.tell)
    return found


def _made(place: Workplace, one: Selected) -> Tree:
    from envplan.verbs.building import Builder  # with a solver behind it, which few environments need

    return Builder(place).tree(one)


def _requested(intent: Intent) -> frozenset[str]:
    """Name the packages that somebody asked for; where no spec says so, those that no other needs."""
    spec = intent.held.spec
    if spec is None:
        return roots(intent.held.lock)
    grouped = (one for _, group in spec.groups for one in group)
    return frozenset(one.name for one in (*spec.packages, *grouped))


def _direct(source: Source, beside: Path) -> dict[str, Any]:
    from envplan.environment.building.origins import of_archive, of_folder, of_repository

    match source:
        case GitSource():
            return of_repository(source)
        case LocalSource(path, _):
            return of_folder(source, beside / path)
        case ArchiveSource(path, sha256, _):
            return of_archive(beside / path, sha256)

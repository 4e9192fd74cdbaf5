"""Who needs whom in a lock, target by target: what `envplan why` and `envplan tree` tell."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Mapping

from envplan.lockfile.model import Lock, Pinned
from envplan.values.records import dataclass
from envplan.values.targets import Target


@dataclass(frozen=True)
class Reason:
    """One way in which a package comes into some targets: from a package of the spec down to it."""

    path: tuple[str, ...]
    targets: tuple[Target, ...]


@dataclass(frozen=True)
class Held:
    """One version of a package, the targets that take it, and the shortest ways to it."""

    pinned: Pinned
    targets: tuple[Target, ...]
    needed_by: tuple[str, ...]  # packages that need it themselves, in any of the targets
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class Node:
    """A package in the tree of one target. What it needs is listed where it stands for the first time."""

    pinned: Pinned
    needs: tuple[Node, ...] = ()
    repeated: bool = False


def targets_of(lock: Lock) -> tuple[Target, ...]:
    """List every target of a lock, in order."""
    return tuple(sorted({target for offer in lock.offers for target in offer.targets}))


def taken(lock: Lock, target: Target) -> dict[str, Pinned]:
    """Find what a target takes, by name, with all groups."""
    return {one.name: one for one in lock.packages if target in one.targets}


def roots(lock: Lock) -> frozenset[str]:
    """Guess the packages of the spec where it is not at hand: those that no other needs."""
    needed = {name for one in lock.packages for name in one.dependencies if name != one.name}
    return frozenset(one.name for one in lock.packages if one.name not in needed)


def why(lock: Lock, name: str, wanted: Collection[str] | None = None) -> tuple[Held, ...]:
    """Tell how a package came into the lock; `wanted` are the names in the spec. Nothing: it is not in it."""
    starts = frozenset(wanted) if wanted is not None else roots(lock)
    ways: dict[Target, tuple[str, ...]] = {}
    users: dict[Target, set[str]] = {}
    for target in targets_of(lock):
        here = taken(lock, target)
        if name in here:
            ways[target] = _shortest(here, starts, name)
            users[target] = {
                one.name for one in here.values() if name in one.dependencies and one.name != name
            }
    return tuple(_held(one, ways, users) for one in lock.packages if one.name == name)


def _held(pinned: Pinned, ways: Mapping[Target, tuple[str, ...]], users: Mapping[Target, set[str]]) -> Held:
    mine = sorted(pinned.targets & ways.keys())
    paths = sorted({ways[target] for target in mine}, key=lambda path: (len(path), path))
    reasons = [Reason(path, tuple(one for one in mine if ways[one] == path)) for path in paths]
    needed_by = sorted({user for target in mine for user in users[target]})
    return Held(pinned, tuple(mine), tuple(needed_by), tuple(reasons))


def _shortest(here: Mapping[str, Pinned], starts: Collection[str], name: str) -> tuple[str, ...]:
    """Walk from the packages of the spec, nearest first; alone where nothing leads to it."""
    waiting: deque[tuple[str, ...]] = deque((start,) for start in sorted(starts) if start in here)
    seen = {path[0] for path in waiting}
    while waiting:
        path = waiting.popleft()
        if path[-1] == name:
            return path
        for need in sorted(here[path[-1]].dependencies):
            if need in here and need not in seen:
                seen.add(need)
                waiting.append((*path, need))
    return (name,)


def tree(lock: Lock, target: Target, wanted: Collection[str] | None = None) -> tuple[Node, ...]:
    """Draw what a target takes, from the packages of the spec down."""
    here, seen = taken(lock, target), set[str]()
    starts = sorted(one for one in (roots(lock) if wanted is None else wanted) if one in here)
    # A spec may name what another of its packages needs too; there it is drawn, and here only named again.
    drawn = [_node(here, name, seen) for name in starts]
    left = sorted(here.keys() - seen)  # nothing leads there: a circle, or a spec that was changed
    while left:
        drawn.append(_node(here, left[0], seen))
        left = sorted(here.keys() - seen)
    return tuple(drawn)


def _node(here: Mapping[str, Pinned], name: str, seen: set[str]) -> Node:
    pinned = here[name]
    if name in seen:
        return Node(pinned, repeated=bool(set(pinned.dependencies) & here.keys()))
    seen.add(name)
    return Node(
        pinned, tuple(_node(here, need, seen) for need in sorted(pinned.dependencies) if need in here)
    )

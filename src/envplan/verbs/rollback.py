"""Rollback: the pointer names the generation that was in use before, and the one it named stays."""

from __future__ import annotations

from pathlib import Path

from envplan.environment.generations import Generation, current, previous, take
from envplan.environment.locking import held
from envplan.environment.model import Place
from envplan.problems import EnvplanError, Problem, Said
from envplan.values.records import dataclass
from envplan.verbs.environments import none_there, open_place

NONE_BEFORE = "EP446"


@dataclass(frozen=True)
class PackageChange:
    """One package that differs between two generations; an empty version: it is not there."""

    name: str
    before: str
    after: str


@dataclass(frozen=True)
class RolledBack:
    """What the pointer named, what it names now, and what that changes."""

    place: Place
    before: Generation | None
    after: Generation
    changes: tuple[PackageChange, ...]


def roll_back(env: Path | None = None) -> RolledBack:
    """Go back to the generation before; a second time: forward again."""
    place = open_place(env)
    if not place.folder.is_dir():
        raise none_there(place.pointer)
    with held(place):
        before, after = current(place), previous(place)
        if after is None:
            raise _none_before(place, before)
        take(place, after.number)
    return RolledBack(place, before, after, differences(before, after))


def differences(before: Generation | None, after: Generation) -> tuple[PackageChange, ...]:
    """Say which packages differ."""
    old, new = (_versions(one) for one in (before, after))
    names = sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))
    return tuple(PackageChange(name, old.get(name, ""), new.get(name, "")) for name in names)


def _versions(generation: Generation | None) -> dict[str, str]:
    packages = generation.receipt.packages if generation else ()
    return {str(one["name"]): str(one["version"]) for one in packages}


def _none_before(place: Place, now: Generation | None) -> EnvplanError:
    found = (Said(f"generation {now.number}, built {now.receipt.created}", str(now.folder)),) if now else ()
    why = Said("a generation stays when the next one is built, and until `envplan gc`")
    title = "there is no generation to go back to"
    return EnvplanError(
        Problem(NONE_BEFORE, title, (Said(str(place.pointer)),), found, (why,), ("envplan apply",))
    )

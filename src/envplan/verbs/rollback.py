"""Rollback: the pointer names the generation that was in use before, and the one it named stays."""

from __future__ import annotations

from pathlib import Path
from shlex import quote

from envplan.environment.generations import Generation, current, previous, take, whole
from envplan.environment.listing import read_listing
from envplan.environment.locking import held
from envplan.environment.model import Place
from envplan.environment.receipts import built_for, same_python
from envplan.environment.untouched import untouched
from envplan.problems import EnvplanError, Problem, Said
from envplan.values.records import dataclass, replace
from envplan.verbs.environments import none_there, open_place

NONE_BEFORE, DAMAGED = "EP446", "EP450"

_ADDED = "EP611"  # what a tool put into it past the lock: it was used like that before


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
    problems: tuple[Problem, ...] = ()


def roll_back(env: Path | None = None) -> RolledBack:
    """Go back to the generation before; a second time: forward again."""
    place = open_place(env)
    if not place.folder.is_dir():
        raise none_there(place.pointer)
    with held(place):
        before, after = current(place), previous(place)
        if after is None:
            raise _none_before(place, before)
        problems = _looked_at(place, before, after)
        take(place, after.number)
    return RolledBack(place, before, after, differences(before, after), problems)


def _looked_at(place: Place, now: Generation | None, one: Generation) -> tuple[Problem, ...]:
    """Refuse a generation whose files are not those that were built; say what was put into it since."""
    listing = read_listing(one.folder)
    as_built = built_for(one.receipt, place.pointer) and same_python(one.receipt.interpreter)
    if listing and as_built and untouched(one.folder, listing):
        return ()
    from envplan.environment.proof.prove import prove
    from envplan.environment.proof.question import Question

    errors = prove(Question(one.folder, one.receipt, str(place.pointer), imports=False, smoke=False)).errors
    if any(problem.code != _ADDED for problem in errors):
        raise EnvplanError(_damaged(place, now, one, errors))
    return tuple(replace(problem, severity="warning", cures=()) for problem in errors)


def _damaged(place: Place, now: Generation | None, one: Generation, errors: tuple[Problem, ...]) -> Problem:
    others = {other.number for other in whole(place)} - {one.number, now.number if now else 0}
    onward = (f"rm -r {quote(str(one.folder))} && envplan rollback   (to one that is older)",)
    return Problem(
        DAMAGED,
        f"generation {one.number} is not as it was built, and is not put to use",
        found=tuple(Said(problem.title, str(one.folder)) for problem in errors),
        why=(Said(f"generation {now.number} stays in use" if now else "nothing was changed"),),
        cures=(f"envplan apply{one.receipt.asked}", *(onward if others else ())),
    )


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

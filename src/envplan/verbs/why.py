"""Why: how a package came into the lock, for which targets, and in which build."""

from __future__ import annotations

from pathlib import Path

from packaging.utils import canonicalize_name

from envplan.documents.reading import nearest, shown
from envplan.lockfile.graph import Held, targets_of, why
from envplan.lockfile.model import Lock, Offer
from envplan.problems import EnvplanError, Problem, Said
from envplan.spec.model import Requirement
from envplan.values.records import dataclass
from envplan.values.targets import Target
from envplan.verbs.locks import Opened, open_lock


@dataclass(frozen=True)
class Build:
    """One version of the package from one index, and the variants that brought it."""

    held: Held
    offers: tuple[Offer, ...]  # those whose variant decided; none where every variant takes the same


@dataclass(frozen=True)
class WhyMade:
    """Everything the lock can say of one package."""

    name: str
    builds: tuple[Build, ...]
    targets: tuple[Target, ...]  # of the whole lock
    asked: tuple[Requirement, ...]  # as the spec asks for it, in as many places as it does
    from_spec: bool  # whether the ways start at the packages of the spec


def why_package(name: str, spec_file: Path | None = None, lock_file: Path | None = None) -> WhyMade:
    """Tell how a package came into the lock."""
    opened = open_lock(spec_file, lock_file)
    normal = canonicalize_name(name)
    found = why(opened.lock, normal, opened.wanted)
    if not found:
        raise EnvplanError(_missing(name, normal, opened))
    wanted = opened.wanted or {}
    every = targets_of(opened.lock)
    builds = tuple(Build(one, _deciding(one, opened.lock, alone=len(found) == 1)) for one in found)
    return WhyMade(normal, builds, every, wanted.get(normal, ()), opened.wanted is not None)


def _deciding(held: Held, lock: Lock, *, alone: bool) -> tuple[Offer, ...]:
    """Find the offers that decided for this build: none where every variant takes the same."""
    mine = frozenset(held.targets)
    offers = [one for one in lock.offers if mine & frozenset(one.targets)]
    platforms = {one.platform for one in offers}
    variants = {one.variant for one in lock.offers}
    beside = [one for one in lock.offers if one.platform in platforms and one not in offers]
    if len(variants) == 1 or (alone and not beside):
        return ()
    return tuple(offers)


def _missing(name: str, normal: str, opened: Opened) -> Problem:
    names = sorted({one.name for one in opened.lock.packages})
    meant = nearest(normal, names)
    return Problem(
        "EP228",
        f"{shown(name) or 'a name of no letters'} is not in the lock",
        wanted=(Said(f"the package {shown(normal)}".strip(), "the command line"),),
        found=(Said(f"{len(names)} other packages", shown(str(opened.file))),),
        cures=(f"envplan why {meant}{opened.options}",) if meant else (f"envplan tree{opened.options}",),
    )

"""From the chosen builds to packages: exact where the planner decides, bounded where the solver will."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase

from envplan.catalog.model import Catalog
from envplan.catalog.places import DEFAULT_INDEX
from envplan.planner.model import Build, Constraint, Pin, Wish
from envplan.planner.rules.asked import companion_version, without_libraries
from envplan.planner.wishes import others
from envplan.spec.model import FromIndex, Requirement, Spec


def pins(
    spec: Spec,
    wishes: Iterable[Wish],
    builds: Sequence[Build],
    constraints: Iterable[Constraint],
    catalog: Catalog,
) -> tuple[Pin, ...]:
    """Every package of the spec, and those that its frameworks imply."""
    found = [pin for wish, build in zip(wishes, builds, strict=True) for pin in _of_build(wish, build)]
    bounds = {one.requirement.split("<")[0].split(">")[0].split("=")[0]: one for one in constraints}
    for requirement in others(spec, catalog):
        bound = bounds.get(requirement.name)
        found.append(_left_to_solver(requirement, bound, _index(spec, requirement.name, builds, catalog)))
    return tuple(found)


def constraints(spec: Spec, builds: Iterable[Build]) -> tuple[Constraint, ...]:
    """The bounds that the metadata of the chosen builds forgot."""
    found = []
    for build in builds:
        for pitfall in build.pitfalls:
            if pitfall.id not in spec.options.ignore_pitfalls:
                requirement = f"{pitfall.constrain.name}{pitfall.constrain.specifier}"
                found.append(Constraint(pitfall.id, requirement, pitfall.why, str(pitfall.evidence)))
    return tuple(found)


def index_of(spec: Spec, name: str) -> str:
    """The index that a name is bound to, where no framework decides: the first in the spec that claims it."""
    for index in spec.indexes:
        if any(fnmatchcase(name, pattern.lower()) for pattern in index.packages):
            return index.url
    return DEFAULT_INDEX


def _of_build(wish: Wish, build: Build) -> Iterator[Pin]:
    lead = wish.lead
    brought = () if without_libraries(wish, build) else build.way.extras
    extras = tuple(sorted({*brought, *(lead.extras if lead else ())}))
    yield Pin(build.way.ask, str(build.published), build.index, exact=True, extras=extras)
    local = build.published.local
    for requirement in wish.asked:
        if requirement is lead:
            continue
        companion = companion_version(requirement, build)
        if companion and requirement.name in build.family.plain:
            yield Pin(requirement.name, str(companion), DEFAULT_INDEX, exact=True, extras=requirement.extras)
        elif companion is None:
            yield Pin(requirement.name, str(requirement.specifier) or "*", build.index, exact=False)
        else:
            version = f"{companion}+{local}" if local else str(companion)
            yield Pin(requirement.name, version, build.index, exact=True, extras=requirement.extras)


def _index(spec: Spec, name: str, builds: Iterable[Build], catalog: Catalog) -> str:
    """The one index of a name: where the catalog binds it, else where the spec does, else the default."""
    owner = catalog.bound.get(name)
    return next((build.index for build in builds if build.framework == owner), None) or index_of(spec, name)


def _left_to_solver(requirement: Requirement, bound: Constraint | None, index: str) -> Pin:
    if not isinstance(requirement.location, FromIndex):
        return Pin(requirement.name, "*", "local", exact=False, extras=requirement.extras)
    specifiers = [str(requirement.specifier)] if requirement.specifier else []
    if bound:
        specifiers.append(bound.requirement.removeprefix(requirement.name))
    version = ",".join(specifiers) or "*"
    return Pin(requirement.name, version, index, False, requirement.extras)

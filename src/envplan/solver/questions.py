"""From what a lock is made for to the questions that solvers are asked: one a target."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from packaging.version import Version

from envplan.catalog.model import Catalog
from envplan.catalog.places import DEFAULT_INDEX
from envplan.index.addresses import canonical_index
from envplan.planner.model import Pin
from envplan.planner.targets import Served
from envplan.planner.wishes import everything
from envplan.solver.model import Bindings, Need, Question
from envplan.spec.model import Requirement, Spec
from envplan.values.platforms import Platform
from envplan.values.targets import Target

if TYPE_CHECKING:  # reading them takes modules that few locks need
    from envplan.sources.model import Given


def questions(
    spec: Spec,
    served: Iterable[Served],
    catalog: Catalog,
    deeper: Collection[str],
    given: Sequence[Given],
    preferred: Mapping[Target, Mapping[str, Version]],
    here: Platform | None = None,
) -> list[Question]:
    """Ask for every Python of every variant on every platform, in whichever order the spec names them.

    `deeper` are names that only other packages need: planned for, and taken where they are needed. `here` is
    where source code can be built, if the spec allows any.
    """
    undecided = frozenset(catalog.bindings.keys() - {one.name for one in everything(spec)})
    found = [
        Question(
            target=target,
            needs=tuple(_needs(spec, one, lambda pin: not _if_needed(pin, deeper))),
            bindings=_bindings(spec, one, {**catalog.bindings, **catalog.bound}),
            constraints=(
                *(Need(bound.requirement, f"{bound.id}: {bound.why}", bound.id) for bound in one.constraints),
                *_needs(spec, one, lambda pin: _if_needed(pin, deeper)),
            ),
            preferred=preferred.get(target),
            exclude_newer=spec.options.exclude_newer,
            sdists=frozenset(spec.options.allow_sdist),
            foreign=here not in (None, one.platform),
            libc=one.libc,
            macos=one.macos,
            undecided=undecided - {pin.name for pin in one.pins},
            given=tuple(given),
        )
        for one in served
        for target in targets_of(one)
    ]
    return sorted(found, key=lambda one: one.target)  # what is answered first leads the others


def targets_of(served: Served) -> list[Target]:
    """The targets that one variant on one platform stands for."""
    return [Target(served.variant, served.platform, python) for python in served.pythons]


def _needs(spec: Spec, served: Served, chosen: Callable[[Pin], bool]) -> Iterator[Need]:
    asked: dict[str, list[Requirement]] = defaultdict(list)
    for one in spec.everything:
        asked[one.name].append(one)
    for pin in filter(chosen, served.pins):
        wanted = asked.get(pin.name, [])
        if len(wanted) > 1 or any(one.marker for one in wanted):
            yield from _apart(pin, wanted)
        else:
            yield Need(_requirement(pin), wanted[0].origin if wanted else f"brought along: {pin.name}")


def _apart(pin: Pin, wanted: Iterable[Requirement]) -> Iterator[Need]:
    """Name each place in the spec, with its own condition: the pin joins them all for all of its Pythons."""
    for one in wanted:
        extras = f"[{','.join(one.extras)}]" if one.extras else ""
        required = _requirement(pin) if pin.exact else f"{one.name}{extras}{one.specifier}"
        yield Need(f"{required} ; {one.marker}" if one.marker else required, one.origin)


def _if_needed(pin: Pin, deeper: Collection[str]) -> bool:
    """Whether a pin only bounds what others need; an extra for GPU code must be asked for itself."""
    return pin.name in deeper and not pin.extras


def _requirement(pin: Pin) -> str:
    extras = f"[{','.join(pin.extras)}]" if pin.extras else ""
    if pin.exact:
        return f"{pin.name}{extras}=={pin.version}"
    return f"{pin.name}{extras}" + ("" if pin.version == "*" else pin.version)


def _bindings(spec: Spec, served: Served, bound: Mapping[str, str]) -> Bindings:
    """Names that the plan decides go to their variant's index, the spec's to theirs, others to the default.

    `bound` names what else a framework's indexes serve (triton for torch), by the framework.
    """
    named = {pin.name: _address(pin.index) for pin in served.pins if pin.exact and pin.index != "local"}
    leads = {pin.name: _address(pin.index) for pin in served.pins if pin.exact}
    for name, framework in bound.items():
        if framework in leads and name not in named:
            named[name] = leads[framework]
    patterns = [
        (pattern.lower(), _address(index.url)) for index in spec.indexes for pattern in index.packages
    ]
    return Bindings(named, tuple(patterns), _address(DEFAULT_INDEX))


def _address(index: str) -> str:
    return canonical_index(index)

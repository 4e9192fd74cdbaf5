"""The spec as one machine sees it: other tools' files hold requirements for some systems only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from envplan.spec.model import Requirement, Spec
from envplan.values.interpreters import environments
from envplan.values.platforms import Platform
from envplan.values.records import replace
from envplan.values.versions import Python


def applicable(spec: Spec, platform: Platform, pythons: Iterable[Python]) -> Spec:
    """Leave out what is marked for other systems; a name that stands several times must meet all of them."""
    if not any(one.marker for one in spec.everything) and len({one.name for one in spec.packages}) == len(
        spec.packages
    ):
        return spec
    targets = [(platform, python) for python in pythons]
    groups = tuple((name, _merged(group, targets)) for name, group in spec.groups)
    return replace(spec, packages=_merged(spec.packages, targets), groups=groups)


def _merged(
    packages: Iterable[Requirement], targets: Sequence[tuple[Platform, Python]]
) -> tuple[Requirement, ...]:
    found: dict[str, Requirement] = {}
    for one in packages:
        if _holds(one.marker, targets):
            before = found.get(one.name)
            found[one.name] = before.with_also(one) if before else one
    return tuple(found.values())


def _holds(marker: str | None, targets: Sequence[tuple[Platform, Python]]) -> bool:
    if marker is None:
        return True
    from packaging.markers import Marker

    read = Marker(marker)
    worlds = (one for target in targets for one in environments(*target, marker))
    return any(read.evaluate({**world, "extra": ""}) for world in worlds)

"""One set of versions for several machines: the newest that serves them all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from packaging.version import Version

from envplan.planner.attempt import Attempt
from envplan.planner.choose import Choice
from envplan.values.records import replace

Versions = Mapping[str, Version]  # by the framework


def common(attempts: Sequence[Attempt]) -> list[Attempt] | None:
    """Settle every attempt on the newest common versions; none if there are none.

    Each machine keeps the kinds of accelerator it was given by itself: a machine without a GPU must not
    push the others to a version that has no build for theirs. A framework that the spec wants on some
    systems only is settled among those.
    """
    frameworks = dict.fromkeys(wish.framework.name for one in attempts for wish in one.judged.wishes)
    versions = _descend(attempts, {}, list(frameworks))
    if versions is None:
        return None
    return [replace(one, choices=tuple(_choices(one, versions))) for one in attempts]


def _descend(attempts: Sequence[Attempt], chosen: Versions, frameworks: Sequence[str]) -> Versions | None:
    if not frameworks:
        return chosen
    name, *others = frameworks
    for version in sorted(set.intersection(*_versions(attempts, name)), reverse=True):
        longer = {**chosen, name: version}
        if all(_choices(one, longer) for one in attempts):
            found = _descend(attempts, longer, others)
            if found is not None:
                return found
    return None


def _versions(attempts: Sequence[Attempt], framework: str) -> list[set[Version]]:
    """List the versions that each machine could have of a framework, where it is wanted there."""
    return [
        {verdict.build.version for verdict in one.judged.survivors(row)}
        for one in attempts
        for row, wish in enumerate(one.judged.wishes)
        if wish.framework.name == framework
    ]


def _choices(one: Attempt, versions: Versions) -> list[Choice]:
    fixed = [versions.get(wish.framework.name) for wish in one.judged.wishes]
    return one.search.choices(fixed, one.choices[0].kinds)

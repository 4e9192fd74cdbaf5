"""One set of versions for several machines: the newest that serves them all."""

from __future__ import annotations

from collections.abc import Sequence

from packaging.version import Version

from envplan.planner.attempt import Attempt
from envplan.planner.choose import Choice
from envplan.values.records import replace


def common(attempts: Sequence[Attempt]) -> list[Attempt] | None:
    """Settle every attempt on the newest common versions; none if there are none.

    Each machine keeps the kinds of accelerator it was given by itself: a machine without a GPU must not
    push the others to a version that has no build for theirs.
    """
    count = len(attempts[0].judged.wishes)
    versions = _descend(attempts, (), count)
    if versions is None:
        return None
    return [replace(one, choices=tuple(_choices(one, versions, count))) for one in attempts]


def _descend(
    attempts: Sequence[Attempt], chosen: tuple[Version, ...], count: int
) -> tuple[Version, ...] | None:
    if len(chosen) == count:
        return chosen
    row = len(chosen)
    shared = set.intersection(
        *({verdict.build.version for verdict in one.judged.survivors(row)} for one in attempts)
    )
    for version in sorted(shared, reverse=True):
        longer = (*chosen, version)
        if all(_choices(one, longer, count) for one in attempts):
            found = _descend(attempts, longer, count)
            if found is not None:
                return found
    return None


def _choices(one: Attempt, versions: tuple[Version, ...], count: int) -> list[Choice]:
    fixed = [*versions, *[None] * (count - len(versions))]
    return one.search.choices(fixed, one.choices[0].kinds)

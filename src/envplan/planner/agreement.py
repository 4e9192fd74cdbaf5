"""Whether two version specifiers can be met at once."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from packaging.specifiers import SpecifierSet
from packaging.version import Version


@lru_cache(maxsize=4096)
def agree(one: SpecifierSet, other: SpecifierSet) -> bool:
    """Try versions at, just below and just above every bound that either names.

    Specifiers only change their answer at the versions they name, so these points are enough.
    """
    points = {point for specifiers in (one, other) for point in _points(specifiers)}
    if not points:
        return True
    return any(
        one.contains(point, prereleases=True) and other.contains(point, prereleases=True) for point in points
    )


def _points(specifiers: SpecifierSet) -> Iterator[Version]:
    for specifier in specifiers:
        version = Version(specifier.version.removesuffix(".*"))
        release = version.release
        yield version
        yield Version(".".join(map(str, (*release, 0, 1))))  # just above
        yield Version(".".join(map(str, (*release[:-1], release[-1] + 1))))  # the next of its series
        below = list(release)
        while below and below[-1] == 0:
            below.pop()
        if below:
            below[-1] -= 1
            yield Version(".".join(map(str, (*below, 99999))))  # just below

"""Every build of a framework that indexes are known to publish for a platform."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase

from packaging.version import Version

from envplan.catalog.model import Catalog, Framework, Way
from envplan.planner.model import Build
from envplan.values.platforms import Platform
from envplan.values.variants import Variant


class Stock:
    """All builds by framework and platform, each listed once however often they are judged."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self._listed: dict[tuple[str, Platform], tuple[Build, ...]] = {}

    def builds(self, framework: Framework, platform: Platform) -> tuple[Build, ...]:
        """List the builds of a framework for a platform, newest version first."""
        key = (framework.name, platform)
        if key not in self._listed:
            self._listed[key] = _builds(framework, platform, self.catalog)
        return self._listed[key]


def _builds(framework: Framework, platform: Platform, catalog: Catalog) -> tuple[Build, ...]:
    """Enumerate them; of two ways to ask for one build, the first row decides."""
    found: dict[tuple[Version, Variant], Build] = {}
    for way in framework.ways:
        if way.platforms and platform not in way.platforms:
            continue
        for variant, index in _variants(way, catalog):
            for build in _of_variant(framework, platform, way, variant, index, catalog):
                found.setdefault((build.version, build.variant), build)
    return tuple(sorted(found.values(), key=lambda build: (build.version, build.variant), reverse=True))


def _variants(way: Way, catalog: Catalog) -> Iterator[tuple[Variant, str]]:
    """Name the variants of a way and the index of each: by the index's name, or as the row lists them."""
    if "{variant}" not in way.index:
        for name in way.variants:
            yield Variant(name), way.index
        return
    before, after = way.index.split("{variant}")
    for index in catalog.indexes():
        name = index[len(before) : len(index) - len(after)]
        if index != before + name + after or not re.fullmatch(r"[\w.]+", name):
            continue
        if not any(fnmatchcase(name, pattern) for pattern in way.variants):
            continue
        try:
            yield Variant(name), index
        except ValueError:
            continue  # a folder that is no variant, such as cu121_full


def _of_variant(
    framework: Framework, platform: Platform, way: Way, variant: Variant, index: str, catalog: Catalog
) -> Iterator[Build]:
    for published, wheels in catalog.wheels(index, way.project).items():
        mine = tuple(wheel for wheel in wheels if any(tag.fits(platform) for tag in wheel.platforms))
        if not mine:
            continue
        whole = Version(published)
        version = Version(whole.public)
        if way.speaks_of_version(version):
            yield Build(framework, version, whole, variant, platform, index, way, mine)

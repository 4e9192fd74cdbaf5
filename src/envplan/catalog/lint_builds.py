"""Does what the catalog says of frameworks make sense? The part of the lint that walks through builds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from fnmatch import fnmatchcase
from itertools import pairwise

from packaging.version import Version

from envplan.catalog import queries
from envplan.catalog.model import Catalog, Framework, Kernels, Rows, Way, Wheel
from envplan.values.platforms import PLATFORM_NAMES, Platform
from envplan.values.records import dataclass
from envplan.values.variants import Variant
from envplan.values.versions import Cuda

_PLATFORMS = tuple(Platform.parse(name) for name in PLATFORM_NAMES)


@dataclass(frozen=True)
class Build:
    """One build that a way leads to."""

    version: Version
    variant: Variant
    platform: Platform


Found = dict[Way, tuple[Build, ...]]


def findings(catalog: Catalog) -> Iterator[str]:
    """List what is wrong with the frameworks."""
    for name, framework in catalog.frameworks.items():
        found = {way: tuple(_builds(way, catalog)) for way in framework.ways}
        for fault in (
            *_ways(found, catalog),
            *_releases(framework, found),
            *_kernels(framework, found, catalog),
            *_orphans(framework, found),
            *_pitfalls(framework),
        ):
            yield f"{name}.toml: {fault}"
    frameworks = catalog.frameworks.values()
    ids = Counter(row.id for one in frameworks for row in one.pitfalls)
    ids += Counter(row.id for one in frameworks for row in one.clashes)
    yield from (f"{name} is the id of {times} rows" for name, times in ids.items() if times > 1)


def _builds(way: Way, catalog: Catalog) -> Iterator[Build]:
    for variant, index in _variants(way, catalog):
        for published, wheels in catalog.wheels(index, way.project).items():
            version = Version(Version(published).public)
            for platform in way.platforms or _PLATFORMS:
                if way.speaks_of_version(version) and _holds(wheels, platform):
                    yield Build(version, variant, platform)


def _variants(way: Way, catalog: Catalog) -> Iterator[tuple[Variant, str]]:
    if "{variant}" not in way.index:
        yield from ((Variant(name), way.index) for name in way.variants)
        return
    before, after = way.index.split("{variant}")
    for index in catalog.indexes():
        name = index.removeprefix(before).removesuffix(after)
        if index == before + name + after and any(fnmatchcase(name, one) for one in way.variants):
            yield Variant(name), index


def _holds(wheels: tuple[Wheel, ...], platform: Platform) -> bool:
    return any(tag.fits(platform) for wheel in wheels for tag in wheel.platforms)


def _ways(found: Found, catalog: Catalog) -> Iterator[str]:
    for way, builds in found.items():
        where = f"way {', '.join(way.variants)} of {way.project} at {way.index}"
        if not builds and not _sources_only(way, catalog):
            yield f"{where}: no listing and no published row holds such a build"
        for platform in sorted(set(way.platforms) - {build.platform for build in builds}) if builds else ():
            yield f"{where}: nothing is known to be published for {platform}"
        for variant in sorted({build.variant for build in builds if build.variant.kind == "cuda"}):
            yield from (f"{where}: {fault}" for fault in _toolkit(way, variant, catalog))


def _sources_only(way: Way, catalog: Catalog) -> bool:
    """Whether the project is listed, and has no wheel in any version."""
    listed = [catalog.wheels(index, way.project) for _, index in _variants(way, catalog)]
    return any(listed) and not any(wheels for versions in listed for wheels in versions.values())


def _toolkit(way: Way, variant: Variant, catalog: Catalog) -> Iterator[str]:
    toolkit = way.toolkit or variant.cuda
    if toolkit is None:
        yield f"{variant} does not say its toolkit, and neither does the row"
    elif queries.floor(catalog, toolkit, "linux") is None:
        yield f"{variant}: no driver floor for CUDA {toolkit}"
    elif queries.native_driver(catalog, toolkit, "linux") is None:
        yield f"{variant}: no driver is known to have come with CUDA {toolkit}"


def _releases(framework: Framework, found: Found) -> Iterator[str]:
    for older, newer in pairwise(framework.releases):
        if not older.version < newer.version:
            yield f"release {newer.version}: stands after {older.version}"
    for row in framework.releases:
        for name in sorted(row.companions.keys() - {*framework.packages, *framework.plain}):
            yield f"release {row.version}: {name} is no package of {framework.name}"
    published = {build.version for builds in found.values() for build in builds}
    described = {row.version for row in framework.releases}
    if any(row.companions for row in framework.releases):
        for version in sorted(published - described):
            yield f"{version} is published, but no release row names its companions"
    for version in sorted(described - published):
        yield f"release {version}: nothing of it is known to be published"


def _kernels(framework: Framework, found: Found, catalog: Catalog) -> Iterator[str]:
    faults: dict[tuple[str, Variant, Platform], list[Version]] = {}
    for way, builds in found.items():
        for build in builds:
            for fault in _kernels_of(build, way, framework, catalog):
                faults.setdefault((fault, build.variant, build.platform), []).append(build.version)
    for (fault, variant, platform), versions in faults.items():
        more = f" and {len(versions) - 1} more versions" if versions[1:] else ""
        yield f"kernels of {min(versions)}{more}, {variant} on {platform}: {fault}"
    for row in framework.kernels:
        if list(row.native) != sorted(row.native) or list(row.ptx) != sorted(row.ptx):
            yield f"kernels ({row.evidence.source}): native and ptx must be sorted"


def _kernels_of(build: Build, way: Way, framework: Framework, catalog: Catalog) -> Iterator[str]:
    rows = [row for row in framework.kernels if row.speaks_of(build.version, build.variant, build.platform)]
    if len(rows) > 1:
        yield f"{len(rows)} rows speak of it: {' / '.join(row.evidence.source for row in rows)}"
    toolkit = way.toolkit or build.variant.cuda
    if rows and build.variant.kind == "cuda" and toolkit:
        yield from _beyond(rows[0], toolkit, catalog)


def _beyond(row: Kernels, toolkit: Cuda, catalog: Catalog) -> Iterator[str]:
    for compute in (*row.native, *row.ptx):
        architecture = queries.architecture(catalog, compute)
        if architecture is None:
            yield f"no architecture holds {compute}"
        elif not queries.can_compile(architecture, toolkit):
            yield f"CUDA {toolkit} makes no code for {compute}"


def _orphans(framework: Framework, found: Found) -> Iterator[str]:
    builds = {build for several in found.values() for build in several}
    kinds: dict[str, tuple[Rows, ...]] = {"kernels": framework.kernels, "requires": framework.requires}
    for kind, rows in kinds.items():
        for row in rows:
            if builds and not any(row.speaks_of(one.version, one.variant, one.platform) for one in builds):
                scope = " ".join(
                    (*(str(one) for one in row.versions), *row.variants, *map(str, row.platforms))
                )
                yield f"{kind} ({scope}): speaks of no build that is known"


def _pitfalls(framework: Framework) -> Iterator[str]:
    for row in framework.pitfalls:
        if row.when.name not in framework.packages:
            yield f"pitfall {row.id}: {row.when.name} is no package of {framework.name}"

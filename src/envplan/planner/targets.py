"""What a lock is made for: each variant on each platform, and what a machine must offer to take it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from packaging.version import Version

from envplan.catalog import queries
from envplan.catalog.model import Catalog
from envplan.machine.model import Machine
from envplan.planner.attempt import Attempt, Try, attempt
from envplan.planner.builds import Stock
from envplan.planner.choose import Choice
from envplan.planner.common_code import Code, common_code
from envplan.planner.common_versions import common
from envplan.planner.model import Build, Constraint, Impossible, Pin
from envplan.planner.pins import constraints, pins
from envplan.planner.plan import fewest, outcome_of, variants_of
from envplan.problems import Problem, Said, told_once
from envplan.spec.model import Spec
from envplan.values.platforms import Platform
from envplan.values.records import dataclass
from envplan.values.variants import CPU, Kind, Variant, default_of
from envplan.values.versions import Dotted, Libc, Python

# What a wheel may need where no profile says how old a machine is: RHEL 8 and Ubuntu 20.04; macOS 13.
_GLIBC, _MACOS = Dotted("2.28"), Dotted("13.0")


@dataclass(frozen=True)
class Served:
    """One variant on one platform: what is installed, and on which machines."""

    variant: Variant
    platform: Platform
    pythons: tuple[Python, ...]
    pins: tuple[Pin, ...]
    constraints: tuple[Constraint, ...]
    why: str
    libc: Libc | None = None
    macos: Dotted | None = None
    driver: Dotted | None = None
    native_driver: Dotted | None = None
    code: Code = Code()


@dataclass(frozen=True)
class Targets:
    """Everything a lock must be solved for; or why it cannot be made."""

    served: tuple[Served, ...]
    default: Variant
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class _Taken:
    """One variant of a platform at certain versions, and the machines it is for."""

    choice: Choice
    takers: Sequence[Attempt]
    why: str


def targets(
    spec: Spec,
    platforms: Sequence[Platform],
    profiles: Sequence[Machine],
    kinds: tuple[Kind, ...],
    catalog: Catalog,
    fallback: Python,
) -> Targets:
    """Choose the variants: the fewest that serve the profiles; on platforms without any, all there are."""
    if problem := _unlike_libraries(profiles):
        return Targets((), CPU, (problem,))
    stock = Stock(catalog)
    covered = {machine.platform for machine in profiles}
    anyone = [_anyone(platform, kinds) for platform in platforms if platform not in covered]
    tries = [attempt(Try(spec, machine, stock, fallback)) for machine in (*profiles, *anyone)]
    problems = [_refusal(one) for one in tries if not one.choices]
    if problems:
        return Targets((), CPU, told_once(problems))
    if spec.options.same_versions and len(tries) > 1:
        settled = common(tries)
        if settled is None:
            return Targets((), CPU, (_no_common(tries, spec),))
        tries = settled
    taken = _all_taken(tries)
    if taken is None:
        return Targets((), CPU, (_no_common(tries, spec),))
    served = tuple(_served(spec, one, catalog) for one in taken)
    return Targets(served, default_of({one.variant for one in served}))


def _all_taken(tries: Sequence[Attempt]) -> list[_Taken] | None:
    """Choose for each platform; none where machines of one cannot be served together."""
    found: list[_Taken] = []
    for platform in dict.fromkeys(one.judged.machine.platform for one in tries):
        mine = [one for one in tries if one.judged.machine.platform == platform]
        taken = _every_variant(mine[0]) if mine[0].judged.machine.any_kinds else _needed(mine)
        if taken is None:
            return None
        found += taken
    return found


def _unlike_libraries(profiles: Sequence[Machine]) -> Problem | None:
    """Refuse machines of one platform with unlike C libraries: a target holds the wheels for one of them."""
    for platform in dict.fromkeys(machine.platform for machine in profiles):
        known = [one for one in profiles if one.platform == platform and one.libc]
        musl = [one for one in known if one.libc and one.libc.value.family == "musl"]
        if musl and len(musl) < len(known):
            return Problem(
                "EP215",
                f"one lock cannot serve machines with glibc and with musl on {platform}",
                found=tuple(Said(f"{one.name}: {one.libc}", one.libc.origin) for one in known if one.libc),
                why=(Said("wheels are built for one of them, and a target of a lock holds those of one"),),
                cures=(
                    f"leave out {', '.join(one.name for one in musl)}   (a spec of their own serves them)",
                ),
            )
    return None


def _anyone(platform: Platform, kinds: tuple[Kind, ...]) -> Machine:
    """Any machine of a platform; Macs have no accelerator but what their ordinary builds drive."""
    wanted: tuple[Kind, ...] = ("cpu",) if platform.os == "macos" else kinds
    return Machine(f"any {platform}", platform, "targets.platforms", any_kinds=wanted)


def _needed(tries: Sequence[Attempt]) -> list[_Taken] | None:
    """The fewest variants that serve these machines, and whom each serves.

    In a lock, a variant has one version of each framework for a platform. Machines that could each have
    another are given different variants; where there are too few of them, one version for all.
    """
    found: list[_Taken] = []
    for group in sorted(_alike(tries), key=lambda group: group[0].choices[0].versions, reverse=True):
        used = {one.choice.variant for one in found}
        left = [[variant for variant in variants_of(one) if variant not in used] for one in group]
        chosen = fewest(left)
        if not chosen:
            settled = common(tries)
            return _needed(settled) if settled else None
        found += [_taken(variant, group) for variant in chosen]
    return found


def _alike(tries: Sequence[Attempt]) -> list[list[Attempt]]:
    """Put machines together that have one version of each framework; some may want fewer frameworks."""
    groups: list[tuple[dict[str, Version], list[Attempt]]] = []
    for one in sorted(tries, key=lambda one: len(one.judged.wishes), reverse=True):
        mine = {build.framework: build.version for build in one.choices[0].builds}
        for versions, group in groups:
            if all(versions.get(name, version) == version for name, version in mine.items()):
                versions.update(mine)
                group.append(one)
                break
        else:
            groups.append((mine, [one]))
    return [group for _, group in groups]


def _taken(variant: Variant, group: Sequence[Attempt]) -> _Taken:
    takers = [one for one in group if variant in variants_of(one)]
    choice = next(choice for choice in takers[0].choices if choice.variant == variant)
    return _Taken(choice, takers, "serves " + ", ".join(sorted(one.judged.machine.name for one in takers)))


def _every_variant(one: Attempt) -> list[_Taken]:
    """All variants at the versions chosen; under `auto` the CPU's too. Of several ways, the best ranked."""
    versions = one.choices[0].versions
    found: dict[Variant, Choice] = {}
    for kinds in one.search.kinds_of(versions):
        for choice in one.search.choices(versions, kinds):
            found.setdefault(choice.variant, choice)
    return [_Taken(choice, [one], _published(choice)) for _, choice in sorted(found.items(), reverse=True)]


def _published(choice: Choice) -> str:
    if not choice.builds:
        return "nothing in the spec has builds of its own for accelerators"
    return f"{choice.builds[0].framework} {choice.builds[0].version} is published for it"


def _served(spec: Spec, taken: _Taken, catalog: Catalog) -> Served:
    choice, judged = taken.choice, taken.takers[0].judged
    platform = judged.machine.platform
    pythons = tuple(sorted({python for one in taken.takers for python in one.judged.pythons}))
    machines = [one.judged.machine for one in taken.takers]
    bounds = constraints(spec, choice.builds)
    cuda = [build for build in choice.builds if build.variant.kind == "cuda"]
    libc, macos = _age(choice.builds, machines, platform, pythons)
    return Served(
        choice.variant,
        platform,
        pythons,
        pins(spec, judged.wishes, choice.builds, bounds, catalog),
        bounds,
        taken.why,
        libc=libc,
        macos=macos,
        driver=max((one for build in cuda if (one := _floor(build, platform, catalog))), default=None),
        native_driver=max(
            (one for build in cuda if (one := _native(build, platform, catalog))), default=None
        ),
        code=common_code(build.kernels for build in choice.builds if build.variant.kind != "cpu"),
    )


def _floor(build: Build, platform: Platform, catalog: Catalog) -> Dotted | None:
    floor = queries.floor(catalog, build.toolkit, platform.os) if build.toolkit else None
    own = build.way.windows_driver if platform.os == "windows" else build.way.linux_driver
    return max((one for one in (floor.driver if floor else None, own) if one), default=None)


def _native(build: Build, platform: Platform, catalog: Catalog) -> Dotted | None:
    return queries.native_driver(catalog, build.toolkit, platform.os) if build.toolkit else None


def _age(
    builds: Iterable[Build], machines: Iterable[Machine], platform: Platform, pythons: Sequence[Python]
) -> tuple[Libc | None, Dotted | None]:
    """How old a system may be: as old as the oldest profile; else what is usual, or what the builds need."""
    floors = [floor for build in builds if (floor := _wheel_floor(build, pythons))]
    if platform.os == "linux":
        known = [machine.libc.value.series for machine in machines if machine.libc]
        oldest = min(known, key=lambda libc: libc.version, default=Libc("glibc", max([_GLIBC, *floors])))
        return oldest, None
    if platform.os == "macos":
        versions = [machine.macos.value for machine in machines if machine.macos]
        return None, min(versions, default=max([_MACOS, *floors]))
    return None, None


def _wheel_floor(build: Build, pythons: Sequence[Python]) -> Dotted | None:
    """The oldest system on which some wheel of the build loads, for every Python."""
    needs = []
    for python in pythons:
        tags = [
            tag.floor
            for wheel in build.wheels
            if any(one.fits(python) for one in wheel.pythons)
            for tag in wheel.platforms
            if tag.fits(build.platform)
        ]
        needs.append(min((tag for tag in tags if tag), default=None))
    return max((one for one in needs if one), default=None)


def _refusal(one: Attempt) -> Problem:
    outcome = outcome_of(one)
    assert isinstance(outcome, Impossible)
    return outcome.problem


def _no_common(tries: Sequence[Attempt], spec: Spec) -> Problem:
    lines = [
        Said(f"{one.judged.machine.name}: at best {', '.join(map(str, one.choices[0].builds))}")
        for one in tries
    ]
    return Problem(
        "EP212",
        "no one set of versions serves all that the lock is for",
        why=tuple(lines),
        cures=("same-versions = false   # under [options]: each gets the newest it can have",)
        if spec.options.same_versions and _all_taken(tries)
        else (f"leave out {tries[-1].judged.machine.name}   (a spec of its own serves it)",),
    )

"""What would help: each cure is a change that was tried, and that gave a plan."""

from __future__ import annotations

from collections.abc import Iterator

from packaging.version import Version

from envplan.catalog import queries
from envplan.machine.model import Nvidia
from envplan.planner.advice import advice
from envplan.planner.attempt import Attempt, attempt
from envplan.planner.by_name import all_the_same, without_it, without_the_name
from envplan.planner.changes import (
    accelerator_line,
    freed,
    replaced,
    typed,
    with_accelerator,
    with_lead,
    with_spec,
)
from envplan.planner.model import Build, Wish
from envplan.planner.rules.asked import companion_version
from envplan.planner.rules.driver import oldest_driver
from envplan.planner.rules.python import pythons_of
from envplan.planner.unlike import one_kind
from envplan.planner.wishes import everything
from envplan.spec.model import AnyGpu, Auto, CpuOnly
from envplan.values.evidence import Fact
from envplan.values.records import replace
from envplan.values.specifiers import specifier
from envplan.values.versions import Dotted

_MOST = 5
LAST_RESORT = "envplan plan --why   # every candidate, and why not"
ELSEWHERE = "envplan plan --for workstation-rtx4090   # a machine that has a GPU"


def cures(failed: Attempt, row: int) -> tuple[str, ...]:
    """List the changes that work, the smallest first."""
    found: dict[str, str] = {}
    for cure in (
        *without_the_name(failed, row),
        *_other_python(failed, row),
        *_shared_package(failed, row),
        *_other_driver(failed, row),
        *_other_variant(failed, row),
        *one_kind(failed, row),
        *all_the_same(failed, row, _but_for(failed, row, "EP203")),
        *_other_version(failed, row),
        *_other_system(failed, row),
        *_advice(failed, row),
        *_without_gpu(failed, row),
        *_auto_for_all(failed),
    ):
        found.setdefault(cure.split("   #")[0], cure)
    machine, rows = failed.judged.machine, failed.judged.verdicts[row]
    elsewhere = not machine.gpus and rows and all(one.build.variant.kind != "cpu" for one in rows)
    shown = tuple(found.values())[:_MOST] or tuple(without_it(failed, row))
    return shown or (ELSEWHERE if elsewhere else LAST_RESORT,)


def _advice(failed: Attempt, row: int) -> Iterator[str]:
    """The catalog's own advice; lines that can be tried are given only if they help."""
    for one in advice(failed.judged, row):
        for cure in one.cures:
            changed = typed(failed.tried, cure)
            if changed is None or (changed != failed.tried and attempt(changed).choices):
                yield cure


def _shared_package(failed: Attempt, row: int) -> Iterator[str]:
    """Free a package whose bounds stand against the build, and say what it would then get."""
    names = {
        need.name
        for verdict in failed.judged.verdicts[row]
        if verdict.codes & {"EP206", "EP207"}
        for need in (
            *(one for rows in verdict.build.requires for one in rows.requirements),
            *(one.constrain for one in verdict.build.pitfalls),
        )
    }
    for requirement in everything(failed.tried.spec):
        if requirement.name not in names or not requirement.specifier:
            continue
        found = attempt(replaced(failed.tried, requirement, freed(requirement)))
        if found.choices:
            build = found.choices[0].builds[row]
            bounds = [one.constrain for one in build.pitfalls if one.constrain.name == requirement.name]
            yield f'{requirement.name} = "{bounds[0].specifier if bounds else "*"}"   # then {build} fits'


def _other_version(failed: Attempt, row: int) -> Iterator[str]:
    """The nearest version that works: the next newer one, else the newest older one."""
    wish = failed.judged.wishes[row]
    yield from _other_companion(failed, wish)
    lead = wish.lead
    works = _versions(failed, row)
    if isinstance(wish.accelerator, Auto):  # a version for the GPU, if there is one, before one for the CPU
        works = _versions(failed, row, accelerated=True) or works
    if lead is None or not lead.specifier or not works:
        return
    asked = _asked_version(failed, row)
    newer = [version for version in works if asked is not None and version > asked]
    near = [version for version in works if asked is not None and version.release[:2] == asked.release[:2]]
    target = (near or newer or works)[-1 if near or not newer else 0]
    series = f"{target.major}.{target.minor}" if target.release[:2] != (0, 0) else str(target)
    fixed = replace(lead, asked=series, specifier=specifier(series))
    settled = attempt(with_lead(failed.tried, wish, fixed))
    if not settled.choices:
        return
    build = settled.choices[0].builds[row]
    rank = "the first" if target in newer and len(works) > 1 else "the last"
    remark = f"{rank} that fits: {build.version} {_described(failed, build)}"
    held = [one for one in wish.companions if one.specifier]
    if not held:
        yield f'{lead.name} = "{series}"   # {remark}'
        return
    # The companions stand in the spec with bounds of their own, and must move in the same step.
    words = [f'"{lead.name} {series}"']
    for one in held:
        version = companion_version(freed(one), build)
        words.append(f'"{one.name} {version}"' if version else f'"{one.name}"')
    yield f"envplan add {' '.join(words)}   # {remark}"


def _versions(failed: Attempt, row: int, *, accelerated: bool = False) -> list[Version]:
    """The versions that only the words stand against, and that have all the companions named."""
    names = {requirement.name for requirement in failed.judged.wishes[row].companions}
    return sorted(
        {
            build.version
            for build in _but_for(failed, row, "EP201")
            if (not names or (build.release and names <= build.release.companions.keys()))
            and _agrees(failed, row, build)
            and (build.variant.kind != "cpu" or not accelerated)
        }
    )


def _but_for(failed: Attempt, row: int, *codes: str) -> list[Build]:
    """The builds that these codes alone rule out: what a cure could free. None that is doubted to run."""
    return [
        verdict.build
        for verdict in failed.judged.verdicts[row]
        if verdict.refused
        and verdict.codes <= set(codes)
        and not any(doubt.code == "EP203" for doubt in verdict.doubts)
    ]


def _agrees(failed: Attempt, row: int, build: Build) -> bool:
    """Whether each other wish has a build left that may stand beside this one."""
    judged, together = failed.judged, failed.search.together
    rows = [judged.survivors(other) for other in range(len(judged.wishes)) if other != row]
    return all(
        not survivors or any(together.objection(build, verdict.build) is None for verdict in survivors)
        for survivors in rows
    )


def _other_companion(failed: Attempt, wish: Wish) -> Iterator[str]:
    """Companions that are held to another release: the version that goes with what else is asked."""
    for requirement in wish.companions:
        if not requirement.specifier:
            continue
        found = attempt(replaced(failed.tried, requirement, freed(requirement)))
        if found.choices:
            build = next(one for one in found.choices[0].builds if one.family is wish.framework)
            version = companion_version(freed(requirement), build)
            yield f'{requirement.name} = "{version or "*"}"   # goes with {build.framework} {build.version}'


def _other_python(failed: Attempt, row: int) -> Iterator[str]:
    """The nearest Python that works, newer ones of two equally near last."""
    mine = failed.judged.pythons
    known = {python for build in _but_for(failed, row, "EP205") for python in pythons_of(build)}
    for python in sorted(known - set(mine), key=lambda one: (abs(one.minor - mine[-1].minor), one)):
        if attempt(with_spec(failed.tried, pythons=(python,))).choices:
            yield f'python = "{python}"'
            return


def _other_driver(failed: Attempt, row: int) -> Iterator[str]:
    """The oldest driver under which a build that was asked for would run."""
    machine, catalog = failed.judged.machine, failed.tried.stock.catalog
    present = machine.nvidia.driver.value if machine.nvidia else None
    wanted: set[Dotted] = set()
    for build in _but_for(failed, row, "EP202", "EP203", "EP209"):
        if build.toolkit and build.variant.kind == "cuda" and machine.of("nvidia"):
            ptx = build.kernels.ptx if build.kernels else ()
            native = queries.native_driver(catalog, build.toolkit, machine.platform.os) if ptx else None
            wanted |= {one for one in (oldest_driver(catalog, machine, build), native) if one}
    for driver in sorted(wanted):
        if present and present.reaches(driver):
            continue
        newer = replace(machine, nvidia=Nvidia(Fact(driver, "tried")), unreadable=())
        found = attempt(replace(failed.tried, machine=newer))
        if found.choices:
            build = found.choices[0].builds[row]
            yield f"install the NVIDIA driver {driver} or newer   # then {build} runs"
            return


def _other_variant(failed: Attempt, row: int) -> Iterator[str]:
    """Another variant of the same version, where one was named or bounded."""
    wish = failed.judged.wishes[row]
    if isinstance(wish.accelerator, (Auto, AnyGpu, CpuOnly)) or not _but_for(failed, row, "EP208"):
        return
    only = len(failed.judged.wishes) == 1
    found = attempt(with_accelerator(failed.tried, wish, AnyGpu(), alone=only))
    if found.choices:
        build = found.choices[0].builds[row]
        remark = f"{build.framework} {build.published}"
        yield accelerator_line(wish, str(build.variant), remark, alone=only)


def _without_gpu(failed: Attempt, row: int) -> Iterator[str]:
    """The CPU, offered only as something the user has to choose."""
    wish = failed.judged.wishes[row]
    if isinstance(wish.accelerator, (CpuOnly, Auto)):
        return
    if not any(build.variant.kind == "cpu" for build in _but_for(failed, row, "EP208", "EP209")):
        return
    only = len(failed.judged.wishes) == 1
    found = attempt(with_accelerator(failed.tried, wish, CpuOnly(), alone=only))
    if not found.choices or found.choices[0].builds[row].variant.kind != "cpu":
        return
    yield accelerator_line(wish, "cpu", "without the GPU", alone=only)
    if not failed.judged.machine.gpus and only:
        yield accelerator_line(wish, "auto", "a GPU where there is one, the CPU here", alone=only)


def _auto_for_all(failed: Attempt) -> Iterator[str]:
    """With several packages: each takes the GPU if a build of it fits, and the CPU if none does."""
    spec = failed.tried.spec
    if len(failed.judged.wishes) < 2 or isinstance(spec.accelerator, (CpuOnly, Auto)):
        return
    if attempt(with_spec(failed.tried, accelerator=Auto())).choices:
        yield 'accelerator = "auto"   # each package on the GPU where it can, else on the CPU'


def _other_system(failed: Attempt, row: int) -> Iterator[str]:
    """A wheel that this system is too old for, or of the wrong family for, would load on another."""
    system = failed.judged.machine.libc
    floors = [
        tag
        for build in _but_for(failed, row, "EP204")
        for wheel in build.wheels
        for tag in wheel.platforms
        if tag.libc == "glibc" and tag.fits(failed.judged.machine.platform)
    ]
    if system is None or not floors:
        return
    if system.value.family == "musl":
        yield "use a system or container image with glibc, such as Debian or Ubuntu, instead of Alpine"
        return
    floor = min((tag.floor for tag in floors if tag.floor), default=None)
    if floor and system.value.version < floor:
        yield f"use a system or container image with glibc {floor} or newer   # here {system}"


def _asked_version(failed: Attempt, row: int) -> Version | None:
    """The newest version the spec's words admit; else the one they name."""
    lead = failed.judged.wishes[row].lead
    assert lead
    admitted = [
        verdict.build.version
        for verdict in failed.judged.verdicts[row]
        if lead.specifier.contains(verdict.build.published, prereleases=True)
    ]
    named = [Version(one.version.removesuffix(".*")) for one in lead.specifier]
    return max(admitted, default=max(named, default=None))


def _described(failed: Attempt, build: Build) -> str:
    floor = oldest_driver(failed.tried.stock.catalog, failed.judged.machine, build)
    text = str(build.variant)
    return f"{text}, driver ≥ {floor}" if floor and build.variant.kind == "cuda" else text

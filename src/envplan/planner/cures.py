"""What would help: each cure is a change that was tried, and that gave a plan."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from packaging.version import Version

from envplan.catalog import queries
from envplan.machine.model import Gpu, Nvidia
from envplan.planner.advice import advice
from envplan.planner.attempt import Attempt, Try, attempt
from envplan.planner.model import Build, Wish
from envplan.planner.rules.asked import companion_version
from envplan.planner.rules.driver import oldest_driver
from envplan.planner.rules.python import pythons_of
from envplan.planner.wishes import everything
from envplan.spec.model import AnyGpu, Auto, CpuOnly, Exactly, Requirement, Spec
from envplan.values.evidence import Fact
from envplan.values.specifiers import specifier
from envplan.values.versions import Dotted

_MOST = 5


def cures(failed: Attempt, row: int) -> tuple[str, ...]:
    """List the changes that work, the smallest first."""
    found: dict[str, None] = {}
    for cure in (
        *_other_python(failed, row),
        *_shared_package(failed, row),
        *_other_driver(failed, row),
        *_other_variant(failed, row),
        *_one_gpu(failed, row),
        *_other_version(failed, row),
        *_advice(failed, row),
        *_without_gpu(failed, row),
    ):
        found.setdefault(cure)
    return tuple(found)[:_MOST]


def _advice(failed: Attempt, row: int) -> Iterator[str]:
    for one in advice(failed.judged, row):
        yield from one.cures


def _shared_package(failed: Attempt, row: int) -> Iterator[str]:
    """Free a package whose bounds stand against the build, and say what it would then get."""
    names = {
        need.name
        for verdict in failed.judged.verdicts[row]
        for reason in verdict.refused
        if reason.code in ("EP206", "EP207")
        for need in (
            *(one for rows in verdict.build.requires for one in rows.requirements),
            *(one.constrain for one in verdict.build.pitfalls),
        )
    }
    for requirement in everything(failed.tried.spec):
        if requirement.name not in names or not requirement.specifier:
            continue
        free = replace(requirement, asked="*", specifier=specifier("*"))
        found = attempt(_replaced(failed.tried, requirement, free))
        if found.choices:
            build = found.choices[0].builds[row]
            bounds = [one.constrain for one in build.pitfalls if one.constrain.name == requirement.name]
            bound = bounds[0].specifier if bounds else "*"
            yield f'{requirement.name} = "{bound}"   # then {build} fits'


def _other_version(failed: Attempt, row: int) -> Iterator[str]:
    """The nearest version that works: the next newer one, else the newest older one."""
    wish = failed.judged.wishes[row]
    lead = wish.lead
    yield from _other_companion(failed, wish)
    if lead is None or not lead.specifier:
        return
    names = {requirement.name for requirement in wish.companions}
    works = sorted(
        {
            build.version
            for build in _but_for(failed, row, "EP201")
            if (not names or (build.release and names <= build.release.companions.keys()))
            and _agrees(failed, row, build)
        }
    )
    if not works:
        return
    asked = _asked_version(failed, row)
    newer = [version for version in works if asked is not None and version > asked]
    target = newer[0] if newer else works[-1]
    series = f"{target.major}.{target.minor}"
    fixed = replace(lead, asked=series, specifier=specifier(series))
    settled = attempt(_freed(failed.tried, wish, fixed))
    if settled.choices:
        build = settled.choices[0].builds[row]
        rank = "the first" if newer and len(works) > 1 else "the last"
        yield f'{lead.name} = "{series}"   # {rank} that fits: {build.version} {_described(failed, build)}'


def _but_for(failed: Attempt, row: int, *codes: str) -> list[Build]:
    """The builds that these codes alone rule out: what a cure could free."""
    return [
        verdict.build
        for verdict in failed.judged.verdicts[row]
        if verdict.refused and verdict.codes <= set(codes)
    ]


def _agrees(failed: Attempt, row: int, build: Build) -> bool:
    """Whether each other wish has a build left that may stand beside this one."""
    judged, together = failed.judged, failed.search.together
    return all(
        other == row
        or not survivors
        or any(together.objection(build, verdict.build) is None for verdict in survivors)
        for other in range(len(judged.wishes))
        for survivors in [judged.survivors(other)]
    )


def _other_companion(failed: Attempt, wish: Wish) -> Iterator[str]:
    """Companions that are held to another release: the version that goes with what else is asked."""
    for requirement in wish.companions:
        if not requirement.specifier:
            continue
        free = replace(requirement, asked="*", specifier=specifier("*"))
        found = attempt(_replaced(failed.tried, requirement, free))
        if found.choices:
            build = next(one for one in found.choices[0].builds if one.family is wish.framework)
            version = companion_version(free, build)
            yield f'{requirement.name} = "{version or "*"}"   # goes with {build.framework} {build.version}'


def _other_python(failed: Attempt, row: int) -> Iterator[str]:
    """The nearest Python that works, newer ones of two equally near last."""
    mine = failed.judged.pythons
    known = {python for build in _but_for(failed, row, "EP205") for python in pythons_of(build)}
    for python in sorted(known - set(mine), key=lambda one: (abs(one.minor - mine[-1].minor), one)):
        if attempt(_with_spec(failed.tried, pythons=(python,))).choices:
            yield f'python = "{python}"'
            return


def _other_driver(failed: Attempt, row: int) -> Iterator[str]:
    """The oldest driver under which a build that was asked for would run."""
    machine, catalog = failed.judged.machine, failed.tried.stock.catalog
    if not machine.of("nvidia"):
        return
    present = machine.nvidia.driver.value if machine.nvidia else None
    wanted: set[Dotted] = set()
    generations = [queries.architecture(catalog, gpu.compute) for gpu in machine.of("nvidia") if gpu.compute]
    known = [queries.native_driver(catalog, one.first, machine.platform.os) for one in generations if one]
    for build in _but_for(failed, row, "EP202", "EP203", "EP209"):
        if build.toolkit and build.variant.kind == "cuda":
            ptx = build.kernels.ptx if build.kernels else ()
            native = queries.native_driver(catalog, build.toolkit, machine.platform.os) if ptx else None
            wanted |= {one for one in (oldest_driver(catalog, machine, build), native, *known) if one}
    for driver in sorted(wanted):
        if present and driver <= present:
            continue
        newer = replace(machine, nvidia=Nvidia(Fact(driver, "tried")), unreadable=())
        found = attempt(replace(failed.tried, machine=newer))
        if found.choices:
            build = found.choices[0].builds[row]
            yield f"install the NVIDIA driver {driver} or newer   # then {build} runs"
            return


def _other_variant(failed: Attempt, row: int) -> Iterator[str]:
    """Another variant of the same version, where one was named or bounded."""
    accelerator = failed.judged.wishes[row].accelerator
    if isinstance(accelerator, (Auto, AnyGpu, CpuOnly)) or not _but_for(failed, row, "EP208"):
        return
    found = attempt(_with_accelerator(failed, row, AnyGpu()))
    if found.choices:
        build = found.choices[0].builds[row]
        yield _accelerator_line(failed, row, str(build.variant), f"{build.framework} {build.published}")


def _without_gpu(failed: Attempt, row: int) -> Iterator[str]:
    """The CPU, offered only as something the user has to choose."""
    if isinstance(failed.judged.wishes[row].accelerator, (CpuOnly, Auto)):
        return
    if not any(build.variant.kind == "cpu" for build in _but_for(failed, row, "EP208", "EP209")):
        return
    found = attempt(_with_accelerator(failed, row, CpuOnly()))
    if not found.choices or found.choices[0].builds[row].variant.kind != "cpu":
        return
    yield _accelerator_line(failed, row, "cpu", "without the GPU")
    if not failed.judged.machine.gpus:
        yield _accelerator_line(failed, row, "auto", "a GPU where there is one, the CPU here")


def alone(failed: Attempt) -> list[tuple[Gpu, Attempt]]:
    """With unlike GPUs in one box: what comes of each kind by itself."""
    machine = failed.judged.machine
    kinds = {gpu.compute: gpu for gpu in reversed(machine.of("nvidia"))}
    if len(kinds) < 2:
        return []
    return [
        (gpu, attempt(replace(failed.tried, machine=replace(machine, gpus=(gpu,)))))
        for gpu in machine.of("nvidia")
        if gpu in kinds.values()
    ]


def _one_gpu(failed: Attempt, row: int) -> Iterator[str]:
    gpus = failed.judged.machine.of("nvidia")
    for gpu, found in alone(failed):
        if found.choices:
            same = ",".join(str(index) for index, one in enumerate(gpus) if one.compute == gpu.compute)
            yield f"CUDA_VISIBLE_DEVICES={same} envplan plan   # {gpu}: {found.choices[0].builds[row]}"


def _accelerator_line(failed: Attempt, row: int, value: str, remark: str) -> str:
    wish = failed.judged.wishes[row]
    lead = wish.lead
    own = lead is not None and (lead.accelerator is not None or len(failed.judged.wishes) > 1)
    if own and lead is not None:
        return f'{lead.name} = {{ version = "{lead.asked}", accelerator = "{value}" }}   # {remark}'
    return f'accelerator = "{value}"   # {remark}'


def _with_accelerator(failed: Attempt, row: int, accelerator: AnyGpu | CpuOnly | Exactly) -> Try:
    wish = failed.judged.wishes[row]
    lead = wish.lead
    if lead is not None and (lead.accelerator is not None or len(failed.judged.wishes) > 1):
        return _replaced(failed.tried, lead, replace(lead, accelerator=accelerator))
    return _with_spec(failed.tried, accelerator=accelerator)


def _freed(tried: Try, wish: Wish, lead: Requirement) -> Try:
    """The lead replaced, and its companions left free to follow it."""
    changed = _replaced(tried, wish.lead, lead)
    for requirement in wish.asked:
        if requirement is not wish.lead:
            free = replace(requirement, asked="*", specifier=specifier("*"))
            changed = _replaced(changed, requirement, free)
    return changed


def _replaced(tried: Try, old: Requirement | None, new: Requirement) -> Try:
    def swap(packages: tuple[Requirement, ...]) -> tuple[Requirement, ...]:
        return tuple(new if old is not None and one.name == old.name else one for one in packages)

    groups = tuple((name, swap(packages)) for name, packages in tried.spec.groups)
    return replace(tried, spec=replace(tried.spec, packages=swap(tried.spec.packages), groups=groups))


def _with_spec(tried: Try, **changes: object) -> Try:
    changed: Spec = replace(tried.spec, **changes)  # type: ignore[arg-type]
    return replace(tried, spec=changed)


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

"""Why a machine cannot be served: the nearest misses, in the words of the rule that stopped them."""

from __future__ import annotations

from collections.abc import Iterable

from envplan.planner.advice import advice
from envplan.planner.attempt import Attempt
from envplan.planner.cures import alone, cures
from envplan.planner.model import Reason, Wish
from envplan.planner.verdict import Verdict
from envplan.problems import Problem, Said
from envplan.spec.model import AnyGpu, Auto, Exactly
from envplan.values.variants import Variant

# Wishes that no machine could change; the others are the machine's.
_WISH = {"EP201", "EP208"}
_ORDER = ["EP211", "EP209", "EP204", "EP205", "EP202", "EP203", "EP206", "EP207"]


def explain(failed: Attempt) -> Problem:
    """Find the wish that fails, and say why."""
    for row in range(len(failed.judged.wishes)):
        if not failed.judged.survivors(row):
            return _of_wish(failed, row)
    return _of_clash(failed)


def _of_wish(failed: Attempt, row: int) -> Problem:
    verdicts = failed.judged.verdicts[row]
    wanted = [v for v in verdicts if not _WISH & v.codes]
    return _of_machine(failed, row, wanted) if wanted else _of_words(failed, row, verdicts)


def _of_machine(failed: Attempt, row: int, wanted: list[Verdict]) -> Problem:
    """Builds of what is asked exist, and the machine runs none of them."""
    wish, machine = failed.judged.wishes[row], failed.judged.machine
    there = [v for v in wanted if not {"EP209"} & v.codes] or wanted
    newest = max(verdict.build.version for verdict in there)
    near = [verdict for verdict in there if verdict.build.version == newest]
    fewest = min(len(verdict.codes) for verdict in near)
    near = [v for v in near if len(v.codes) == fewest]
    codes = {reason.code for verdict in near for reason in verdict.refused}
    code = next((one for one in _ORDER if one in codes), "EP201")
    reasons = [reason for verdict in near for reason in verdict.refused]
    if code == "EP209":
        reasons = _devices(failed, reasons)
    if code == "EP203" and len({gpu.compute for gpu in machine.of("nvidia")}) > 1:
        code = "EP213"
    return Problem(
        code,
        _title(code, wish, failed),
        wanted=_wanted(wish),
        found=_found(code, failed),
        why=_each_gpu(failed, row) if code == "EP213" else _said(reasons),
        cures=cures(failed, row),
    )


def _each_gpu(failed: Attempt, row: int) -> tuple[Said, ...]:
    """What each GPU of an unlike pair would run by itself."""
    lines = []
    for gpu, found in alone(failed):
        runs = str(found.choices[0].builds[row]) if found.choices else "nothing that was asked for"
        lines.append(Said(f"{gpu} alone runs {runs}", gpu.origin))
    return (*lines, Said("no build that was asked for holds code for all of them"))


def _of_words(failed: Attempt, row: int, verdicts: Iterable[Verdict]) -> Problem:
    """No build is what the words ask, on any machine of this platform."""
    wish = failed.judged.wishes[row]
    platform = failed.judged.machine.platform
    known = sorted({verdict.build.version for verdict in verdicts})
    of_version = [v for v in verdicts if not any(reason.code == "EP201" for reason in v.refused)]
    of_variant = [v for v in verdicts if not any(reason.code == "EP208" for reason in v.refused)]
    remarks = tuple(Said(one.text, str(one.evidence)) for one in advice(failed.judged, row))
    if not known:
        title, why = f"{wish.framework.name} has no wheels for {platform} that envplan knows of", remarks
    elif not of_version:
        title, why = _no_version(failed, row, wish), _said(_version_reasons(verdicts))
        why = (*why, Said(f"known for {platform}: {known[0]} to {known[-1]}", _sources(failed)), *remarks)
    else:
        asked = "GPU" if isinstance(wish.accelerator, AnyGpu) else str(wish.accelerator)
        title = f"{wish.words} has no {asked} build for {platform}"
        why = (*_comes_as(of_version), *_built_for(wish, of_variant), *remarks)
    code = "EP201" if known and (of_version or _admitted(wish, failed)) else "EP210"
    return Problem(code, title, wanted=_wanted(wish), why=why, cures=cures(failed, row))


def _no_version(failed: Attempt, row: int, wish: Wish) -> str:
    platform = failed.judged.machine.platform
    if _admitted(wish, failed):
        return f"{wish.words} has no wheels for {platform}"
    others = [one for one in wish.asked if one is not wish.lead and one.specifier]
    if others and (wish.lead is None or not wish.lead.specifier):
        return f"no release of {wish.framework.lead} goes with {' and '.join(map(str, others))}"
    return f"envplan knows no {wish.words} for {platform}"


def _admitted(wish: Wish, failed: Attempt) -> bool:
    """Whether the version exists at all, be it for other platforms or with other companions."""
    lead = wish.lead
    if lead is None:
        return False
    projects = {(way.index, way.project) for way in wish.framework.ways}
    listing = failed.tried.stock.catalog.listing
    return any(
        lead.specifier.contains(version.partition("+")[0], prereleases=True)
        for projects_of in listing.values()
        for project, versions in projects_of.items()
        if any(project == named for _, named in projects)
        for version in versions
    )


def _version_reasons(verdicts: Iterable[Verdict]) -> list[Reason]:
    """Words about companions are worth saying; that other versions are other versions is not."""
    return [
        reason
        for verdict in verdicts
        for reason in verdict.refused
        if reason.code == "EP201" and (" goes with " in reason.text or " has no " in reason.text)
    ]


def _comes_as(verdicts: list[Verdict]) -> tuple[Said, ...]:
    newest = max(verdict.build.version for verdict in verdicts)
    builds = [verdict.build for verdict in verdicts if verdict.build.version == newest]
    names = ", ".join(str(build.variant) for build in sorted(builds, key=lambda build: build.variant))
    return (Said(f"{builds[0].framework} {newest} comes as {names}", str(builds[0].wheels[0].evidence)),)


def _built_for(wish: Wish, verdicts: list[Verdict]) -> tuple[Said, ...]:
    """Where the variant that was named does exist."""
    if not isinstance(wish.accelerator, Exactly) or not verdicts:
        return ()
    variant: Variant = wish.accelerator.variant
    versions = sorted({verdict.build.version for verdict in verdicts})
    span = str(versions[0]) if len(versions) == 1 else f"{versions[0]} to {versions[-1]}"
    evidence = str(verdicts[0].build.wheels[0].evidence)
    return (Said(f"{variant} was built for {wish.framework.name} {span}", evidence),)


def _of_clash(failed: Attempt) -> Problem:
    """Each wish can be had alone, but not together."""
    judged = failed.judged
    names = " and ".join(wish.words for wish in judged.wishes)
    objections = list(dict.fromkeys(failed.search.objections.values()))
    found: dict[str, None] = {}
    for row in range(len(judged.wishes)):
        for cure in cures(failed, row):
            found.setdefault(cure)
    return Problem(
        "EP206",
        f"{names} cannot share an environment here",
        wanted=tuple(line for wish in judged.wishes for line in _wanted(wish)),
        why=_said(objections)[:4],
        cures=tuple(found)[:5],
    )


def _devices(failed: Attempt, reasons: list[Reason]) -> list[Reason]:
    """One line for all kinds of GPU that are not there, where there is none at all."""
    machine = failed.judged.machine
    asks_any = all(isinstance(wish.accelerator, AnyGpu) for wish in failed.judged.wishes)
    if machine.gpus or machine.nvidia or not asks_any or machine.platform.os == "macos":
        return reasons
    return [Reason("EP209", "no NVIDIA, AMD or Intel GPU was found", machine.origin)]


def _title(code: str, wish: Wish, failed: Attempt) -> str:
    machine = failed.judged.machine
    pythons = " and ".join(str(python) for python in failed.judged.pythons)
    match code:
        case "EP211":
            return f"the GPUs of {machine.name} could not be read"
        case "EP209" if machine.of("nvidia") and machine.nvidia is None:
            return "the GPU has no driver"
        case "EP209":
            return f"{wish.words} on {wish.accelerator}: {machine.name} has no GPU for it"
        case "EP202":
            return f"the NVIDIA driver is too old for {wish.words}"
        case "EP203":
            return f"{wish.words} has no build that runs on this GPU"
        case "EP213":
            return f"no single build of {wish.words} runs on every GPU of {machine.name}"
        case "EP204":
            return f"{wish.words} does not run on this system"
        case "EP205":
            return f"{wish.words} has no wheels for Python {pythons} on {machine.platform}"
        case "EP207":
            return f"{wish.words} breaks with another package of the spec"
        case _:
            return f"{wish.words} does not go with another package of the spec"


def _wanted(wish: Wish) -> tuple[Said, ...]:
    lead = wish.lead or (wish.asked[0] if wish.asked else None)
    origin = lead.origin if lead else "brought along by another package"
    lines = [Said(wish.words, origin)]
    if not isinstance(wish.accelerator, Auto):
        lines.append(Said(f"on {wish.accelerator}", wish.accelerator_origin))
    return tuple(lines)


def _found(code: str, failed: Attempt) -> tuple[Said, ...]:
    machine = failed.judged.machine
    gpus = tuple(Said(str(gpu), gpu.origin) for gpu in machine.gpus)
    driver: tuple[Said, ...] = ()
    if machine.nvidia:
        driver = (Said(f"NVIDIA driver {machine.nvidia.driver}", machine.nvidia.driver.origin),)
    match code:
        case "EP202":
            return driver
        case "EP203" | "EP213" | "EP209":
            return (*gpus, *driver) or (Said("no GPU", machine.origin),)
        case "EP211":
            return tuple(Said(one.title) for one in machine.unreadable) or gpus
        case "EP204":
            system = machine.libc or machine.macos
            return (Said(f"{machine.platform}, {system}", system.origin),) if system else gpus
        case "EP205":
            pythons = ", ".join(str(python) for python in failed.judged.pythons)
            return (Said(f"Python {pythons}", failed.tried.spec.python_origin),)
        case _:
            return ()


def _said(reasons: Iterable[Reason]) -> tuple[Said, ...]:
    return tuple(dict.fromkeys(Said(reason.text, reason.origin) for reason in reasons))[:6]


def _sources(failed: Attempt) -> str:
    snapshots = failed.tried.stock.catalog.snapshots
    return f"listings of {max(one.seen for one in snapshots)}" if snapshots else ""

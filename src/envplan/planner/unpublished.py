"""Why no build is what the words ask, whatever the machine: what was never published."""

from __future__ import annotations

from collections.abc import Iterable

from envplan.planner.advice import advice
from envplan.planner.attempt import Attempt
from envplan.planner.by_name import contradiction
from envplan.planner.cures import cures
from envplan.planner.model import Reason, Wish
from envplan.planner.verdict import Verdict
from envplan.planner.wording import gpu_lines, said, wanted_lines
from envplan.problems import Problem, Said
from envplan.spec.model import AnyGpu, Auto, Exactly
from envplan.values.variants import Variant

_KINDS_ASKED: dict[type, str] = {AnyGpu: "GPU ", Auto: ""}


def unpublished(failed: Attempt, row: int) -> Problem:
    """Say which part of the wish is the one that was never made."""
    wish, platform = failed.judged.wishes[row], failed.judged.machine.platform
    verdicts = failed.judged.verdicts[row]
    remarks = tuple(Said(one.text, str(one.evidence)) for one in advice(failed.judged, row))
    code = "EP201"
    if not verdicts:
        title, why = f"{wish.words} has no wheels for {platform} that envplan knows of", remarks
    elif fits := [verdict for verdict in verdicts if "EP201" not in verdict.codes]:
        title, why = _no_variant(failed, row, fits)
    elif asked := [v for v in verdicts if _is_asked(wish, v)]:
        title, why = _no_companion(wish, asked)
    elif local := [v for v in verdicts if _is_asked_but_for_its_local_part(wish, v)]:
        title, why = f"there is no {wish.words}", _comes_as(local)
    else:
        code = "EP201" if _exists(wish, failed) else "EP210"
        title, why = _no_version(wish, failed, verdicts)
    why = tuple(dict.fromkeys((*why, *remarks)))
    return Problem(code, title, wanted=wanted_lines(wish), why=why, cures=cures(failed, row))


def no_build_for(failed: Attempt, row: int, vendor: str, wanted: list[Verdict]) -> Problem:
    """What is asked for exists, but not for the GPUs of this vendor."""
    wish = failed.judged.wishes[row]
    remarks = tuple(Said(one.text, str(one.evidence)) for one in advice(failed.judged, row))
    return Problem(
        "EP201",
        f"{wish.words} has no build for {vendor} GPUs",
        wanted=wanted_lines(wish),
        found=gpu_lines(failed.judged.machine.gpus),
        why=(*_comes_as(wanted), *remarks),
        cures=cures(failed, row),
    )


def _no_variant(failed: Attempt, row: int, fits: list[Verdict]) -> tuple[str, tuple[Said, ...]]:
    """The version is there, in other variants."""
    wish, platform = failed.judged.wishes[row], failed.judged.machine.platform
    if found := contradiction(wish, fits):
        return found
    asked = _KINDS_ASKED.get(type(wish.accelerator), f"{wish.accelerator} ")
    others = [verdict for verdict in failed.judged.verdicts[row] if "EP208" not in verdict.codes]
    title = f"{wish.words} has no {asked}build for {platform}"
    return title, (*_comes_as(fits), *_built_for(wish, others))


def _no_companion(wish: Wish, asked: list[Verdict]) -> tuple[str, tuple[Said, ...]]:
    """The version is there, but the packages named beside it belong to other releases."""
    fewest = min(len(_misfits(verdict)) for verdict in asked)
    nearest = [verdict for verdict in asked if len(_misfits(verdict)) == fewest][:3]
    names = " and ".join(str(one) for one in wish.companions if one.specifier) or wish.companions[0].name
    if wish.lead and wish.lead.specifier:
        title = f"{wish.words} does not go with {names}"
    else:
        title = f"no release of {wish.framework.lead} goes with {names}"
    return title, said(reason for verdict in nearest for reason in _misfits(verdict))


def _no_version(wish: Wish, failed: Attempt, verdicts: Iterable[Verdict]) -> tuple[str, tuple[Said, ...]]:
    platform = failed.judged.machine.platform
    known = sorted({verdict.build.version for verdict in verdicts})
    snapshots = failed.tried.stock.catalog.snapshots
    seen = f"listings of {max(one.seen for one in snapshots)}" if snapshots else ""
    exists = _exists(wish, failed)
    title = f"{wish.words} has no wheels for {platform}" if exists else f"envplan knows no {wish.words}"
    return title, (Said(f"known for {platform}: {known[0]} to {known[-1]}", seen),)


def _is_asked(wish: Wish, verdict: Verdict) -> bool:
    lead = wish.lead
    return lead is None or lead.specifier.contains(verdict.build.published, prereleases=True)


def _is_asked_but_for_its_local_part(wish: Wish, verdict: Verdict) -> bool:
    """2.2.2+cu124 was never built; 2.2.2 was, in other variants."""
    publics = {one.version.partition("+")[0] for one in wish.lead.specifier} if wish.lead else set()
    return str(verdict.build.version) in publics


def _exists(wish: Wish, failed: Attempt) -> bool:
    """Whether the version exists at all, be it for other platforms."""
    projects = {way.project for way in wish.framework.ways}
    return wish.lead is not None and any(
        wish.lead.specifier.contains(version.partition("+")[0], prereleases=True)
        for listed in failed.tried.stock.catalog.listing.values()
        for project in projects & listed.keys()
        for version in listed[project]
    )


def _misfits(verdict: Verdict) -> list[Reason]:
    return [reason for reason in verdict.refused if reason.code == "EP201"]


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

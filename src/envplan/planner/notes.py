"""What must be said of a plan that holds: doubts, bounds, a GPU left unused, an older version chosen."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator

from envplan.planner.advice import advice
from envplan.planner.choose import Choice, Judged, Search
from envplan.planner.model import Build, Constraint
from envplan.planner.verdict import Verdict
from envplan.planner.wishes import everything
from envplan.planner.wording import gpu_lines
from envplan.problems import Problem, Said
from envplan.spec.model import Auto, Spec


def notes(
    judged: Judged, search: Search, choice: Choice, bounds: Iterable[Constraint]
) -> tuple[Problem, ...]:
    """Collect the warnings first, then the remarks."""
    found = [
        *_unused_gpu(judged, choice),
        *_held_back(judged, search, choice),
        *_doubts(choice.verdicts),
        *_bounds(bounds),
        *_remarks(choice.verdicts),
    ]
    return tuple(dict.fromkeys(found))


def _unused_gpu(judged: Judged, choice: Choice) -> Iterator[Problem]:
    """`auto` gave the CPU although there is a GPU: that is never silent."""
    machine = judged.machine
    if machine.platform.os == "macos" or not (machine.gpus or machine.nvidia or machine.unreadable):
        return
    for row, (wish, verdict) in enumerate(zip(judged.wishes, choice.verdicts, strict=True)):
        if verdict.build.variant.kind != "cpu" or not isinstance(wish.accelerator, Auto):
            continue
        why = [
            Said(reason.text, reason.origin)
            for refused in near_misses(judged, row)
            for reason in refused.refused
        ]
        if all(reason.code == "EP209" for refused in near_misses(judged, row) for reason in refused.refused):
            # No build is for GPUs like these, or for this platform: the catalog knows why, if anybody does.
            why = [Said(one.text, str(one.evidence)) for one in advice(judged, row)] or why
        gpus = gpu_lines(machine.gpus)
        yield Problem(
            "EP222",
            f"{verdict.build.framework} will run on the CPU: no GPU build of it fits this machine",
            found=gpus or tuple(Said(one.title) for one in machine.unreadable),
            why=tuple(dict.fromkeys(why))[:4],
            cures=('accelerator = "gpu"   # to be told what would be needed instead',),
            severity="warning",
        )


def left_to_the_lock(spec: Spec) -> Iterator[Problem]:
    """What the spec says that a plan does not act on, so that nobody thinks it did."""
    if not everything(spec):
        yield Problem("EP225", "the spec asks for no packages", cures=("envplan add torch",), severity="note")
    if spec.options.exclude_newer:
        yield Problem(
            "EP225",
            f"exclude-newer {spec.options.exclude_newer} is not looked at here",
            found=(Said("", f"{spec.origin}: options.exclude-newer"),),
            why=(Said("the listings that ship with envplan hold no dates; locking asks the indexes"),),
            severity="note",
        )
    if spec.profiles:
        yield Problem(
            "EP225",
            "the profiles of the spec are not planned for unless they are named",
            found=(Said(", ".join(spec.profiles), f"{spec.origin}: targets.profiles"),),
            cures=("envplan plan " + " ".join(f"--for {shlex.quote(one)}" for one in spec.profiles),),
            severity="note",
        )


def near_misses(judged: Judged, row: int) -> list[Verdict]:
    """The accelerated builds that came closest: a kind the machine has, the version asked, fewest reasons."""
    builds = [verdict for verdict in judged.verdicts[row] if verdict.build.variant.kind != "cpu"]
    asked = [v for v in builds if not any(reason.code in ("EP201", "EP208") for reason in v.refused)]
    there = [v for v in asked if not any(reason.code == "EP209" for reason in v.refused)] or asked
    newest = max((verdict.build.version for verdict in there), default=None)
    closest = [verdict for verdict in there if verdict.build.version == newest]
    fewest = min((len(verdict.refused) for verdict in closest), default=0)
    return [verdict for verdict in closest if len(verdict.refused) == fewest]


def _held_back(judged: Judged, search: Search, choice: Choice) -> Iterator[Problem]:
    """A newer version would run here by itself, but not beside the others."""
    for row, chosen in enumerate(choice.verdicts):
        same_kind = [v for v in judged.survivors(row) if v.build.variant.kind == chosen.build.variant.kind]
        newest = max(verdict.build.version for verdict in same_kind)
        if newest == chosen.build.version or not judged.wishes[row].asked:
            continue
        newer = next(verdict.build for verdict in same_kind if verdict.build.version == newest)
        objections = [
            objection
            for other in choice.builds
            if other is not chosen.build and (objection := search.together.objection(other, newer))
        ]
        if not objections:
            continue
        beside = " and ".join(f"{b.framework} {b.version}" for b in choice.builds if b is not chosen.build)
        yield Problem(
            "EP206",
            f"{chosen.build.framework} {chosen.build.version}, not {newest}: newer ones clash with {beside}",
            why=tuple(Said(one.text, one.origin) for one in objections),
            cures=tuple(_agreeing(judged, search, choice, row, newer)),
            severity="warning",
        )


def _agreeing(judged: Judged, search: Search, choice: Choice, row: int, newer: Build) -> Iterator[str]:
    """For each other package held to a version: the nearest newer one that goes with the newest of this."""
    for other, (wish, mine) in enumerate(zip(judged.wishes, choice.builds, strict=True)):
        if other == row or wish.lead is None or not wish.lead.specifier:
            continue
        freed = [
            verdict.build
            for verdict in judged.verdicts[other]
            if verdict.codes <= {"EP201"} and verdict.build.version > mine.version
        ]
        goes = [build for build in freed if search.together.objection(build, newer) is None]
        if goes:
            version = min(build.version for build in goes)
            yield (
                f'{wish.lead.name} = "{version.major}.{version.minor}"'
                f"   # then {newer.framework} can be {newer.version}"
            )


def _doubts(verdicts: Iterable[Verdict]) -> Iterator[Problem]:
    for verdict in verdicts:
        for doubt in verdict.doubts:
            yield Problem(
                doubt.code,
                f"not certain: {doubt.text}",
                found=(Said("", doubt.origin),) if doubt.origin else (),
                severity="warning",
            )


def _bounds(bounds: Iterable[Constraint]) -> Iterator[Problem]:
    for bound in bounds:
        yield Problem(
            "EP224",
            f"{bound.requirement} is added to the plan",
            why=(Said(bound.why, bound.origin),),
            cures=(f'ignore-pitfalls = ["{bound.id}"]   # under [options], to go without it',),
            severity="note",
        )


def _remarks(verdicts: Iterable[Verdict]) -> Iterator[Problem]:
    for verdict in verdicts:
        for reason in verdict.reasons:
            if reason.weight == "note":
                yield Problem(reason.code, reason.text, found=(Said("", reason.origin),), severity="note")

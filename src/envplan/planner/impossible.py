"""Why a machine cannot be served: the nearest misses, in the words of the rule that stopped them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from envplan.planner.attempt import Attempt, attempt
from envplan.planner.changes import typed, with_spec
from envplan.planner.cures import ELSEWHERE, LAST_RESORT, cures
from envplan.planner.model import Reason, Wish
from envplan.planner.rules.device import VENDORS
from envplan.planner.unlike import alone
from envplan.planner.unpublished import no_build_for, unpublished
from envplan.planner.verdict import Verdict
from envplan.planner.wishes import everything
from envplan.planner.wording import found_lines, said, title, wanted_lines
from envplan.problems import Problem, Said
from envplan.spec.model import AnyGpu, Auto, CpuOnly
from envplan.values.records import replace

# Wishes that no machine could change; the others are the machine's.
_WISH = {"EP201", "EP208"}
_ORDER = ["EP211", "EP209", "EP210", "EP204", "EP205", "EP202", "EP203", "EP206", "EP207"]


def explain(failed: Attempt) -> Problem:
    """Find the wish that fails, and say why."""
    stuck = []
    for row in range(len(failed.judged.wishes)):
        if problem := _named_twice(failed, row):
            return problem
        if not failed.judged.survivors(row):
            stuck.append(row)
    if not stuck:
        return _of_clash(failed)
    problem = _of_wish(failed, stuck[0])
    if problem.cures != (LAST_RESORT,):
        return problem
    return _of_several(failed, stuck) or _in_two_steps(failed, problem)


def _in_two_steps(failed: Attempt, problem: Problem) -> Problem:
    """No one change helps; under auto, one may."""
    spec = failed.tried.spec
    if isinstance(spec.accelerator, (Auto, CpuOnly)):
        return problem
    under_auto = attempt(with_spec(failed.tried, accelerator=Auto()))
    further = () if under_auto.choices else explain(under_auto).cures
    if not further or further[0] in (LAST_RESORT, ELSEWHERE):
        return problem
    return replace(problem, cures=(_together(('accelerator = "auto"', further[0])),))


def _together(lines: Iterable[str]) -> str:
    """One line for changes that help only all at once; it begins with no change, lest one be tried alone."""
    return f"together: {' and '.join(line.split('   #')[0] for line in lines)}"


def _of_several(failed: Attempt, stuck: list[int]) -> Problem | None:
    """Several wishes fail, each for a reason of its own, so that no one change helps: each gets its own."""
    wishes = failed.judged.wishes
    problems = []
    for row in stuck:
        dropped = {one.name for other in stuck if other != row for one in wishes[other].asked}
        if not dropped or not wishes[row].asked:
            continue
        packages = tuple(one for one in failed.tried.spec.packages if one.name not in dropped)
        groups = tuple(
            (name, tuple(one for one in group if one.name not in dropped))
            for name, group in failed.tried.spec.groups
        )
        alone = attempt(with_spec(failed.tried, packages=packages, groups=groups))
        if not alone.choices:
            problems.append(explain(alone))
    others = [one for one in problems[1:] if one.code != problems[0].code]
    if not others:
        return None  # one reason for all of them: no change of one would help
    first = problems[0]
    found = tuple(
        dict.fromkeys(one.cures[0] for one in problems if one.cures[0] not in (LAST_RESORT, ELSEWHERE))
    )
    if found and _help_together(failed, found):
        found = (_together(found),) if len(found) > 1 else found
    else:
        found = (ELSEWHERE if any(ELSEWHERE in one.cures for one in problems) else LAST_RESORT,)
    besides = tuple(Said(f"besides, {one.title}: that takes a change of its own") for one in others)
    return replace(first, why=(*first.why, *besides), cures=found)


def _help_together(failed: Attempt, lines: Iterable[str]) -> bool:
    """Whether a plan comes of all these lines; of what is no change to a spec nobody can tell."""
    tried = failed.tried
    for line in lines:
        changed = typed(tried, line)
        if changed is None:
            return True
        tried = changed
    return bool(attempt(tried).choices)


def _named_twice(failed: Attempt, row: int) -> Problem | None:
    """Two names in the spec that overwrite each other, in whatever version."""
    named = {one.name: one for one in everything(failed.judged.spec)}
    for clash in failed.judged.wishes[row].framework.clashes:
        one, other = clash.between
        if one.specifier or other.specifier or not {one.name, other.name} <= named.keys():
            continue
        return Problem(
            "EP206",
            f"{one.name} and {other.name} cannot share an environment",
            wanted=tuple(Said(str(named[name]), named[name].origin) for name in (one.name, other.name)),
            why=(Said(clash.why, str(clash.evidence)),),
            cures=clash.cures,
        )
    return None


def _of_wish(failed: Attempt, row: int) -> Problem:
    verdicts = failed.judged.verdicts[row]
    wanted = [v for v in verdicts if not _WISH & v.codes]
    if wanted and (vendor := _unserved(failed, failed.judged.wishes[row], wanted)):
        return no_build_for(failed, row, vendor, wanted)
    return _of_machine(failed, row, wanted) if wanted else unpublished(failed, row)


def _unserved(failed: Attempt, wish: Wish, wanted: list[Verdict]) -> str | None:
    """The vendor of the machine's GPUs, if "gpu" is asked for and all there is was made for others' GPUs."""
    if not isinstance(wish.accelerator, AnyGpu):
        return None
    vendors = {gpu.vendor for gpu in failed.judged.machine.gpus}
    served = {VENDORS[v.build.variant.kind][0] for v in wanted if v.build.variant.kind in VENDORS}
    names = dict(VENDORS.values())
    lacking = [names[vendor] for vendor in sorted(vendors) if vendor in names]
    return lacking[0] if lacking and not vendors & served else None


def _of_machine(failed: Attempt, row: int, wanted: list[Verdict]) -> Problem:
    """Builds of what is asked exist, and the machine runs none of them."""
    wish, machine = failed.judged.wishes[row], failed.judged.machine
    there = [v for v in wanted if "EP209" not in v.codes] or wanted
    # That there are no wheels for a Python is the news only where no build has any.
    there = [v for v in there if "EP205" not in v.codes] or there
    fewest = min(len(verdict.codes) for verdict in there)
    near = [verdict for verdict in there if len(verdict.codes) == fewest]
    newest = max(verdict.build.version for verdict in near)
    near = [verdict for verdict in near if verdict.build.version == newest]
    codes = {reason.code for verdict in near for reason in verdict.refused}
    code = next((one for one in _ORDER if one in codes), "EP201")
    reasons = [reason for verdict in near for reason in verdict.refused]
    if code == "EP209":
        reasons = _devices(failed, reasons)
    reasons = _unlike(reasons)
    if code == "EP203" and len({gpu.compute for gpu in machine.of("nvidia")}) > 1:
        code = "EP213"
    return Problem(
        code,
        title(code, wish, failed, near),
        wanted=wanted_lines(wish),
        found=found_lines(code, failed),
        why=_each_gpu(failed, row) if code == "EP213" else said(reasons),
        cures=cures(failed, row),
    )


def _each_gpu(failed: Attempt, row: int) -> tuple[Said, ...]:
    """What each GPU of an unlike pair would run by itself."""
    lines = []
    for gpu, found in alone(failed, "nvidia"):
        runs = str(found.choices[0].builds[row]) if found.choices else "nothing that was asked for"
        lines.append(Said(f"{gpu} alone runs {runs}", gpu.origin))
    return (*lines, Said("no build that was asked for holds code for all of them"))


def _of_clash(failed: Attempt) -> Problem:
    """Each wish can be had alone, but not together."""
    judged = failed.judged
    names = " and ".join(wish.words for wish in judged.wishes)
    objections = _unlike(failed.search.objections.values())
    found = dict.fromkeys(cure for row in range(len(judged.wishes)) for cure in cures(failed, row))
    if len(found) > 1:
        found.pop(LAST_RESORT, None)
    return Problem(
        "EP206",
        f"{names} cannot share an environment here",
        wanted=tuple(dict.fromkeys(line for wish in judged.wishes for line in wanted_lines(wish))),
        why=said(objections)[:4],
        cures=tuple(found)[:5],
    )


def _unlike(objections: Iterable[Reason]) -> list[Reason]:
    """Objections that say something new: not the same words about another patch release."""
    found: dict[str, Reason] = {}
    for one in objections:
        found.setdefault(re.sub(r"[0-9]+(\.[0-9]+)+|cu[0-9]+", "", one.text), one)
    return list(found.values())


def _devices(failed: Attempt, reasons: list[Reason]) -> list[Reason]:
    """One line for all kinds of GPU that are not there, where there is none at all."""
    machine = failed.judged.machine
    asks_any = all(isinstance(wish.accelerator, AnyGpu) for wish in failed.judged.wishes)
    if machine.gpus or machine.nvidia or not asks_any or machine.platform.os == "macos":
        # What is missing of vendors that are not there is no news beside a GPU that lacks its driver.
        news = [reason for reason in reasons if not reason.text.startswith("no ")]
        return news or reasons
    return [Reason("EP209", "no NVIDIA, AMD or Intel GPU was found", machine.origin)]

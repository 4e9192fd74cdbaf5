"""A plan as people read it, and as programs do."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from envplan.catalog.places import DEFAULT_INDEX
from envplan.cli.views.columns import columns
from envplan.machine.model import Machine
from envplan.planner.model import Impossible, Outcome, Pin, Planned
from envplan.planner.plan import verdicts_by_rank
from envplan.planner.verdict import Verdict
from envplan.problems import Problem
from envplan.values.records import replace
from envplan.verbs.plan import PlanMade


def plan_problems(made: PlanMade) -> tuple[Problem, ...]:
    """All problems; with several machines each names those it is about. Errors come last, to be seen."""
    several = len(made.plan.outcomes) > 1
    machines: dict[Problem, list[Machine]] = {}
    for outcome in made.plan.outcomes:
        own = (outcome.problem,) if isinstance(outcome, Impossible) else outcome.problems
        for problem in own:
            machines.setdefault(problem, []).append(outcome.machine)
    found = [_named(problem, those) if several else problem for problem, those in machines.items()]
    order = {"note": 0, "warning": 1, "error": 2}
    return tuple(
        sorted([*made.told, *found, *made.plan.problems], key=lambda problem: order[problem.severity])
    )


def plan_json(made: PlanMade) -> dict[str, Any]:
    """The shape promised in schemas/output.schema.json."""
    return {
        "spec": made.spec.origin,
        "machines": [_machine_json(outcome) for outcome in made.plan.outcomes],
        "fewest": [variant.name for variant in made.plan.fewest],
        "left_out": [outcome.machine.name for outcome in made.plan.left_out],
        "listings": [
            {"source": one.source, "seen": one.seen, "method": one.method} for one in made.snapshots
        ],
    }


def plan_text(made: PlanMade, *, why: bool) -> str:
    """One machine in full, or several as a table."""
    outcomes = made.plan.outcomes
    parts = [_one(outcomes[0])] if len(outcomes) == 1 else [_table(made)]
    if why:
        parts += [_candidates(outcome) for outcome in outcomes]
    if made.snapshots and made.plan.left_out != outcomes:
        parts.append(_age(made))
    return "\n\n".join(part for part in parts if part)


def _named(problem: Problem, machines: list[Machine]) -> Problem:
    names = ", ".join(machine.name for machine in machines)
    return problem if names in problem.title else replace(problem, title=f"{names}: {problem.title}")


def _machine_json(outcome: Outcome) -> dict[str, Any]:
    candidates = [_candidate_json(verdict) for verdict in verdicts_by_rank(outcome)]
    common: dict[str, Any] = {"name": outcome.machine.name, "platform": str(outcome.machine.platform)}
    match outcome:
        case Impossible():
            empty: dict[str, Any] = {"variant": None, "packages": {}, "candidates": candidates}
            return {**common, "outcome": "impossible", **empty, "problem": outcome.problem.as_json()}
        case Planned():
            return {
                **common,
                "outcome": "planned",
                "variant": outcome.variant.name,
                "python": [str(python) for python in outcome.pythons],
                "packages": {pin.name: _pin_json(pin) for pin in outcome.pins},
                "constraints": [
                    {"id": one.id, "requirement": one.requirement, "why": one.why, "origin": one.origin}
                    for one in outcome.constraints
                ],
                "serving": [variant.name for variant in outcome.serving],
                "candidates": candidates,
            }


def _candidate_json(verdict: Verdict) -> dict[str, Any]:
    return {
        "variant": verdict.build.variant.name,
        "framework": verdict.build.framework,
        "version": str(verdict.build.published),
        "index": verdict.build.index,
        "verdict": _word(verdict),
        "reasons": [
            {"code": one.code, "text": one.text, "origin": one.origin, "weight": one.weight}
            for one in verdict.reasons
        ],
    }


def _pin_json(pin: Pin) -> dict[str, Any]:
    return {"version": pin.version, "index": pin.index, "exact": pin.exact, "extras": list(pin.extras)}


def _word(verdict: Verdict) -> str:
    if verdict.refused:
        return "refused"
    return "doubtful" if verdict.doubts else "fits"


def _one(outcome: Outcome) -> str:
    if isinstance(outcome, Impossible):
        return ""
    lines = [f"{outcome.machine.name}: {_describe(outcome.machine)}", ""]
    lines.append(f"  variant  {_variant(outcome)}")
    lines.append(f"  python   {', '.join(str(python) for python in outcome.pythons)}")
    lines.append("")
    names = [pin.name + (f"[{','.join(pin.extras)}]" if pin.extras else "") for pin in outcome.pins]
    width = max([len(name) for name in names], default=0)
    versions = max([len(pin.version) for pin in outcome.pins], default=0)
    for name, pin in zip(names, outcome.pins, strict=True):
        lines.append(f"  {name:<{width}}  {pin.version:<{versions}}  {_index(pin)}")
    return "\n".join(line.rstrip() for line in lines)


def _index(pin: Pin) -> str:
    index = {DEFAULT_INDEX: "default index", "local": "beside the spec"}.get(pin.index, pin.index)
    return index if pin.exact else f"{index}; the lock will choose"


def _variant(outcome: Planned) -> str:
    text = outcome.variant.name
    machine = outcome.machine
    has_gpu = machine.platform.arch == "aarch64" or bool(machine.of("amd"))
    if machine.platform.os == "macos" and has_gpu and any(build.way.metal for build in outcome.builds):
        text += " (drives the Mac's GPU through MPS)"
    others = [variant.name for variant in outcome.serving if variant != outcome.variant]
    return f"{text}   (these versions would run here as {', '.join(others)} too)" if others else text


def _describe(machine: Machine) -> str:
    parts = [str(machine.platform)]
    if machine.libc:
        parts.append(str(machine.libc))
    if machine.macos:
        parts.append(f"macOS {machine.macos}")
    counts: dict[str, int] = {}
    for gpu in machine.gpus:
        counts[str(gpu)] = counts.get(str(gpu), 0) + 1
    parts += [f"{count} x {name}" if count > 1 else name for name, count in counts.items()] or ["no GPU"]
    if machine.nvidia:
        parts.append(f"driver {machine.nvidia.driver}")
    return ", ".join(parts)


def _table(made: PlanMade) -> str:
    """Machines down, variants across."""
    outcomes = made.plan.outcomes
    variants = sorted(
        {variant for one in outcomes if isinstance(one, Planned) for variant in one.serving}, reverse=True
    )
    rows = [["machine", *(variant.name for variant in variants), "chosen"]]
    for outcome in outcomes:
        if isinstance(outcome, Impossible):
            rows.append([outcome.machine.name, *("" for _ in variants), f"none ({outcome.problem.code})"])
        else:
            marks = ("yes" if variant in outcome.serving else "·" for variant in variants)
            builds = ", ".join(f"{pin.name} {pin.version}" for pin in outcome.pins if pin.exact)
            rows.append([outcome.machine.name, *marks, builds or outcome.variant.name])
    lines = columns(rows)
    if made.plan.fewest:
        names = ", ".join(variant.name for variant in made.plan.fewest)
        lines += ["", f"fewest variants that serve them all: {names}"]
    if made.plan.left_out:
        lines.append(f"left out: {', '.join(outcome.machine.name for outcome in made.plan.left_out)}")
    return "\n".join(lines)


def _candidates(outcome: Outcome) -> str:
    lines = [f"candidates for {outcome.machine.name}"]
    for verdict in verdicts_by_rank(outcome):
        build = verdict.build
        lines.append(f"  {_word(verdict):<8}  {build.framework} {build.published} {build.variant}")
        lines += [f"            {reason.code}  {reason.text}" for reason in _unique(verdict)]
    return "\n".join(lines)


def _unique(verdict: Verdict) -> Iterable[Any]:
    return {(reason.code, reason.text): reason for reason in verdict.reasons}.values()


def _age(made: PlanMade) -> str:
    newest = max(snapshot.seen for snapshot in made.snapshots)
    return f"what is published: listings shipped with envplan, the newest of {newest}; no network was used"

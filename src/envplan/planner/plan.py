"""The planner's one entry: a spec, some machines and the catalog, to a plan."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from envplan.catalog.model import Catalog
from envplan.machine.model import Machine
from envplan.planner.attempt import Attempt, Try, attempt
from envplan.planner.builds import Stock
from envplan.planner.choose import Choice
from envplan.planner.common_versions import common
from envplan.planner.model import Impossible, Outcome, Plan, Planned
from envplan.planner.notes import left_to_the_lock, notes
from envplan.planner.pins import constraints, pins
from envplan.planner.verdict import Verdict
from envplan.problems import Problem, Said
from envplan.spec.grammar.names import PUBLISHED_AS
from envplan.spec.model import AnyCuda, AnyGpu, AnyRocm, Exactly, Spec
from envplan.values.variants import CPU, Variant
from envplan.values.versions import Python


def plan(spec: Spec, machines: Sequence[Machine], catalog: Catalog, fallback: Python) -> Plan:
    """Serve each machine; with several, one version for all of them unless the spec says otherwise."""
    stock = Stock(catalog)
    attempts = [attempt(Try(spec, machine, stock, fallback)) for machine in machines]
    problems = [*left_to_the_lock(spec)]
    if spec.options.same_versions and sum(bool(one.choices) for one in attempts) > 1:
        found = common([one for one in attempts if one.choices])
        if found is None:
            problems.append(_no_common_version(attempts))
        else:
            settled = iter(found)
            attempts = [next(settled) if one.choices else one for one in attempts]
    outcomes = tuple(outcome_of(one) for one in attempts)
    served = [outcome.serving for outcome in outcomes if isinstance(outcome, Planned)]
    return Plan(outcomes, fewest(served), tuple(problems))


def outcome_of(tried: Attempt) -> Outcome:
    """Make the outcome of what was tried: a plan, or why there is none."""
    judged, spec = tried.judged, tried.judged.spec
    candidates = tuple(verdict for row in judged.verdicts for verdict in row)
    if not tried.choices:
        from envplan.planner.impossible import explain  # only bad news pays for it

        return Impossible(judged.machine, explain(tried), candidates)
    if not judged.wishes and (problem := nothing_accelerated(spec, add=bool(judged.machine.gpus))):
        return Impossible(judged.machine, problem, candidates)
    choice = tried.choices[0]
    bounds = constraints(spec, choice.builds)
    return Planned(
        judged.machine,
        choice.variant,
        judged.pythons,
        choice.builds,
        pins(spec, judged.wishes, choice.builds, bounds, tried.tried.stock.catalog),
        bounds,
        candidates,
        variants_of(tried),
        notes(judged, tried.search, choice, bounds),
    )


def variants_of(tried: Attempt) -> tuple[Variant, ...]:
    """List the variants that would serve at the best versions, best first."""
    return tuple(dict.fromkeys(one.variant for one in tried.choices))


def nothing_accelerated(spec: Spec, *, add: bool) -> Problem | None:
    """Say that a GPU is asked for, and nothing in the spec could use it; `add` offers what could."""
    if not isinstance(spec.accelerator, (AnyGpu, AnyCuda, AnyRocm, Exactly)) or spec.accelerator == Exactly(
        CPU
    ):
        return None
    renamed = [
        f'envplan remove {one.name} && envplan add "{PUBLISHED_AS[one.name]} {one.asked}"'.replace(" *", "")
        for one in spec.packages
        if one.name in PUBLISHED_AS
    ]
    return Problem(
        "EP214",
        "nothing in this spec has a GPU build that envplan knows of",
        wanted=(Said(f"accelerator {spec.accelerator}", spec.accelerator_origin),),
        found=tuple(Said(str(one), one.origin) for one in spec.packages[:5]),
        why=(
            Said(
                "only packages with builds of their own for GPUs make a difference: torch, tensorflow, jax…"
            ),
        ),
        cures=(*renamed, 'accelerator = "auto"', *(["envplan add torch"] if add else [])),
    )


def _no_common_version(attempts: Sequence[Attempt]) -> Problem:
    def words(tried: Attempt) -> str:
        choice: Choice = tried.choices[0]
        return f"{tried.judged.machine.name}: at best {', '.join(str(build) for build in choice.builds)}"

    return Problem(
        "EP212",
        "no one set of versions serves all these machines",
        why=tuple(Said(words(one)) for one in attempts if one.choices),
        cures=("same-versions = false   # under [options]: each machine gets the newest it can have",),
    )


def fewest(served: Sequence[Sequence[Variant]]) -> tuple[Variant, ...]:
    """The smallest set of variants with one of each list in it; of several, the best liked. None: no set."""
    variants = sorted({variant for serving in served for variant in serving}, reverse=True)
    for size in range(1, len(variants) + 1):
        sets = [one for one in combinations(variants, size) if all(set(one) & set(each) for each in served)]
        if sets:
            return min(sets, key=lambda one: sum(_first(each, one) for each in served))
    return ()


def _first(serving: Sequence[Variant], chosen: Sequence[Variant]) -> int:
    """How far down a machine's own list the best of the chosen variants stands."""
    return min(serving.index(variant) for variant in chosen if variant in serving)


def verdicts_by_rank(outcome: Outcome) -> tuple[Verdict, ...]:
    """The candidates as people want to read them: what runs first, then the newest."""
    return tuple(
        sorted(
            outcome.candidates,
            key=lambda verdict: (not verdict.refused, verdict.build.version, verdict.build.variant),
            reverse=True,
        )
    )

"""Making a lock: plan what it is for, solve each target in its own view, check the answers, join them."""

from __future__ import annotations

import os
import sys
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from packaging.version import Version

from envplan.catalog.load import digest, load
from envplan.catalog.model import Catalog
from envplan.index.cache import cache_folder
from envplan.index.indexes import Indexes
from envplan.lockfile.digest import spec_digest
from envplan.lockfile.model import Lock, Offer
from envplan.machine.model import Machine
from envplan.planner.plan import nothing_accelerated
from envplan.planner.rules.kernels import may_run
from envplan.planner.targets import Served, Targets, targets
from envplan.planner.wishes import everything
from envplan.problems import EnvplanError, Problem, told_once
from envplan.solver import heap
from envplan.solver.assemble import assemble
from envplan.solver.differences import Difference, differences
from envplan.solver.model import Answer, Question, Solved, Unsolved
from envplan.solver.published import as_published
from envplan.solver.questions import questions
from envplan.solver.search import Solver
from envplan.solver.second import second_opinion
from envplan.solver.settle import settle
from envplan.solver.solve import Solving
from envplan.sources.model import Given
from envplan.spec.model import Accelerator, AnyCuda, AnyRocm, CpuOnly, Exactly, Requirement, Spec
from envplan.values.platforms import Platform
from envplan.values.records import dataclass, replace
from envplan.values.targets import Target
from envplan.values.variants import Kind
from envplan.values.versions import Python

_ROUNDS = 6  # each binds a framework that the one before found deeper in the graph
_NO_SECOND = "EP312"
_STALE = ("EP330", "EP350")  # a page asked for a minute ago may not list what has been published since

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Work:
    """Everything that a lock is made from."""

    spec: Spec
    folder: Path  # that the spec lies in
    machines: tuple[Machine, ...]  # that must be served
    here: Callable[[], Machine]  # asked only where it matters, since to look takes a while
    before: Lock | None
    given: tuple[Given, ...]
    solver: str
    cross_check: bool
    upgrade: bool
    upgrade_packages: tuple[str, ...]


@dataclass(frozen=True)
class Made:
    """The lock, where its targets differ, and what the other solver confirmed."""

    lock: Lock
    differences: tuple[Difference, ...]
    compared: tuple[Target, ...]
    problems: tuple[Problem, ...]


def make(work: Work, tell: Tell) -> Made:
    """Make a lock from pages that may be minutes old; ask anew to upgrade, and before refusing."""
    heap.share_one()
    if work.upgrade or work.upgrade_packages:
        return _make(work, tell, refresh=True)
    try:
        return _make(work, tell, refresh=False)
    except EnvplanError as error:
        if not any(problem.code in _STALE for problem in error.problems):
            raise
    tell("asking the indexes anew, because what they said may be minutes old")
    return _make(work, tell, refresh=True)


def _make(work: Work, tell: Tell, *, refresh: bool) -> Made:
    """Plan and solve, again for each framework that turns up deeper in the graph than the spec names it."""
    names = {index.name: index.url for index in work.spec.indexes}
    whole = _dated(work.spec)
    with (
        Indexes(names=names, tell=tell, refresh=refresh) as indexes,
        Solving(indexes, _solver(work.solver)) as solving,
    ):
        for _ in range(_ROUNDS):
            catalog = load([one.name for one in everything(whole)], overlay=work.folder / "catalog.d")
            chosen = _chosen(work, whole, catalog, indexes)
            deeper = [one.name for one in whole.packages if one not in work.spec.packages]
            # What can be built here matters too where source code might be the cure.
            here = work.here().platform if whole.options.allow_sdist or refresh else None
            asked = questions(whole, chosen.served, catalog, deeper, work.given, _preferred(work), here)
            tell(f"solving for {_several(asked)}")
            answered = _solved(whole, asked, solving)
            found = _deeper(answered)
            if not found:
                break
            whole = replace(whole, packages=(*whole.packages, *found))
        _refuse_unused_gpu(whole, catalog)
        answers, problems = _answers(answered, () if work.machines else work.spec.platforms)
        compared, told = _compared(work, asked, answers, indexes, tell)
        files = tuple(dict.fromkeys(file for answer in answers for file in answer.files.values()))
        hashed = dict(zip(files, solving.hashed(files), strict=True))
        differing = differences(answers, solving.hidden)
    packages = assemble(whole, answers, hashed, work.given)
    digests = (spec_digest(work.spec), digest(catalog.frameworks, work.folder / "catalog.d"))
    groups = tuple(name for name, _ in work.spec.groups)
    offers = tuple(offer_of(one) for one in chosen.served)
    made = Lock(work.spec.name, packages, offers, chosen.default, *digests, groups)
    return Made(made, differing, compared, (*problems, *told))


def _refuse_unused_gpu(whole: Spec, catalog: Catalog) -> None:
    """Refuse a GPU that nothing could use, neither in the spec nor deeper: the CPU is no silent fallback."""
    if not catalog.frameworks and (problem := nothing_accelerated(whole, add=True)):
        raise EnvplanError(problem)


def _chosen(work: Work, spec: Spec, catalog: Catalog, indexes: Indexes) -> Targets:
    """Plan, and plan again without the versions that the indexes turn out not to have."""
    platforms = _platforms(work)
    kinds = _kinds(work, platforms, catalog)
    chosen = targets(spec, platforms, work.machines, kinds, catalog, _python())
    if chosen.problems:
        raise EnvplanError(*chosen.problems)
    stock = as_published(catalog, chosen.served, indexes)
    while stock is not None:
        another = targets(spec, platforms, work.machines, kinds, stock, _python())
        if another.problems:
            break  # nothing else would do; solving tells what is missing, and where
        chosen = another
        stock = as_published(stock, chosen.served, indexes)
    return chosen


def _solved(spec: Spec, asked: Sequence[Question], solving: Solving) -> list[Answer]:
    if spec.options.same_versions:
        return settle(asked, solving.answers_alike)
    return solving.answers(asked)


def _several(asked: Sequence[Question]) -> str:
    return str(asked[0].target) if len(asked) == 1 else f"{len(asked)} targets"


def _compared(
    work: Work, asked: Sequence[Question], answers: Sequence[Solved], indexes: Indexes, tell: Tell
) -> tuple[tuple[Target, ...], tuple[Problem, ...]]:
    """Let the other solver answer for this machine's targets, where that was asked for."""
    if not work.cross_check:
        return (), ()
    mine = [
        (question, answer)
        for question, answer in zip(asked, answers, strict=True)
        if question.target.platform == work.here().platform
    ]
    if not mine:
        title = f"no target of the lock is for this machine, {work.here().platform}; nothing was compared"
        return (), (Problem(_NO_SECOND, title, severity="warning"),)
    other = "pip-tools" if work.solver == "uv" else "uv"
    tell(f"asking {other} the same for {_several([question for question, _ in mine])}")
    with Solving(indexes, _solver(other)) as solving:
        disagreements = second_opinion(mine, solving, work.solver, other)
    if disagreements:
        raise EnvplanError(*disagreements)
    return tuple(question.target for question, _ in mine), ()


def _dated(spec: Spec) -> Spec:
    """Turn an age ("7 days") into the day it means today; kept pins keep the lock the same tomorrow."""
    number, _, unit = (spec.options.exclude_newer or "").partition(" ")
    if not number.isdigit():
        return spec
    days = int(number) * (7 if unit.startswith("week") else 1)
    day = (datetime.now(UTC) - timedelta(days=days)).date().isoformat()
    return replace(spec, options=replace(spec.options, exclude_newer=day))


def _solver(name: str) -> Solver:
    if name == "pip-tools":
        from envplan.solver.piptools import PipTools

        return PipTools()
    from envplan.solver.uv import Uv, bundled

    program = ""
    with suppress(FileNotFoundError):  # told when it is to be run
        program = bundled()
    return Uv(cache_folder(os.environ) / "uv", program)


def _answers(
    answers: Sequence[Answer], platforms: Sequence[Platform]
) -> tuple[list[Solved], tuple[Problem, ...]]:
    if refused := [one for one in answers if isinstance(one, Unsolved)]:
        from envplan.solver.unsolved import of_targets

        raise EnvplanError(*of_targets(refused, [one.target for one in answers], platforms))
    solved = [one for one in answers if isinstance(one, Solved)]
    warnings = (problem for one in solved for problem in one.problems)
    return solved, told_once(warnings, lambda one: (one.code, one.title))


def _deeper(answers: Sequence[Answer]) -> tuple[Requirement, ...]:
    """Names that the catalog decides, and that only other packages ask for: the next round plans them too."""
    found: dict[str, Requirement] = {}
    for answer in answers:
        if isinstance(answer, Unsolved) and (one := answer.undecided):
            before = found.get(one.name)
            specifier = one.specifier & before.specifier if before else one.specifier
            found[one.name] = Requirement(one.name, one.origin, str(specifier) or "*", specifier)
    return tuple(found.values())


def _preferred(work: Work) -> Mapping[Target, Mapping[str, Version]]:
    if work.before is None or work.upgrade:
        return {}
    elsewhere = {one.metadata.name: one.metadata.version for one in work.given}
    kept: dict[Target, dict[str, Version]] = defaultdict(lambda: dict(elsewhere))
    for one in work.before.packages:
        if one.version is not None and one.source is None and one.name not in work.upgrade_packages:
            for target in one.targets:
                kept[target][one.name] = one.version
    return kept


def _platforms(work: Work) -> tuple[Platform, ...]:
    if work.spec.platforms:
        return work.spec.platforms
    return () if work.machines else (work.here().platform,)


def _kinds(work: Work, platforms: Sequence[Platform], catalog: Catalog) -> tuple[Kind, ...]:
    """The kinds of GPU that the spec names, and where it leaves that open the kind that this machine has."""
    covered = {machine.platform for machine in work.machines}
    if not catalog.frameworks or covered.issuperset(platforms):
        return ("cuda",)  # nobody will ask
    everywhere = work.spec.accelerator
    wanted = [everywhere, *(one.accelerator for one in everything(work.spec) if one.accelerator)]
    named = [kind for one in wanted if (kind := _kind(one))]
    return tuple(dict.fromkeys([*named, *([] if _kind(everywhere) else _kinds_here(work.here(), catalog))]))


def _kind(accelerator: Accelerator) -> Kind | None:
    match accelerator:
        case AnyCuda():
            return "cuda"
        case AnyRocm():
            return "rocm"
        case CpuOnly():
            return "cpu"
        case Exactly(variant):
            return variant.kind
    return None


def _kinds_here(here: Machine, catalog: Catalog) -> tuple[Kind, ...]:
    """CUDA where there is no GPU that a build could use, because most have that."""
    rows = [row for framework in catalog.frameworks.values() for row in framework.kernels]
    usable = {gpu.vendor for gpu in here.gpus if may_run(gpu, rows)}
    if "nvidia" in usable or not usable & {"amd", "intel"}:
        return ("cuda",)
    return ("rocm",) if "amd" in usable else ("xpu",)


def _python() -> Python:
    return Python(*sys.version_info[:2])


def offer_of(served: Served) -> Offer:
    """Say what a machine must offer to take what is solved."""
    return Offer(
        served.variant,
        served.platform,
        served.pythons,
        served.why,
        libc=served.libc,
        macos=served.macos,
        driver=served.driver,
        native_driver=served.native_driver,
        native=served.code.native,
        ptx=served.code.ptx,
        least=served.code.least,
        gfx=served.code.gfx,
        names=served.code.names,
    )

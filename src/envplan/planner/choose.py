"""From verdicts to the best set of builds for one machine: one of each framework, that agree."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby, product
from typing import Any

from packaging.version import Version

from envplan.catalog.model import Catalog
from envplan.machine.model import Machine
from envplan.planner.builds import Stock
from envplan.planner.model import Build, Reason, Wish
from envplan.planner.rules import Question
from envplan.planner.rules.driver import is_native
from envplan.planner.together import Together
from envplan.planner.verdict import Verdict
from envplan.spec.model import Spec
from envplan.values.records import dataclass
from envplan.values.variants import CPU, Variant
from envplan.values.versions import Cuda, Python

_SOME_PYTHONS = tuple(Python(3, minor) for minor in range(15, 7, -1))  # those that wheels are made for

# CUDA before ROCm before oneAPI where a machine has GPUs of several vendors; the CPU last.
_KINDS = {"cuda": 3, "rocm": 2, "xpu": 1, "cpu": 0}


@dataclass(frozen=True)
class Judged:
    """Every build of every wish, with its verdict, on one machine. The spec is what applies there."""

    spec: Spec
    machine: Machine
    pythons: tuple[Python, ...]
    wishes: tuple[Wish, ...]
    verdicts: tuple[tuple[Verdict, ...], ...]  # a row a wish

    def survivors(self, row: int) -> list[Verdict]:
        """The builds of one wish that no rule refused."""
        return [verdict for verdict in self.verdicts[row] if verdict.fits]

    @property
    def distance(self) -> int:
        """How many rules refuse what comes closest to each wish."""
        rows = ([verdict for verdict in row if verdict.is_wanted] for row in self.verdicts)
        return sum(min((len(verdict.codes) for verdict in row), default=0) for row in rows)


@dataclass(frozen=True)
class Choice:
    """One build for each wish, and how good they are together."""

    verdicts: tuple[Verdict, ...]
    rank: tuple[Any, ...]

    @property
    def builds(self) -> tuple[Build, ...]:
        """The builds themselves."""
        return tuple(verdict.build for verdict in self.verdicts)

    @property
    def versions(self) -> tuple[Version, ...]:
        """Their versions, in the order of the wishes."""
        return tuple(build.version for build in self.builds)

    @property
    def kinds(self) -> tuple[int, ...]:
        """Which kind of accelerator each build drives, as the ranking numbers them."""
        return tuple(_kind(verdict) for verdict in self.verdicts)

    @property
    def variant(self) -> Variant:
        """The variant of the environment: its first accelerated build's."""
        return next((build.variant for build in self.builds if build.variant.kind != "cpu"), CPU)


def judge_all(
    spec: Spec, wishes: Sequence[Wish], machine: Machine, pythons: tuple[Python, ...], stock: Stock
) -> Judged:
    """Ask every rule about every build."""
    rows = []
    for wish in wishes:
        question = Question(wish, machine, pythons, spec, stock.catalog)
        rows.append(
            tuple(Verdict(question, build) for build in stock.builds(wish.framework, machine.platform))
        )
    return Judged(spec, machine, pythons, tuple(wishes), tuple(rows))


class Search:
    """Finds the best choice of one machine: newest versions in the order of the wishes, then the surest."""

    def __init__(self, judged: Judged, catalog: Catalog, together: Together) -> None:
        self.judged = judged
        self.catalog = catalog
        self.together = together
        self.objections: dict[tuple[str, str], Reason] = {}
        self._failed: set[tuple[object, ...]] = set()

    def kinds_of(self, versions: Sequence[Version]) -> list[tuple[int, ...]]:
        """Every way to spread kinds of accelerators over these versions."""
        rows = [
            [verdict for verdict in self.judged.survivors(row) if verdict.build.version == version]
            for row, version in enumerate(versions)
        ]
        return _preferences(rows)

    def choices(
        self, versions: Sequence[Version | None] | None = None, kinds: tuple[int, ...] | None = None
    ) -> list[Choice]:
        """Every choice at the best versions (or at those given), best first; none if no builds agree."""
        rows = []
        for index in range(len(self.judged.wishes)):
            wanted = versions[index] if versions else None
            survivors = self.judged.survivors(index)
            rows.append([v for v in survivors if wanted is None or v.build.version == wanted])
        for preference in [kinds] if kinds is not None else _preferences(rows):
            self._failed.clear()
            pairs = zip(rows, preference, strict=True)
            chosen = [[verdict for verdict in row if _kind(verdict) == kind] for row, kind in pairs]
            if found := self._descend(chosen, ()):
                return sorted(found, key=lambda choice: choice.rank, reverse=True)
        return []

    def _descend(self, rows: list[list[Verdict]], chosen: tuple[Verdict, ...]) -> list[Choice]:
        """Take the newest version of the next wish with which the rest can be completed."""
        if len(chosen) == len(rows):
            return [Choice(chosen, self._rank(chosen))]
        state = (len(chosen), frozenset(self.together.signature(v.build) for v in chosen))
        if state in self._failed:
            return []
        for _, group in groupby(rows[len(chosen)], key=lambda verdict: verdict.build.version):
            found = []
            for verdict in group:
                if self._agrees(verdict, chosen):
                    found += self._descend(rows, (*chosen, verdict))
            if found:
                best = max(choice.versions for choice in found)
                return [choice for choice in found if choice.versions == best]
        self._failed.add(state)
        return []

    def _agrees(self, verdict: Verdict, chosen: Iterable[Verdict]) -> bool:
        for other in chosen:
            objection = self.together.objection(other.build, verdict.build)
            if objection:
                self.objections.setdefault((str(other.build), str(verdict.build)), objection)
                return False
        return True

    def _rank(self, chosen: tuple[Verdict, ...]) -> tuple[Any, ...]:
        toolkits = [verdict.build.toolkit for verdict in chosen if verdict.build.variant.kind == "cuda"]
        native = all(is_native(self.catalog, self.judged.machine, one) for one in toolkits if one)
        sure = -sum(len(verdict.doubts) for verdict in chosen)
        newest = tuple(one or Cuda(0, 0) for one in toolkits)
        variants = tuple(verdict.build.variant for verdict in chosen)
        return (sure, native, newest, variants)


def best_pythons(spec: Spec, machine: Machine, fallback: Python) -> list[tuple[Python, ...]]:
    """The sets of Pythons to try: the spec's, all of them; else each of the machine's; else this one.

    A project's own requires-python narrows the last two; if it leaves none, what it admits is tried.
    """
    if spec.pythons:
        return [spec.pythons]
    present = sorted({fact.value for fact in machine.pythons}, reverse=True) or [fallback]
    admitted = [one for one in present if spec.runs_on(one)]
    others = [one for one in _SOME_PYTHONS if spec.runs_on(one)]
    return [(python,) for python in admitted or others or present]


def _preferences(rows: list[list[Verdict]]) -> list[tuple[int, ...]]:
    """Every way to spread kinds of accelerators over the wishes, the most accelerated first."""
    kinds = [sorted({_kind(verdict) for verdict in row}, reverse=True) for row in rows]
    return sorted(product(*kinds), key=lambda one: (sum(kind > 0 for kind in one), one), reverse=True)


def _kind(verdict: Verdict) -> int:
    return _KINDS[verdict.build.variant.kind]

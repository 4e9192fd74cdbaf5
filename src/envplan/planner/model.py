"""What the planner works with and gives back: builds, reasons, verdicts, plans."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Literal

from packaging.version import Version

from envplan.catalog import queries
from envplan.catalog.model import Framework, Kernels, Pitfall, Release, Requires, Way, Wheel
from envplan.machine.model import Machine
from envplan.problems import Problem
from envplan.spec.model import Accelerator, Requirement
from envplan.values.platforms import Platform
from envplan.values.records import dataclass
from envplan.values.variants import Variant
from envplan.values.versions import Cuda, Python

if TYPE_CHECKING:
    from envplan.planner.verdict import Verdict

Weight = Literal["refuse", "doubt", "note"]


@dataclass(frozen=True)
class Reason:
    """One rule's word on one build: it refuses, doubts, or only remarks."""

    code: str
    text: str
    origin: str = ""
    weight: Weight = "refuse"


@dataclass(frozen=True, eq=False)
class Build:
    """One version of one framework in one variant, as an index publishes it for one platform.

    What the catalog's rows say of it is looked up once: a search asks for it again and again.
    """

    family: Framework
    version: Version  # without its local part
    published: Version  # as the index spells it: 2.2.2+cu121
    variant: Variant
    platform: Platform
    index: str
    way: Way
    wheels: tuple[Wheel, ...]

    @property
    def framework(self) -> str:
        """The name of its framework."""
        return self.family.name

    @property
    def toolkit(self) -> Cuda | None:
        """The CUDA toolkit it was built with."""
        if self.way.toolkit or self.variant.cuda:
            return self.way.toolkit or self.variant.cuda
        major = self.variant.cuda_major
        return Cuda(major, 0) if major else None

    @cached_property
    def kernels(self) -> Kernels | None:
        """The code it holds, where that is known."""
        return queries.kernels(self.family, self.version, self.variant, self.platform)

    @cached_property
    def requires(self) -> tuple[Requires, ...]:
        """What it asks of packages that others ask for too."""
        rows = self.family.requires
        return tuple(row for row in rows if row.speaks_of(self.version, self.variant, self.platform))

    @cached_property
    def pitfalls(self) -> tuple[Pitfall, ...]:
        """The constraints that its metadata forgot."""
        return tuple(
            pitfall
            for pitfall in self.family.pitfalls
            if pitfall.when.name in (self.family.lead, self.way.ask)
            and pitfall.when.specifier.contains(self.version, prereleases=True)
            and (not pitfall.platforms or self.platform in pitfall.platforms)
        )

    @cached_property
    def release(self) -> Release | None:
        """The row of its release, which names its companions."""
        return queries.release(self.family, self.version)

    def __str__(self) -> str:
        return f"{self.framework} {self.version} {self.variant}"


@dataclass(frozen=True, eq=False)
class Wish:
    """What the spec wants of one framework: the packages it names, and the accelerator."""

    framework: Framework
    accelerator: Accelerator
    accelerator_origin: str
    asked: tuple[Requirement, ...]  # those of the framework's packages that the spec names

    @cached_property
    def lead(self) -> Requirement | None:
        """What is asked of the leading package itself."""
        names = {self.framework.lead, *(way.ask for way in self.framework.ways)}
        return next((one for one in self.asked if one.name in names), None)

    @cached_property
    def companions(self) -> tuple[Requirement, ...]:
        """What is asked of packages whose version follows from the release."""
        known = {name for release in self.framework.releases for name in release.companions}
        return tuple(one for one in self.asked if one is not self.lead and one.name in known)

    @cached_property
    def named(self) -> tuple[tuple[Requirement, str], ...]:
        """Names and extras in the spec that themselves choose a way: cupy-cuda12x, jax[cuda12]."""
        ways = self.framework.ways
        names = {way.ask for way in ways if way.ask != self.framework.lead}
        extras = {extra for way in ways for extra in (*way.extras, way.local)}
        by_name = [(one, one.name) for one in self.asked if one.name in names]
        return (*by_name, *((one, extra) for one in self.asked for extra in one.extras if extra in extras))

    @property
    def words(self) -> str:
        """The wish as the user would say it: torch 2.2."""
        lead = self.lead
        if lead is None:
            return self.asked[0].name if self.asked else self.framework.name
        extras = ",".join(word for one, word in self.named if one is lead and word != lead.name)
        name = f"{lead.name}[{extras}]" if extras else lead.name
        return f"{name} {lead.asked}" if lead.asked != "*" else name


@dataclass(frozen=True)
class Pin:
    """A package of the plan: an exact version where the planner decides, else what the solver must meet."""

    name: str
    version: str
    index: str
    exact: bool
    extras: tuple[str, ...] = ()


@dataclass(frozen=True)
class Constraint:
    """A bound the plan adds, and why."""

    id: str
    requirement: str
    why: str
    origin: str


@dataclass(frozen=True)
class Planned:
    """A machine that can be served, and with what."""

    machine: Machine
    variant: Variant
    pythons: tuple[Python, ...]
    builds: tuple[Build, ...]
    pins: tuple[Pin, ...]
    constraints: tuple[Constraint, ...]
    candidates: tuple[Verdict, ...]
    serving: tuple[Variant, ...]  # every variant that would serve at these versions, best first
    problems: tuple[Problem, ...] = ()  # warnings and notes


@dataclass(frozen=True)
class Impossible:
    """A machine that cannot be served, why, and what would cure it."""

    machine: Machine
    problem: Problem
    candidates: tuple[Verdict, ...]


Outcome = Planned | Impossible


@dataclass(frozen=True)
class Plan:
    """The plan for several machines together."""

    outcomes: tuple[Outcome, ...]
    fewest: tuple[Variant, ...]  # the smallest set of variants that serves all who can be served
    problems: tuple[Problem, ...] = ()

    @property
    def left_out(self) -> tuple[Impossible, ...]:
        """The machines that cannot be served."""
        return tuple(outcome for outcome in self.outcomes if isinstance(outcome, Impossible))

"""A spec as the planner sees it: every wish, and the place where it was written."""

from __future__ import annotations

from packaging.specifiers import SpecifierSet

from envplan.problems import Problem
from envplan.values.interpreters import admits
from envplan.values.platforms import Platform
from envplan.values.records import dataclass, field, replace
from envplan.values.variants import Variant
from envplan.values.versions import Cuda, Python


@dataclass(frozen=True)
class Auto:
    """The best that the machine can run; CPU where it has no GPU."""

    def __str__(self) -> str:
        return "auto"


@dataclass(frozen=True)
class AnyGpu:
    """Whatever GPU the machine has, and never the CPU."""

    def __str__(self) -> str:
        return "gpu"


@dataclass(frozen=True)
class CpuOnly:
    """No accelerator."""

    def __str__(self) -> str:
        return "cpu"


@dataclass(frozen=True)
class AnyCuda:
    """CUDA, within bounds on the toolkit where some are given: (operator, version) pairs."""

    bounds: tuple[tuple[str, Cuda], ...] = ()

    def __str__(self) -> str:
        return "cuda" + ",".join(f"{operator}{cuda}" for operator, cuda in self.bounds)


@dataclass(frozen=True)
class AnyRocm:
    """Any ROCm release."""

    def __str__(self) -> str:
        return "rocm"


@dataclass(frozen=True)
class Exactly:
    """One variant by its name: cu121, rocm6.2, xpu."""

    variant: Variant

    def __str__(self) -> str:
        return self.variant.name


Accelerator = Auto | AnyGpu | CpuOnly | AnyCuda | AnyRocm | Exactly


@dataclass(frozen=True)
class FromIndex:
    """A package that the indexes serve."""


@dataclass(frozen=True)
class FromPath:
    """A package in a folder or file beside the spec."""

    path: str
    editable: bool = False


@dataclass(frozen=True)
class FromGit:
    """A package in a git repository."""

    url: str
    rev: str | None = None


Location = FromIndex | FromPath | FromGit


@dataclass(frozen=True)
class Requirement:
    """One package that is wanted. `asked` is the version as it was written ("2.2", "*")."""

    name: str  # normalised
    origin: str
    asked: str = "*"
    specifier: SpecifierSet = field(default_factory=SpecifierSet)
    extras: tuple[str, ...] = ()
    accelerator: Accelerator | None = None
    location: Location = FromIndex()
    marker: str | None = None  # PEP 508, from the files of other tools

    def __str__(self) -> str:
        extras = f"[{','.join(self.extras)}]" if self.extras else ""
        return f"{self.name}{extras} {self.asked}"

    def with_also(self, other: Requirement) -> Requirement:
        """Join what another place in the spec asks of the package: one environment holds one of it."""
        asked = dict.fromkeys(one.asked for one in (self, other) if one.asked != "*")
        located = other if isinstance(self.location, FromIndex) else self
        return replace(
            self,
            origin=self.origin if self.origin == other.origin else f"{self.origin}; {other.origin}",
            asked=", ".join(asked) or "*",
            specifier=self.specifier & other.specifier,
            extras=tuple(dict.fromkeys((*self.extras, *other.extras))),
            accelerator=self.accelerator or other.accelerator,
            location=located.location,
        )


@dataclass(frozen=True)
class Index:
    """A further index, and the names it is asked for (patterns with *)."""

    name: str
    url: str
    packages: tuple[str, ...]


@dataclass(frozen=True)
class Options:
    """How to lock and apply."""

    same_versions: bool = True
    exclude_newer: str | None = None
    allow_sdist: tuple[str, ...] = ()
    startup_code: tuple[str, ...] | None = None
    ignore_pitfalls: tuple[str, ...] = ()


@dataclass(frozen=True)
class Spec:
    """What the user wants of one environment."""

    name: str
    origin: str  # the file
    packages: tuple[Requirement, ...]
    pythons: tuple[Python, ...] = ()
    python_origin: str = ""
    accelerator: Accelerator = Auto()
    accelerator_origin: str = ""
    groups: tuple[tuple[str, tuple[Requirement, ...]], ...] = ()
    platforms: tuple[Platform, ...] = ()
    profiles: tuple[str, ...] = ()
    indexes: tuple[Index, ...] = ()
    options: Options = Options()
    requires_python: SpecifierSet = field(default_factory=SpecifierSet)  # of the project around it
    notes: tuple[Problem, ...] = field(default=(), compare=False)  # what was read, but not as written

    @property
    def everything(self) -> tuple[Requirement, ...]:
        """All that is asked for, that of groups last; a name may stand several times."""
        return (*self.packages, *(one for _, group in self.groups for one in group))

    def runs_on(self, python: Python) -> bool:
        """Whether the project around it admits some release of a minor version."""
        return admits(self.requires_python, python)

"""What a solver is asked, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from envplan.index.model import File, Metadata
from envplan.problems import Problem
from envplan.values.records import dataclass, field
from envplan.values.targets import Target
from envplan.values.versions import Dotted, Libc

if TYPE_CHECKING:  # reading them takes modules that few locks need
    from envplan.sources.model import Given


@dataclass(frozen=True)
class Bindings:
    """Which index each name is asked for: exactly one, for the whole graph."""

    named: Mapping[str, str]  # normalised name to index address
    patterns: tuple[tuple[str, str], ...] = ()  # (pattern, index address), the first that fits
    default: str = ""

    def index_of(self, name: str) -> str:
        """Find the one index of a name."""
        from fnmatch import fnmatchcase

        if name in self.named:
            return self.named[name]
        return next((index for pattern, index in self.patterns if fnmatchcase(name, pattern)), self.default)


@dataclass(frozen=True)
class Need:
    """One requirement of the spec or of the plan, as PEP 508 text that packaging has written."""

    requirement: str  # "torch==2.2.2+cu121", "transformers[sentencepiece]>=4.40"
    origin: str  # "envplan.toml: packages.torch", or the pitfall that asks for it
    pitfall: str | None = None  # its id


@dataclass(frozen=True)
class Question:
    """Everything about solving one target."""

    target: Target
    needs: tuple[Need, ...]
    bindings: Bindings
    constraints: tuple[Need, ...] = ()
    preferred: Mapping[str, Version] | None = None  # pins of the lock before, kept where they still fit
    exclude_newer: str | None = None  # RFC 3339
    sdists: frozenset[str] = frozenset()  # names that may be built from source
    libc: Libc | None = None  # the oldest that the target must run on; none: any glibc will do
    macos: Dotted | None = None  # likewise
    undecided: frozenset[str] = (
        frozenset()
    )  # names that a plan must decide before any index is asked for them
    given: tuple[Given, ...] = ()  # from a folder, file or repository: no index is asked for them
    foreign: bool = False  # not for this machine: what a build says there is known where it is written down


@dataclass(frozen=True)
class Solved:
    """A version for every name of the graph, and what our own view knows of each."""

    target: Target
    versions: Mapping[str, Version]
    extras: Mapping[str, tuple[str, ...]]  # the extras that something in the graph asks for
    files: Mapping[str, File] = field(default_factory=dict)  # none for given packages
    metadata: Mapping[str, Metadata] = field(default_factory=dict)
    dependencies: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # direct, sorted
    problems: tuple[Problem, ...] = ()  # warnings


@dataclass(frozen=True)
class Undecided:
    """A name that turned up in the graph, and that a plan has to decide first."""

    name: str
    specifier: SpecifierSet
    origin: str


@dataclass(frozen=True)
class Unsolved:
    """No version for some name: our problem first, the solver's own words last."""

    target: Target
    problem: Problem
    undecided: Undecided | None = None  # then another plan may solve it


Answer = Solved | Unsolved

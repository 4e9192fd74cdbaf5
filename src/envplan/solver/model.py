"""What a solver is asked, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from packaging.version import Version

from envplan.problems import Problem
from envplan.values.targets import Target


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


@dataclass(frozen=True)
class Solved:
    """A version for every name of the graph."""

    target: Target
    versions: Mapping[str, Version]
    extras: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Unsolved:
    """No version for some name: our problem first, the solver's own words last."""

    target: Target
    problem: Problem


Answer = Solved | Unsolved

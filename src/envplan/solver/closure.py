"""The independent check of a solver's answer: trusted for the search, never for the result."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from packaging.version import Version

from envplan.problems import Problem, Said
from envplan.solver.markers import Requires
from envplan.solver.view import View
from envplan.values.records import dataclass

WRONG = "EP351"


@dataclass(frozen=True)
class Closure:
    """What follows from the needs at these versions."""

    dependencies: Mapping[str, tuple[str, ...]]
    extras: Mapping[str, tuple[str, ...]]
    faults: tuple[Said, ...]  # requirements that are not met, names that are missing or not needed


def close(view: View, versions: Mapping[str, Version], *, all_needed: bool = True) -> Closure:
    """Walk everything required from the needs on, and compare it with the versions."""
    walk = _Walk(view, versions)
    for wanted in view.needs:
        walk.require(wanted.requires, wanted.need.origin)
    walk.follow()
    faults = walk.faults
    for wanted in view.constraints:
        name = wanted.requires.name
        if name in walk.edges and not _meets(wanted.requires, versions.get(name)):
            faults.append(
                Said(f"{wanted.requires} is asked; {name} is {versions.get(name)}", wanted.need.origin)
            )
    if all_needed:
        faults += [Said(f"nothing needs {name}") for name in sorted(versions.keys() - walk.edges.keys())]
    return Closure(
        {name: tuple(sorted(edges - {name})) for name, edges in sorted(walk.edges.items())},
        {name: tuple(sorted(walk.extras[name])) for name in sorted(walk.extras)},
        tuple(dict.fromkeys(faults)),
    )


class _Walk:
    """One walk over the graph, each name and extra once."""

    def __init__(self, view: View, versions: Mapping[str, Version]) -> None:
        self.view = view
        self.versions = versions
        self.edges: dict[str, set[str]] = {}
        self.extras: dict[str, set[str]] = {}
        self.faults: list[Said] = []
        self._todo: list[tuple[str, str]] = []
        self._seen: set[tuple[str, str]] = set()

    def require(self, requires: Requires, origin: str) -> bool:
        """Check one requirement, and remember what follows from it."""
        version = self.versions.get(requires.name)
        if version is None:
            self.faults.append(Said(f"{requires} is required and {requires.name} is missing", origin))
            return False
        if not _meets(requires, version):
            self.faults.append(Said(f"{requires} is required; {requires.name} is {version}", origin))
        for extra in ("", *requires.extras):
            if (requires.name, extra) not in self._seen:
                self._seen.add((requires.name, extra))
                self._todo.append((requires.name, extra))
        return True

    def follow(self) -> None:
        """Follow everything that was required."""
        while self._todo:
            name, extra = self._todo.pop()
            edges = self.edges.setdefault(name, set())
            for requires, origin in self._required(name, extra):
                if self.require(requires, origin):
                    edges.add(requires.name)

    def _required(self, name: str, extra: str) -> Iterator[tuple[Requires, str]]:
        version = self.versions[name]
        origin = f"required by {name} {version}"
        if version not in self.view.page(name).files:
            self.faults.append(Said(f"{name} {version} has no file for this target", name))
            return
        release = self.view.release(name, version)
        if release.unusable:
            self.faults.append(Said(release.unusable, f"{name} {version}"))
        if extra:
            self.extras.setdefault(name, set()).add(extra)
        for one in release.dependencies:
            if one.extra == extra:
                if isinstance(one.requires, Requires):
                    yield one.requires, origin
                else:
                    self.faults.append(Said(one.requires, f"{name} {version}"))


def _meets(requires: Requires, version: Version | None) -> bool:
    return version is not None and requires.specifier.contains(version, prereleases=True)


def wrong(solver: str, closure: Closure) -> Problem:
    """Say how a solver's answer does not hold."""
    return Problem(
        WRONG,
        f"the answer of {solver} does not hold",
        found=closure.faults[:8],
        why=(Said("envplan checks every answer against what the packages themselves say; this one fails"),),
        cures=("envplan lock --solver pip-tools",) if solver == "uv" else ("envplan lock --solver uv",),
    )

"""Where the requirements of a graph cannot meet, found from what the view knows, without the solver's help.

Versions are narrowed from what must be there (the needs, and what all remaining versions of those require)
until some name has none left: that is the place to tell of. Only versions whose metadata the solver has seen
can narrow further.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from envplan.problems import Said
from envplan.solver.markers import Requires
from envplan.solver.view import Hidden, View
from envplan.values.fitting import Kind
from envplan.values.records import dataclass, field, replace

_ROUNDS = 1000

# What a version lacks is best told by the file that came closest.
_CLOSENESS: tuple[Kind, ...] = (
    "prerelease",
    "yanked",
    "newer",
    "glibc",
    "macos",
    "requires-python",
    "python",
    "sdist",
    "quarantined",
    "platform",
)


@dataclass(frozen=True)
class Demand:
    """What the spec, or a package in every version it may have, requires of one name."""

    alternatives: tuple[tuple[str, Requires], ...]  # who ("" for the spec) requires what; one of them counts
    origin: str
    need: str | None = None  # the package of the spec it comes from
    pitfall: str | None = None  # the id of what metadata forgets, where that asks

    @property
    def text(self) -> str:
        """Say who requires what."""
        said = [f"{by} requires {requires}" if by else str(requires) for by, requires in self.alternatives]
        return ", ".join(said[:3]) + (", …" if len(said) > 3 else "")

    @property
    def of_spec(self) -> bool:
        """Whether the spec itself asks."""
        return not self.alternatives[0][0] and self.pitfall is None

    def admits(self, version: Version) -> bool:
        """Whether a version would do."""
        return any(one.specifier.contains(version, prereleases=True) for _, one in self.alternatives)


@dataclass(frozen=True)
class Clash:
    """The name that has no version left, and who asks what of it."""

    name: str
    demands: tuple[Demand, ...]
    reasons: tuple[Said, ...] = ()  # why single versions that would fit cannot be used
    unusable: Mapping[Version, str] = field(default_factory=dict)

    def admits(self, version: Version) -> bool:
        """Whether everybody who asks would take this version."""
        return all(one.admits(version) for one in self.demands)


@dataclass
class _Domain:
    """The versions a name may still have."""

    versions: set[Version]
    demands: list[Demand] = field(default_factory=list)
    extras: set[str] = field(default_factory=set)
    unusable: dict[Version, str] = field(default_factory=dict)


def clash(
    view: View, instead: Mapping[str, SpecifierSet] | None = None, without: str | None = None
) -> Clash | None:
    """Find a name that cannot have any version, if narrowing finds one.

    `instead` and `without` try a cure: other versions for names of the spec, no regard for a pitfall.
    """
    narrowing = _Narrowing(view)
    for wanted in view.constraints:
        if without is not None and wanted.need.pitfall == without:
            continue
        demand = Demand((("", wanted.requires),), wanted.need.origin, pitfall=wanted.need.pitfall)
        narrowing.limits.setdefault(wanted.requires.name, []).append(demand)
    for wanted in view.needs:
        name = wanted.requires.name
        requires = replace(wanted.requires, specifier=(instead or {}).get(name, wanted.requires.specifier))
        narrowing.must.setdefault(name, name)
        narrowing.demand(Demand((("", requires),), wanted.need.origin, name))
    return narrowing.run()


class _Narrowing:
    """The narrowing of one graph."""

    def __init__(self, view: View) -> None:
        self.view = view
        self.must: dict[str, str] = {}  # a name that must be there, and the need it comes from
        self.limits: dict[str, list[Demand]] = {}
        self.domains: dict[str, _Domain] = {}
        self._asked: set[tuple[str, str, str]] = set()

    def demand(self, demand: Demand) -> None:
        """Take one more demand on a name that must be there."""
        domain = self._domain(demand.alternatives[0][1].name)
        domain.demands.append(demand)
        for _, requires in demand.alternatives:
            domain.extras.update(requires.extras)
        domain.versions = {one for one in domain.versions if demand.admits(one)}

    def run(self) -> Clash | None:
        """Narrow until a name has nothing left, or nothing changes.

        Who asks what comes before what follows from it, so that a name is told with all who ask for it.
        """
        for _ in range(_ROUNDS):
            for name, domain in self.domains.items():
                if not domain.versions:
                    return self._told(name, domain)
            if not (
                self._drop_bad() or self._follow_all() or self._drop_dead(False) or self._drop_dead(True)
            ):
                return None
        return None

    def _domain(self, name: str) -> _Domain:
        if name not in self.domains:
            self.domains[name] = _Domain(set(self.view.page(name).files))
            for limit in self.limits.get(name, ()):
                self.demand(limit)
        return self.domains[name]

    def _told(self, name: str, domain: _Domain) -> Clash:
        demands = tuple(_fewest(domain.demands, self.view.page(name).files, domain.unusable))
        admitted = [one for one in domain.unusable if all(demand.admits(one) for demand in demands)]
        alike: dict[str, list[str]] = {}
        for one in sorted(admitted, reverse=True):
            alike.setdefault(domain.unusable[one], []).append(str(one))
        reasons = [Said(f"{name} {_several(which)}: {why}", "its metadata") for why, which in alike.items()]
        return Clash(name, demands, tuple(reasons[:4]), domain.unusable)

    def _drop_bad(self) -> bool:
        return self._drop(lambda name, version: self.view.releases[name, version].unusable)

    def _drop_dead(self, by_all: bool) -> bool:
        return self._drop(lambda name, version: self._dead_end(name, version, by_all))

    def _drop(self, fault: Callable[[str, Version], str]) -> bool:
        """Drop the versions that a fault is found with."""
        dropped = False
        for name, domain in list(self.domains.items()):
            for version in sorted(domain.versions):
                why = fault(name, version) if (name, version) in self.view.releases else ""
                if why:
                    domain.versions.discard(version)
                    domain.unusable[version] = why
                    dropped = True
        return dropped

    def _follow_all(self) -> bool:
        changed = False
        for name, domain in list(self.domains.items()):
            for extra in ("", *sorted(domain.extras)):
                changed |= self._follow(name, extra)
        return changed

    def _dead_end(self, name: str, version: Version, by_all: bool) -> str:
        """Say which requirement of a version nobody can meet: at all, or beside what all others require."""
        extras = self.domains[name].extras
        for one in self.view.releases[name, version].dependencies:
            if one.extra and one.extra not in extras:
                continue
            if isinstance(one.requires, str):
                return one.requires
            known = one.requires.name in self.view.pages or one.requires.name in self.domains
            if known and not self._possible(one.requires, by_all):
                return f"requires {one.requires}, and {self._why_not(one.requires)}"
        return ""

    def _possible(self, requires: Requires, by_all: bool) -> bool:
        domain = self.domains.get(requires.name) if by_all else None
        left = domain.versions if domain else self.view.page(requires.name).files
        return any(requires.specifier.contains(one, prereleases=True) for one in left)

    def _why_not(self, requires: Requires) -> str:
        name = requires.name
        page = self.view.page(name)
        if any(requires.specifier.contains(one, prereleases=True) for one in page.files):
            others = ", ".join(dict.fromkeys(one.text for one in self.domains[name].demands[:3]))
            return f"the rest asks for another {name} ({others})" if others else f"no such {name} can be used"
        for one in closest(
            page.hidden, lambda version: requires.specifier.contains(version, prereleases=True)
        ):
            return f"{name} {one.file.version} is not for this target: {one.unfit.text}"
        return f"{page.index or 'what is given'} has no such {name}"

    def _follow(self, name: str, extra: str) -> bool:
        """Demand what every version left of a name requires."""
        versions = self.domains[name].versions
        required: dict[str, dict[Version, Requires]] = {}
        for version in sorted(versions, reverse=True):
            release = self.view.releases.get((name, version))
            if release is None:
                return False
            for one in release.dependencies:
                if one.extra == extra and isinstance(one.requires, Requires):
                    mine = required.setdefault(one.requires.name, {})
                    mine[version] = _both(mine.get(version), one.requires)
        changed = False
        for other, asked in required.items():
            if asked.keys() == versions and (name, extra, other) not in self._asked:
                self._asked.add((name, extra, other))
                self.must.setdefault(other, self.must.get(name, name))
                self.demand(self._demand(f"{name}[{extra}]" if extra else name, name, asked))
                changed = True
        return changed

    def _demand(self, shown: str, name: str, asked: Mapping[Version, Requires]) -> Demand:
        different = dict.fromkeys(asked.values())
        if len(different) == 1:
            by = f"{shown} {next(iter(asked))}" if len(asked) == 1 else f"every {shown} that fits"
            return Demand(((by, next(iter(different))),), "its metadata", self.must.get(name))
        alternatives = tuple((f"{shown} {version}", requires) for version, requires in asked.items())
        return Demand(alternatives, "its metadata", self.must.get(name))


def closest(hidden: Iterable[Hidden], admits: Callable[[Version], bool]) -> list[Hidden]:
    """Take, of each version that would do, the hidden file that came closest; the most telling first."""
    best: dict[Version, Hidden] = {}
    for one in hidden:
        version = one.file.version
        before = best.get(version)
        if (before is None or _closeness(one) < _closeness(before)) and admits(version):
            best[version] = one
    return sorted((best[version] for version in sorted(best, reverse=True)), key=_closeness)


def _closeness(one: Hidden) -> int:
    return _CLOSENESS.index(one.unfit.kind)


def _several(versions: list[str]) -> str:
    left = len(versions) - 4
    return ", ".join(versions[:4]) + (f" and {left} more" if left > 0 else "")


def _both(first: Requires | None, second: Requires) -> Requires:
    """Join two requirements of one name."""
    if first is None:
        return second
    extras = tuple(sorted({*first.extras, *second.extras}))
    return Requires(first.name, first.specifier & second.specifier, extras)


def _fewest(
    demands: list[Demand], versions: Iterable[Version], unusable: Mapping[Version, str]
) -> list[Demand]:
    """Leave out the demands without which nothing would be left either."""
    kept = list(dict.fromkeys(demands))
    for one in list(kept):
        others = [other for other in kept if other is not one]
        possible = any(
            version not in unusable and all(other.admits(version) for other in others) for version in versions
        )
        if others and not possible:
            kept = others
    return kept

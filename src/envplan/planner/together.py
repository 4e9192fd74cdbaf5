"""May two builds share an environment?"""

from __future__ import annotations

from collections.abc import Iterator

from packaging.version import Version

from envplan.catalog.model import Catalog
from envplan.planner.agreement import agree
from envplan.planner.model import Build, Reason
from envplan.values.specifiers import Need

CLASH = "EP206"


class Together:
    """Judges pairs of builds; remembers what it said, because a search asks the same again and again."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self._said: dict[tuple[object, object], Reason | None] = {}
        self._named: dict[str, bool] = {}  # whether rows of others speak of a framework's versions

    def objection(self, one: Build, other: Build) -> Reason | None:
        """Say why they may not, if they may not."""
        key = (self.signature(one), self.signature(other))
        if key not in self._said:
            self._said[key] = next(self._objections(one, other), None)
        return self._said[key]

    def signature(self, build: Build) -> tuple[object, ...]:
        """Everything about a build that others can object to; equal signatures are interchangeable."""
        rows = tuple(id(row) for row in build.requires)
        if build.framework not in self._named:
            self._named[build.framework] = self._is_named(build)
        version = build.version if self._named[build.framework] else None
        return (build.framework, build.variant, build.toolkit, version, rows)

    def _is_named(self, build: Build) -> bool:
        """Whether another framework's rows speak of this one's versions."""
        packages = build.family.packages
        for framework in self.catalog.frameworks.values():
            if framework.name == build.framework:
                continue
            if any(need.name in packages for row in framework.requires for need in row.requirements):
                return True
            if any(side.name in packages for clash in framework.clashes for side in clash.between):
                return True
        own = build.family
        return bool(own.clashes)

    def _objections(self, one: Build, other: Build) -> Iterator[Reason]:
        yield from self._stacks(one, other)
        yield from self._followed(one, other)
        yield from self._followed(other, one)
        yield from self._decided(one, other)
        yield from self._decided(other, one)
        yield from self._shared(one, other)
        yield from self._clashes(one, other)

    def _stacks(self, one: Build, other: Build) -> Iterator[Reason]:
        """Two CUDA majors in one process load two runtimes, two cuBLAS, two cuDNN."""
        mine, theirs = one.variant.cuda_major, other.variant.cuda_major
        if mine and theirs and mine != theirs:
            text = f"{one} is built with CUDA {mine} and {other} with CUDA {theirs}"
            yield Reason(CLASH, f"{text}: one program can load only one CUDA")

    def _followed(self, one: Build, other: Build) -> Iterator[Reason]:
        framework = one.family
        if framework.follows == other.framework and one.variant != other.variant:
            yield Reason(
                CLASH, f"{one} extends {other.framework} and works only with its {one.variant} build"
            )

    def _decided(self, one: Build, other: Build) -> Iterator[Reason]:
        """What one asks of a package that the other's framework decides."""
        for row in one.requires:
            for need in row.requirements:
                versions = _versions_in(other, need.name)
                if versions and not any(
                    need.specifier.contains(one_of, prereleases=True) for one_of in versions
                ):
                    yield Reason(CLASH, f"{one} needs {need}", str(row.evidence))

    def _shared(self, one: Build, other: Build) -> Iterator[Reason]:
        """What both ask of a third package, such as cuDNN."""
        for mine in one.requires:
            for theirs in other.requires:
                for need in mine.requirements:
                    for same in theirs.requirements:
                        if need.name == same.name and not agree(need.specifier, same.specifier):
                            yield Reason(
                                CLASH,
                                f"{_title(need.name)}: {one} needs {need}, {other} needs {same}",
                                f"{mine.evidence.source}; {theirs.evidence.source}",
                            )

    def _clashes(self, one: Build, other: Build) -> Iterator[Reason]:
        for family in {one.framework: one.family, other.framework: other.family}.values():
            for clash in family.clashes:
                for first, second in (clash.between, clash.between[::-1]):
                    if _is(one, first) and _is(other, second):
                        yield Reason(CLASH, clash.why, str(clash.evidence))


def _is(build: Build, named: Need) -> bool:
    return named.name in (build.way.ask, build.family.lead) and named.specifier.contains(
        build.version, prereleases=True
    )


def _versions_in(build: Build, name: str) -> tuple[Version, ...]:
    """The versions of a package that a build of its framework brings."""
    if name in (build.family.lead, build.way.ask):
        return (build.version,)
    return build.release.companions.get(name, ()) if build.release else ()


def _title(name: str) -> str:
    for part, title in (
        ("cudnn", "cuDNN"),
        ("nccl", "NCCL"),
        ("cublas", "cuBLAS"),
        ("cuda-runtime", "CUDA runtime"),
    ):
        if part in name:
            return title
    return name

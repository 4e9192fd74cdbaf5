"""One target's window on the indexes: what it can run, each name from its one index, all refusals kept."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from envplan.index.columns import at, kinds
from envplan.index.model import File, Project
from envplan.index.specifiers import specifiers
from envplan.problems import EnvplanError, Problem, Said
from envplan.processes.parallel import in_parallel
from envplan.solver.beside import file_of
from envplan.solver.markers import Requires, World, needed
from envplan.solver.model import Need, Question, Undecided
from envplan.solver.releases import Release, released
from envplan.solver.source import Memory
from envplan.values.fitting import Ground, Rank, Unfit, build_of, judge
from envplan.values.interpreters import admits
from envplan.values.records import dataclass, field, replace

if TYPE_CHECKING:  # reading them takes modules that few locks need
    from envplan.sources.model import Given

UNDECIDED = "EP356"
_SDIST: Rank = (-1,)


@dataclass(frozen=True)
class Hidden:
    """A file that the target is not shown, and why."""

    file: File
    unfit: Unfit


@dataclass(frozen=True)
class Page:
    """What the target may see of one project: the best file of each version."""

    name: str
    index: str  # "" for a given package
    files: Mapping[Version, File]
    listed: Sequence[File] = ()
    unfit: tuple[tuple[Unfit, Sequence[int]], ...] = ()  # why, and the places in `listed`

    @property
    def hidden(self) -> Iterator[Hidden]:
        """List what the target may not see; a hundred thousand files, where nobody asks for them."""
        every = ((at(self.listed, place), why) for why, places in self.unfit for place in places)
        return (Hidden(file, why) for file, why in every if file is not None)


@dataclass(frozen=True)
class Wanted:
    """A need or constraint that holds on this target."""

    need: Need
    requires: Requires


@dataclass
class View:
    """The window of one target. Safe to use from several threads."""

    question: Question
    memory: Memory
    stop: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        question = self.question
        self.world = World.of(question.target)
        self.ground = Ground(self.world.platform, self.world.python, question.libc, question.macos)
        self.needs = _wanted(question.needs, self.world)
        self.constraints = _wanted(question.constraints, self.world)
        self.given: dict[str, Given] = {canonicalize_name(one.metadata.name): one for one in question.given}
        self.cutoff = _instant(question.exclude_newer) if question.exclude_newer else None
        self.failure: EnvplanError | None = None
        self.bug: Exception | None = None
        self.undecided: Undecided | None = None
        self.pages: dict[str, Page] = {}
        self.releases: dict[tuple[str, Version], Release] = {}
        self._lock = threading.Lock()
        self._exact: dict[str, list[SpecifierSet]] = {}
        self._early: set[str] = set()
        for wanted in (*self.needs, *self.constraints):
            self._note(wanted.requires)

    def _note(self, requires: Requires) -> None:
        """Remember which yanked versions and which pre-releases were asked for by name."""
        if requires.specifier.prereleases:
            self._early.add(requires.name)
        for one in requires.specifier:
            if one.operator == "===" or (one.operator == "==" and not one.version.endswith(".*")):
                self._exact.setdefault(requires.name, []).append(SpecifierSet(str(one)))

    def page(self, name: str) -> Page:
        """List what the target may see of a project; what the index refuses ends the solving."""
        if (page := self.pages.get(name)) is not None:
            return page
        try:
            page = self._look(name)
        except EnvplanError as error:
            self._fail(name, error)
            raise
        with self._lock:
            return self.pages.setdefault(name, page)

    def release(self, name: str, version: Version) -> Release:
        """Read what one version requires on this target."""
        if (release := self.releases.get((name, version))) is not None:
            return release
        file = self.page(name).files[version]
        try:
            given = self.given.get(name)
            metadata = given.metadata if given else self.memory.metadata(file)
        except EnvplanError as error:
            self._fail(name, error)
            raise
        found = self.memory.dependencies(metadata, self.world)
        foreign = self._is_foreign(name, version)
        release = released(name, version, metadata, found, self.world.python, foreign=foreign)
        with self._lock:
            return self.releases.setdefault((name, version), release)

    def withheld(self, name: str) -> Iterator[File]:
        """Give the source archives of a name that are kept from the target only as such, the last first."""
        page, python = self.page(name), self.world.python
        sources = (places for unfit, places in page.unfit if unfit.kind == "sdist")
        places = (place for some in sources for place in reversed(some))
        for file in filter(None, (at(page.listed, place) for place in places)):
            admitted = file.requires_python is None or admits(file.requires_python, python)
            if admitted and not self._forbidden(file, name, finals=True):
                yield file

    def foresee(self) -> None:
        """Fetch what will surely be asked for; what fails here is met again when it is asked for."""
        preferred = self.question.preferred or {}
        names = dict.fromkeys([*(wanted.requires.name for wanted in self.needs), *preferred])

        def fetch(name: str) -> None:
            if self.stop.is_set():
                return
            try:
                page = self.pages.get(name) or self.pages.setdefault(name, self._look(name))
                version = preferred.get(name)
                if version and version in page.files and name not in self.given:
                    self.memory.metadata(page.files[version])
            except Exception:  # also what closing the indexes under it may raise
                return

        in_parallel(fetch, list(names), workers=8)

    def _fail(self, name: str, error: EnvplanError) -> None:
        askers = self._askers(name)
        if name in self.question.undecided:
            self.undecided = self.undecided or self._demanded(name)
        with self._lock:
            if self.failure is None:
                first, *others = error.problems
                self.failure = EnvplanError(replace(first, wanted=(*askers, *first.wanted)), *others)
        self.stop.set()

    def broken(self, error: Exception) -> None:
        """Keep a bug of ours for the thread that can report it."""
        self.bug = self.bug or error
        self.stop.set()

    def _askers(self, name: str) -> tuple[Said, ...]:
        """Say who asked for a name: the spec, else packages already looked at."""
        asked = [Said(str(one.requires), one.need.origin) for one in self.needs if one.requires.name == name]
        for (other, version), release in sorted(self.releases.items()):
            for one in release.dependencies:
                if isinstance(one.requires, Requires) and one.requires.name == name:
                    asked += [Said(str(one.requires), f"required by {other} {version}")]
        return tuple(asked[:3])

    def _demanded(self, name: str) -> Undecided:
        """Join what the newest release of each package seen so far asks of a name."""
        newest = dict(sorted(self.releases))
        specifier, askers = SpecifierSet(), []
        for other, version in newest.items():
            for one in self.releases[other, version].dependencies:
                if isinstance(one.requires, Requires) and one.requires.name == name and not one.extra:
                    specifier &= one.requires.specifier
                    askers.append(f"{other} {version}")
        return Undecided(name, specifier, f"required by {', '.join(askers) or 'another package'}")

    def _look(self, name: str) -> Page:
        if name in self.given:
            file = file_of(self.given[name], self.ground)
            return Page(name, "", {file.version: file})
        if name in self.question.undecided:
            raise EnvplanError(_undecided(name))
        index = self.question.bindings.index_of(name)
        return self._sift(self.memory.project(index, name))

    def _sift(self, project: Project) -> Page:
        """Judge each kind of file once, and single files only of those kinds that the target can run."""
        listed = project.files
        best: dict[Version, tuple[Rank, str, File]] = {}
        unfit: list[tuple[Unfit, Sequence[int]]] = []
        finals = any(not file.version.is_prerelease and file.yanked is None for file in listed)
        for (tags, requires), places in kinds(listed).items():
            fit = self._fit(tags, requires, project)
            if isinstance(fit, Unfit):
                unfit.append((fit, places))
                continue
            for place in places:
                file = at(listed, place)
                if file is None:
                    continue
                if why := self._forbidden(file, project.name, finals):
                    unfit.append((why, (place,)))
                    continue
                rank = (*fit, build_of(file.name))
                before = best.get(file.version)
                if before is None or (rank, file.name) > before[:2]:
                    best[file.version] = (rank, file.name, file)
        files = {version: best[version][2] for version in sorted(best)}
        return Page(project.name, project.index, files, listed, tuple(unfit))

    def _fit(self, tags: str, requires: str, project: Project) -> Rank | Unfit:
        if project.status == "quarantined":
            reason = f": {project.reason}" if project.reason else ""
            return Unfit("quarantined", f"the index has put it in quarantine{reason}")
        if not tags and project.name not in self.question.sdists:
            return Unfit("sdist", "source code, which would have to be run to install it")
        fit = judge(tags, self.ground) if tags else _SDIST
        if not isinstance(fit, Unfit) and requires and not self._admitted(requires):
            return Unfit("requires-python", f"requires Python {requires}")
        return fit

    def _admitted(self, requires: str) -> bool:
        read = specifiers(requires)
        return read is None or admits(read, self.world.python)

    def _forbidden(self, file: File, name: str, finals: bool) -> Unfit | None:
        kept = self.question.preferred is not None and self.question.preferred.get(name) == file.version
        if self.cutoff is not None:
            uploaded = _instant(file.uploaded)
            if uploaded is not None and uploaded >= self.cutoff:
                return Unfit("newer", f"published on {file.uploaded}, after {self.question.exclude_newer}")
        if file.yanked is not None and not kept and not self._pinned(name, file.version):
            reason = f": {file.yanked}" if file.yanked else ""
            return Unfit("yanked", f"withdrawn by its makers{reason}")
        if finals and file.version.is_prerelease and not kept and name not in self._early:
            return Unfit("prerelease", "a pre-release, which nobody asked for by name")
        return None

    def _pinned(self, name: str, version: Version) -> bool:
        return any(exact.contains(version, prereleases=True) for exact in self._exact.get(name, ()))

    def _is_foreign(self, name: str, version: Version) -> bool:
        """Whether it is source code that this machine cannot build as the target would."""
        file = None if name in self.given else self.page(name).files.get(version)
        return self.question.foreign and file is not None and not file.is_wheel


def _undecided(name: str) -> Problem:
    return Problem(
        UNDECIDED,
        f"{name} comes in several builds, and which of them is right was not decided",
        why=(Said("another package needs it; named in the spec, it is planned for with all others"),),
        cures=(f"envplan add {name}",),
    )


def _wanted(needs: tuple[Need, ...], world: World) -> tuple[Wanted, ...]:
    found = []
    for need in needs:
        requires = needed(need.requirement, world)
        if isinstance(requires, str):  # "mytool @ file:…": what is given needs no index
            name = need.requirement.partition("@")[0].partition("[")[0].strip()
            requires = Requires(canonicalize_name(name), SpecifierSet())
        if requires is not None:
            found.append(Wanted(need, requires))
    return tuple(found)


def _instant(text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        return None
    return read if read.tzinfo else read.replace(tzinfo=UTC)

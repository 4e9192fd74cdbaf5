"""Packages that no index serves as wheels: taken from beside the lock, or built from their source."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

from envplan.catalog.places import DEFAULT_INDEX
from envplan.documents.reading import printable, shown
from envplan.environment.building import remembered
from envplan.environment.building.archives import unpacked
from envplan.environment.building.backend import Source as Piece
from envplan.environment.building.backend import built_wheel
from envplan.environment.model import Part
from envplan.index.addresses import canonical_index
from envplan.index.model import File
from envplan.lockfile.model import ArchiveSource, GitSource, LocalSource, Pinned
from envplan.lockfile.selection import Selected
from envplan.problems import EnvplanError, Problem, Said, again_without
from envplan.solver.model import Bindings, Question
from envplan.spec.model import FromGit, Requirement
from envplan.store.gathering import MISSING, as_file, gathered, require_room, told
from envplan.store.model import Progress, Tree
from envplan.values.records import dataclass
from envplan.verbs.folders import stamp_of
from envplan.verbs.intent import ground
from envplan.verbs.parts import Workplace
from envplan.verbs.places import NOT_THERE, source_of


@dataclass(frozen=True)
class Builder:
    """Makes wheels of sources, or finds those that were made before."""

    place: Workplace

    def tree(self, one: Selected) -> Tree:
        """Bring a package into the store; a build that would be the same as one before is not repeated."""
        source = one.pinned.source
        if isinstance(source, ArchiveSource) and source.is_wheel:
            return self._wheel_beside(one, source)
        key = remembered.key(self._identity(one), self.place.stood_on, [str(self.place.intent.choice.target)])
        folder = self.place.store.home.folder
        pinned = {other.name: str(other.version) for other in self._locked if other.version}
        known = remembered.remembered(folder, key, pinned)
        if known and (tree := self.place.store.have(known)):
            return tree
        around: dict[str, str] = {}
        tree = self._built(one, around)
        remembered.remember(folder, key, tree.sha256, around)
        return tree

    @property
    def _locked(self) -> list[Pinned]:
        """What the lock holds for this target."""
        intent = self.place.intent
        return [other for other in intent.held.lock.packages if intent.choice.target in other.targets]

    def _wheel_beside(self, one: Selected, source: ArchiveSource) -> Tree:
        """Take a wheel that lies beside the lock, or in a bundle; the store sees that it is the one."""
        if tree := self.place.store.have(source.sha256):
            return tree
        assert one.pinned.version is not None
        file = File("", one.pinned.name, source.name, one.pinned.version, "", source.sha256, source.size)
        if not (self.place.beside / source.path).exists() and self.place.source.holds(source.sha256):
            return gathered([file], self.place.store, self.place.source, self.place.tell)[source.sha256]
        return self.place.store.add(file, source_of(one, self.place.beside), self.place.tell, keep=True)

    def _identity(self, one: Selected) -> str:
        """Name a source by its bytes, as far as those can be told."""
        match one.pinned.source:
            case LocalSource(path, editable):
                folder = self.place.beside / path
                return f"{folder.resolve()} {editable} {stamp_of(folder, editable=editable)}"
            case GitSource(url, commit):
                return f"{url} {commit}"
            case ArchiveSource(_, sha256, _):
                return sha256
            case None:
                return one.file.sha256 if one.file else ""

    def _built(self, one: Selected, around: dict[str, str]) -> Tree:
        """Build a wheel, and unpack it; note what is around the build, by name and version."""
        require_room(self.place.store, [Said(f"{one.pinned.name}, built from its source", _origin(one))])
        with told(self.place.store, f"the source of {one.pinned.name}"):
            room = self.place.store.session().folder / f"source-{os.urandom(4).hex()}"
            room.mkdir()
        pinned, source = one.pinned, one.pinned.source
        version = "" if pinned.version is None else str(pinned.version)
        editable = isinstance(source, LocalSource) and source.editable
        piece = Piece(pinned.name, self._folder(one, room), _origin(one), version, editable)

        def provide(asked: Sequence[str]) -> list[Part]:
            parts = self._provide(one, asked)
            around.update((part.tree.project, part.tree.version) for part in parts)
            return parts

        wheel = built_wheel(piece, self.place.stood_on, provide, room.parent, self.place.tell)
        return self.place.store.add(_as_built(one, wheel), wheel, self.place.tell, hashed=True)

    def _folder(self, one: Selected, room: Path) -> Path:
        """Put the source of a package where it can be built."""
        match one.pinned.source:
            case LocalSource():
                return source_of(one, self.place.beside)
            case GitSource(url, commit):
                return self._checked_out(one, FromGit(url, commit), room)
            case ArchiveSource(_, sha256, _):
                archive = source_of(one, self.place.beside)
                if hashlib.sha256(archive.read_bytes()).hexdigest() != sha256:
                    raise EnvplanError(_another(one, archive, sha256))
                return unpacked(archive, archive.name, room)
            case None:
                assert one.file
                ((_, archive),) = self.place.source.bring([as_file(one.pinned, one.file)])
                folder = unpacked(archive, one.file.name, room)
                archive.unlink()
                return folder

    def _checked_out(self, one: Selected, place: FromGit, room: Path) -> Path:
        from envplan.sources.repositories import Repositories

        if self.place.offline:
            raise EnvplanError(_unfetched(one, f"the commit {(place.rev or '')[:12]} of {shown(place.url)}"))

        def tell(line: str) -> None:
            self.place.tell(Progress("build", line, 0, None))

        requirement = Requirement(one.pinned.name, "the lock", location=place)
        Repositories(os.environ, tell).check_out(requirement, place, place.rev or "", room)
        return room

    def _provide(self, one: Selected, asked: Sequence[str]) -> list[Part]:
        """Bring what a build asks for: each name from its one index, in the version that the lock has."""
        if not asked:
            return []
        if self.place.offline:
            raise EnvplanError(_unfetched(one, f"what its build asks for: {', '.join(asked)}"))
        from envplan.environment.building.requirements import pinned
        from envplan.index.indexes import Indexes
        from envplan.solver.uv import Uv

        spec = self.place.intent.held.spec
        with Indexes(names={index.name: index.url for index in spec.indexes} if spec else {}) as indexes:
            files = pinned(asked, f"the build of {one.pinned.name}", self._frame(), indexes, Uv())
        return [
            Part(tree)
            for tree in gathered(files, self.place.store, self.place.source, self.place.tell).values()
        ]

    def _frame(self) -> Question:
        held, choice, here = self.place.intent.held, self.place.intent.choice, self._locked
        indexes = held.spec.indexes if held.spec else ()
        patterns = [(name.lower(), canonical_index(one.url)) for one in indexes for name in one.packages]
        around = ground(choice, self.place.intent.here)
        return Question(
            target=choice.target,
            needs=(),
            bindings=Bindings(
                {other.name: other.index for other in here if other.index},
                tuple(patterns),
                canonical_index(DEFAULT_INDEX),
            ),
            preferred={other.name: other.version for other in here if other.version},
            exclude_newer=held.spec.options.exclude_newer if held.spec else None,
            libc=around.libc,
            macos=around.macos,
        )


def _origin(one: Selected) -> str:
    """Say where a source comes from."""
    match one.pinned.source:
        case LocalSource(path, _) | ArchiveSource(path, _, _):
            return f"the lock: {shown(path)}"
        case GitSource(url, commit):
            return f"the lock: {shown(url)} at {commit[:12]}"
        case None:
            return f"the lock: {one.file.name}" if one.file else "the lock"


def _as_built(one: Selected, wheel: Path) -> File:
    from packaging.utils import parse_wheel_filename

    _, version, _, _ = parse_wheel_filename(wheel.name)
    with wheel.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return File("", one.pinned.name, wheel.name, version, "", sha256, wheel.stat().st_size)


def _another(one: Selected, archive: Path, sha256: str) -> Problem:
    return Problem(
        NOT_THERE,
        f"the source archive of {one.pinned.name} is not the one that was locked",
        wanted=(Said(f"sha256 {sha256}", "the lock"),),
        found=(Said("another sha256", printable(str(archive))),),
        cures=("envplan lock",),
    )


def _unfetched(one: Selected, what: str) -> Problem:
    return Problem(
        MISSING,
        f"{one.pinned.name} is built from source, which cannot be done offline",
        wanted=(Said("nothing leaves this machine", "--offline"),),
        found=(Said(what, _origin(one)),),
        why=(Said("wheels are what a bundle holds; once it was built here, it is kept in the store"),),
        cures=(again_without("--offline"),),
    )

"""Bringing wheels into the store: each is unpacked once it is whole, while others are on their way."""

from __future__ import annotations

import contextlib
import os
import queue
import threading
from collections.abc import Collection, Generator, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal, Protocol

from envplan.index.model import File
from envplan.lockfile.model import LockedFile, Pinned
from envplan.problems import EnvplanError, Problem, Said, again_without, first_of
from envplan.store.bundle import Bundle
from envplan.store.disk import Refused, refused
from envplan.store.model import Progress, Scheme, Tell, Tree
from envplan.store.trees import Store
from envplan.values.numbers import counted
from envplan.values.records import dataclass, replace

MISSING = "EP481"

_UNPACKING = 2  # wheels at a time; each takes all processors by itself where it is large
_SHOWN = 12

Arriving = Generator[tuple[File, Path]]


class Source(Protocol):
    """Where files come from that the store does not have."""

    def bring(self, files: Sequence[File]) -> Arriving:
        """Give each file once it is whole; whoever takes one deletes it."""

    def holds(self, sha256: str) -> bool:
        """Whether it has a file that no index serves."""


def as_file(pinned: Pinned, locked: LockedFile) -> File:
    """Write a file of a lock as an index would list it."""
    assert pinned.version is not None
    return File(
        index=pinned.index or "",
        project=pinned.name,
        name=locked.name,
        version=pinned.version,
        url=locked.url,
        sha256=locked.sha256,
        size=locked.size,
        uploaded=locked.uploaded,
    )


def there(files: Sequence[File], store: Store, passed_over: Collection[Scheme] = ()) -> dict[str, Tree]:
    """Return the trees that the store has, by the sha256 of their wheels.

    Each is looked at, file by file, but for schemes that are passed over: whoever links those looks at them.
    """
    found = {file.sha256 or "": store.have(file.sha256 or "", passed_over) for file in files}
    return {sha256: tree for sha256, tree in found.items() if tree is not None}


def gathered(
    files: Sequence[File], store: Store, source: Source, tell: Tell, known: Mapping[str, Tree] | None = None
) -> dict[str, Tree]:
    """Return the tree of each file by its sha256; what the store does not have is taken from the source.

    `known` is what `there` has found already.
    """
    found = dict(there(files, store) if known is None else known)
    missing = {file.sha256 or "": file for file in files if file.sha256 not in found}
    if missing:
        with contextlib.closing(source.bring(list(missing.values()))) as arriving:
            found |= _unpacked(arriving, store, tell)
        store.commit(tell)
    return found


class _Unpackers:
    """Threads that unpack what they are given; daemons, so that no Ctrl-C has to wait for them."""

    def __init__(self, store: Store, tell: Tell) -> None:
        self.trees: dict[str, Tree] = {}
        self.failures: list[BaseException] = []
        self._store = store
        self._tell = tell
        self._waiting: queue.SimpleQueue[tuple[File, Path] | None] = queue.SimpleQueue()
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(_UNPACKING)]
        for thread in self._threads:
            thread.start()

    def give(self, file: File, wheel: Path) -> None:
        """Have a wheel unpacked; raise what went wrong with one before."""
        if self.failures:
            raise self.failures[0]
        self._waiting.put((file, wheel))

    def end(self) -> dict[str, Tree]:
        """Wait until all is unpacked."""
        for _ in self._threads:
            self._waiting.put(None)
        for thread in self._threads:
            while thread.is_alive():
                thread.join(0.5)  # short waits: on Windows a long one cannot be interrupted
        if self.failures:
            raise self.failures[0]
        return self.trees

    def _work(self) -> None:
        while (given := self._waiting.get()) is not None and not self.failures:
            file, wheel = given
            try:
                self.trees[file.sha256 or ""] = self._unpack(file, wheel)
            except BaseException as error:
                self.failures.append(error)

    def _unpack(self, file: File, wheel: Path) -> Tree:
        assert file.sha256 is not None
        if not wheel.exists() and (tree := self._store.have(file.sha256)):
            return tree  # another process was quicker
        return self._store.add(file, wheel, self._tell, hashed=True)


def _unpacked(arriving: Iterable[tuple[File, Path]], store: Store, tell: Tell) -> Mapping[str, Tree]:
    unpackers = _Unpackers(store, tell)
    for file, wheel in arriving:
        unpackers.give(file, wheel)
    return unpackers.end()


@contextlib.contextmanager
def told(store: Store, wanted: str) -> Iterator[None]:
    """Turn what the system says of the store's disk into a problem that says what it was for."""
    try:
        yield
    except OSError as error:
        raise refused(store.home.folder, error, wanted) from None


def require_room(store: Store, lacking: Sequence[Said]) -> None:
    """Say what a store lacks that cannot be written, before anything is fetched for it."""
    try:
        if lacking:
            store.session()
    except Refused as refusal:
        (problem,) = refusal.problems
        wanted = Said("room for what it lacks", str(store.home.folder))
        why = Said("what it has can be used as it is; the rest would have to be unpacked into it")
        told = replace(problem, wanted=(wanted,), found=(*problem.found, *lacking), why=(why,))
        raise Refused(told, closed=refusal.closed) from None


def announce(files: Sequence[File], tell: Tell, stage: Literal["fetch", "take"] = "fetch") -> None:
    """Say how much is to be brought in all."""
    if files:
        tell(Progress(stage, "", 0, sum(file.size or 0 for file in files) or None))


@dataclass(frozen=True)
class FromIndexes:
    """Fetches from where the lock says, or the mirrors of that."""

    store: Store
    names: Mapping[str, str]  # the indexes of the spec, for their logins
    tell: Tell

    def bring(self, files: Sequence[File]) -> Arriving:
        """Fetch; what another process brings in the meantime is not fetched twice."""
        from envplan.index.indexes import Indexes
        from envplan.store.fetch import fetch

        def unneeded(file: File) -> bool:
            return self.store.have(file.sha256 or "") is not None

        require_room(self.store, _shown(files))
        announce(files, self.tell)
        folder = self.store.home.folder
        with Indexes(names=self.names) as indexes:
            place, tell = indexes.place, self.tell
            yield from fetch(files, folder, indexes.web(), place, tell, unneeded=unneeded, unpacked=True)

    def holds(self, sha256: str) -> bool:
        """Indexes serve only what they serve."""
        return False


@dataclass(frozen=True)
class FromBundle:
    """Takes out of a bundle what that has, and the rest from elsewhere."""

    store: Store
    bundle: Bundle
    elsewhere: Source
    tell: Tell

    def bring(self, files: Sequence[File]) -> Arriving:
        """Write files out under names that are ours."""
        inside = [file for file in files if self.holds(file.sha256 or "")]
        yield from self.elsewhere.bring([file for file in files if file not in inside])
        require_room(self.store, _shown(inside))
        announce(inside, self.tell, "take")
        for file in inside:
            with told(self.store, file.name):
                target = self.store.session().folder / f"{file.sha256}.{os.urandom(4).hex()}"
                self.bundle.extract(file.sha256 or "", target, self.tell)
            yield file, target

    def holds(self, sha256: str) -> bool:
        """Whether the file is in the bundle."""
        return sha256 in self.bundle.files


class FromNowhere:
    """Refuses whatever is missing: nothing may leave this machine. `bundled` makes a bundle that has it."""

    def __init__(self, bundled: str) -> None:
        self.bundled = bundled

    def bring(self, files: Sequence[File]) -> Arriving:
        """Name what is missing."""
        if files:
            raise EnvplanError(_missing(files, self.bundled))
        yield from ()

    def holds(self, sha256: str) -> bool:
        """Nothing is there."""
        return False


def _missing(files: Sequence[File], bundled: str) -> Problem:
    total = sum(file.size or 0 for file in files)
    files_are = f"{counted(len(files), 'file')} {'is' if len(files) == 1 else 'are'}"
    return Problem(
        MISSING,
        f"{files_are} missing ({total:,} bytes), and nothing may be fetched",
        wanted=(Said("nothing leaves this machine", "--offline"),),
        found=_shown(files),
        why=(Said("they are neither in the store nor in a bundle that was named"),),
        cures=(again_without("--offline"), f"{bundled}   (on a machine with a network)"),
    )


def _shown(files: Sequence[File]) -> tuple[Said, ...]:
    """Name files, the largest first."""
    from envplan.documents.reading import printable

    largest = sorted(files, key=lambda file: -(file.size or 0))
    return first_of([Said(f"{printable(file.name)}, {_size(file)}") for file in largest], _SHOWN)


def _size(file: File) -> str:
    return f"{file.size:,} bytes" if file.size is not None else "of a size that no index told"

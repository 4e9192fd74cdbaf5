"""Where a view gets what it serves: the indexes, asked once for each thing however many targets want it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Any, Protocol, TypeVar

from envplan.index.model import File, Metadata, Project
from envplan.solver.markers import Dependency, World, dependencies

T = TypeVar("T")


class Source(Protocol):
    """What solving needs of the index client. Called from several threads; failures are EnvplanErrors."""

    def project(self, index: str, name: str) -> Project:
        """List the files of a project on one index."""
        ...

    def metadata(self, file: File) -> Metadata:
        """Read what a file says of itself; for an sdist too, where it is allowed."""
        ...

    def hashed(self, file: File) -> File:
        """Give the file its sha256 (and size), by fetching it where the index does not say."""
        ...


class _Cell:
    """One thing being fetched: the second who wants it waits for the first."""

    __slots__ = ("lock", "value")

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.value: Any = None


class Memory:
    """Everything heard from a source during one command."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._cells: dict[Hashable, _Cell] = {}
        self._lock = threading.Lock()

    def project(self, index: str, name: str) -> Project:
        """List the files of a project on one index."""
        return self._once((index, name), lambda: self._source.project(index, name))

    def metadata(self, file: File) -> Metadata:
        """Read what a file says of itself."""
        return self._once(
            (file.index, file.project, file.name, file.sha256), lambda: self._source.metadata(file)
        )

    def dependencies(self, metadata: Metadata, world: World) -> tuple[Dependency, ...]:
        """Read what it requires where the target's markers hold."""
        return self._once((id(metadata), world), lambda: (metadata, dependencies(metadata, world)))[1]

    def _once(self, key: Hashable, make: Callable[[], T]) -> T:
        with self._lock:
            cell = self._cells.setdefault(key, _Cell())
        if cell.value is None:
            with cell.lock:
                if cell.value is None:
                    cell.value = make()
        value: T = cell.value
        return value

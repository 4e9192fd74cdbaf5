"""Where things lie in the store."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from envplan.store.paths import reachable
from envplan.values.records import dataclass


@dataclass(frozen=True)
class Home:
    """The folder of the store, and the folders in it that have to do with unpacked wheels."""

    folder: Path

    @property
    def trees(self) -> Path:
        """Unpacked wheels, whole and checked."""
        return self.folder / "trees"

    @property
    def building(self) -> Path:
        """What sessions are making; each has a folder of its own."""
        return self.folder / "building"

    @property
    def aside(self) -> Path:
        """Trees that are not as they were unpacked."""
        return self.folder / "aside"

    @property
    def roots(self) -> Path:
        """Which environments use which trees."""
        return self.folder / "roots"

    def tree(self, sha256: str) -> Path:
        """Where the wheel with this hash lies, or will."""
        return self.trees / sha256[:2] / sha256

    def visible(self) -> Iterator[tuple[str, Path]]:
        """Give the hash and folder of all trees."""
        for shelf in _below(self.trees):
            for folder in _below(shelf):
                yield folder.name, folder


def home(folder: Path) -> Home:
    """Take a folder for the store."""
    # Not Path.resolve: who moved the store by a link wants to see the path that was named.
    return Home(reachable(Path(os.path.abspath(folder))))  # noqa: PTH100


def _below(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []

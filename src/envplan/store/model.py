"""What the store holds, and what it is told while it works."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal

from envplan.values.records import dataclass

Scheme = Literal["purelib", "platlib", "headers", "scripts", "data"]


@dataclass(frozen=True)
class EntryPoint:
    """A command that a wheel brings: its name, and `module:function` behind it."""

    name: str
    target: str
    gui: bool = False


@dataclass(frozen=True)
class Files:
    """The files of an unpacked wheel under one scheme, in columns: 14,000 objects take longer than links.

    `paths` are relative to the scheme's folder, with slashes, parents before children in `folders`.
    """

    scheme: Scheme
    root: Path  # where they lie in the store
    folders: tuple[str, ...]
    paths: tuple[str, ...]
    sizes: tuple[int, ...]
    sha256: tuple[str, ...]  # hexadecimal
    executable: frozenset[str]


@dataclass(frozen=True)
class Tree:
    """One wheel, unpacked in the store: never changed, and named by the wheel's sha256."""

    sha256: str  # of the wheel
    wheel: str  # its file name
    project: str  # normalised
    version: str
    info: str  # its folder of metadata, "torch-2.2.2+cu121.dist-info"
    folder: Path
    files: tuple[Files, ...]  # one for each scheme; RECORD, INSTALLER, direct_url.json not among them
    entry_points: tuple[EntryPoint, ...] = ()
    startup: tuple[str, ...] = ()  # files that Python runs when it starts: *.pth with code, sitecustomize.py
    moment: int = 0  # when all its files say they were changed, in nanoseconds; links to them say so too
    modes: tuple[int, int] = (0, 0)  # kind and permissions of all plain files, and of all that can be run

    @property
    def size(self) -> int:
        """The bytes of all its files."""
        return sum(sum(one.sizes) for one in self.files)


@dataclass(frozen=True)
class Progress:
    """One step of long work, for whoever shows it: `done` of `total` bytes (or things) of `what`."""

    stage: Literal["fetch", "take", "unpack", "build", "link", "sync", "verify", "pack", "wait"]
    what: str
    done: int
    total: int | None


Tell = Callable[[Progress], None]


def untold(_: Progress) -> None:
    """Tell nobody."""

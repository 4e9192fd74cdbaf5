"""Paths beside the spec, as they stand in a lock that may lie in another folder, and what they lead to."""

from __future__ import annotations

import os
from pathlib import Path

from envplan.documents.opening import kind_of
from envplan.documents.reading import printable
from envplan.lockfile.model import ArchiveSource, LocalSource
from envplan.lockfile.selection import Selected
from envplan.problems import EnvplanError, Problem, Said

NOT_THERE = "EP405"


def seen_from(lock: Path, folder: Path, path: str) -> str:
    """Write a path that begins at the folder of the spec as one that begins at the folder of the lock."""
    here, there = folder.resolve(), lock.parent.resolve()
    if here == there:
        return path
    try:
        return Path(os.path.relpath(here / path, there)).as_posix()
    except ValueError:  # on Windows, where each drive is a tree of its own
        problem = Problem(
            "EP100",
            f"no path leads from the lock to {path}",
            found=(Said(f"the lock is on {there.drive}, the spec on {here.drive}", "--lock"),),
            cures=("envplan lock",),
        )
        raise EnvplanError(problem) from None


def source_of(one: Selected, folder: Path) -> Path:
    """Find the file or folder that a package comes from; `folder` is that of the lock."""
    source = one.pinned.source
    assert isinstance(source, LocalSource | ArchiveSource)
    path = folder / source.path
    kind = kind_of(path)
    if kind == ("a folder" if isinstance(source, LocalSource) else "a file"):
        return path
    raise EnvplanError(
        Problem(
            NOT_THERE,
            f"{one.pinned.name} is not where the lock says",
            found=(Said("nothing is there" if kind == "nothing" else kind, printable(str(path))),),
            why=(Said("paths in a lock begin at its own folder; what they lead to is no part of it"),),
            cures=(f"envplan why {one.pinned.name}",),
        )
    )

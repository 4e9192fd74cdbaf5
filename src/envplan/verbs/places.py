"""Paths beside the spec, as they stand in a lock that may lie in another folder."""

from __future__ import annotations

import os
from pathlib import Path

from envplan.problems import EnvplanError, Problem, Said


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

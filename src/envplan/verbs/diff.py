"""Diff: what one lock changes against another."""

from __future__ import annotations

from pathlib import Path

from envplan.lockfile.diff import Diff, diff
from envplan.problems import EnvplanError, Problem, Said
from envplan.verbs.locks import STDIN, read_lock

_CURE = "git show HEAD:pylock.toml | envplan diff - pylock.toml"


def diff_locks(old: Path, new: Path) -> Diff:
    """Compare two locks; one of them may be "-", which is stdin."""
    if str(old) == str(new) == STDIN:
        raise EnvplanError(
            Problem(
                "EP100",
                "only one of the two locks can come from stdin",
                wanted=(Said("envplan diff OLD NEW"),),
                cures=(_CURE,),
            )
        )
    problems: list[Problem] = []
    locks = []
    for file in (old, new):
        try:
            locks.append(read_lock(file, _CURE))
        except EnvplanError as error:
            problems += error.problems
    if problems:
        raise EnvplanError(*problems)
    return diff(*locks)

"""What a disk that refuses means for whoever works in the store."""

from __future__ import annotations

import errno
import shlex
from pathlib import Path

from envplan.documents.folders import FULL, what_is_there
from envplan.documents.reading import printable
from envplan.problems import AGAIN, EnvplanError, Problem, Said, reason_of

ELSEWHERE = f"ENVPLAN_STORE=/a/disk/with/room {AGAIN}"

_CLOSED = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})


class Refused(EnvplanError):  # noqa: N818
    """A disk that refuses; `closed` says that it may be read: a read-only disk, or somebody else's folder."""

    def __init__(self, problem: Problem, *, closed: bool) -> None:
        super().__init__(problem)
        self.closed = closed


def refused(folder: Path, error: OSError, wanted: str, *, cannot: str = "written") -> Refused:
    """Say that the store, or a folder in it, cannot be written (or read); what is in it stays as it is."""
    place = printable(str(folder))
    reason = reason_of(error).lower()
    title = "there is no more room for the store" if error.errno in FULL else f"the store cannot be {cannot}"
    why = "nothing in it is half done: what was complete before still is, and the rest is done anew"
    problem = Problem(
        "EP401",
        title,
        wanted=(Said(wanted, place),),
        found=(Said(reason, printable(str(error.filename or folder))),),
        why=(Said(why),),
        cures=_cures(folder, error),
    )
    return Refused(problem, closed=error.errno in _CLOSED)


def _cures(folder: Path, error: OSError) -> tuple[str, ...]:
    if error.errno in FULL:
        return ("envplan cache gc", ELSEWHERE)
    return (f"ls -ld {shlex.quote(str(what_is_there(folder)))}", ELSEWHERE)

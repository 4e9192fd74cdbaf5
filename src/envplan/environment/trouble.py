"""What a disk that refuses means for an environment."""

from __future__ import annotations

import contextlib
import os
import shlex
from collections.abc import Iterator
from pathlib import Path

from envplan.documents.folders import FULL, what_is_there
from envplan.problems import EnvplanError, Problem, Said, reason_of

UNWRITABLE = "EP441"


@contextlib.contextmanager
def told(folder: Path, wanted: str) -> Iterator[None]:
    """Turn what the system says into a problem that says what it was for."""
    try:
        yield
    except OSError as error:
        raise refused(folder, error, wanted) from None


def refused(folder: Path, error: OSError, wanted: str, *, cannot: str = "written") -> EnvplanError:
    """Say that something at an environment could not be done."""
    full = error.errno in FULL
    title = "there is no more room for the environment" if full else f"the environment cannot be {cannot}"
    reason = reason_of(error).lower()
    where = os.fspath(error.filename) if isinstance(error.filename, str | os.PathLike) else str(folder)
    return EnvplanError(
        Problem(
            UNWRITABLE,
            title,
            wanted=(Said(wanted, str(folder)),),
            found=(Said(reason, where),),
            why=(Said("the environment that was in use is as it was; nothing needs to be cleaned up"),),
            cures=_cures(folder, full),
        )
    )


def _cures(folder: Path, full: bool) -> tuple[str, ...]:
    place = shlex.quote(str(what_is_there(folder)))
    if full:
        return ("envplan cache gc", f"df -h {place}")
    return (f"ls -ld {place}",)

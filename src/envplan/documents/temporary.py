"""A folder for the time being: what is in it is gone afterwards."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from envplan.documents.reading import printable
from envplan.problems import AGAIN, EnvplanError, Problem, Said, reason_of

ELSEWHERE = f"TMPDIR=/a/disk/with/room {AGAIN}"  # what to try


@contextlib.contextmanager
def temporary_folder(prefix: str, wanted: str) -> Iterator[Path]:
    """Make one; where its disk refuses, then or later, that is said to be of this folder."""
    try:
        # On Windows a killed child may hold its folder for a moment longer.
        with tempfile.TemporaryDirectory(prefix=prefix, ignore_cleanup_errors=True) as folder:
            yield Path(os.path.realpath(folder))
    except OSError as error:
        raise EnvplanError(
            Problem(
                "EP401",
                "the folder for temporary files cannot be written",
                wanted=(Said(wanted),),
                found=(Said(reason_of(error), printable(str(error.filename or tempfile.tempdir or ""))),),
                cures=(ELSEWHERE,),
            )
        ) from None

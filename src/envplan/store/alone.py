"""One process at a time: whoever works on a wheel of the store holds its lock."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path

from envplan.documents.folders import make_folder
from envplan.problems import EnvplanError, Problem, Said
from envplan.store.disk import refused
from envplan.store.holding import Busy, Holder, holding
from envplan.store.model import Progress, Tell, untold

LONG = 3600.0  # seconds; the largest wheels take minutes to fetch and to unpack
_PAUSE = 0.05
_UNNOTICED = 1.0  # seconds that nobody has to be told of


@contextlib.contextmanager
def alone(folder: Path, key: str, *, wait: float = LONG, tell: Tell = untold) -> Iterator[bool]:
    """Hold the lock of a key (a wheel's sha256) of the store in `folder`, against processes and threads.

    It is not re-entrant, may be ended by another thread, and leaves nothing behind. `Busy` is raised where
    `wait` is 0. False where the file system knows no locks.
    """
    path = folder / "locks" / key
    begun = time.monotonic()
    with contextlib.ExitStack() as stack:
        while True:
            try:
                make_folder(path.parent)
                sure = stack.enter_context(holding(path, fleeting=True))
                break
            except Busy as taken:
                if wait <= 0:
                    raise
                if time.monotonic() > begun + wait:
                    raise waited(taken.holder) from None
                if time.monotonic() > begun + _UNNOTICED:
                    tell(Progress("wait", taken.holder.said, 0, None))
            except OSError as error:
                raise refused(path.parent, error, "a lock against other processes") from None
            time.sleep(_PAUSE)
        yield sure


def waited(holder: Holder) -> EnvplanError:
    """Say that somebody was waited for in vain."""
    return EnvplanError(
        Problem(
            "EP410",
            "another envplan is at the same work, and does not come to an end",
            found=(Said(holder.said),),
            why=(Said("what several need is done once, by one of them; the others wait, but not for ever"),),
            cures=holder.cures,
        )
    )

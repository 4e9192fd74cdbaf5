"""One at a time: whoever changes an environment holds its lock, and says who it is."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from envplan.environment.model import Place
from envplan.environment.places import prepare
from envplan.environment.trouble import told
from envplan.problems import EnvplanError, Problem, Said
from envplan.store.holding import Busy, Holder, holding

BUSY = "EP443"


@contextlib.contextmanager
def held(place: Place) -> Iterator[None]:
    """Hold an environment against all others. The system lets go when a process ends, however it ends."""
    prepare(place)
    path = place.folder / "lock"
    with contextlib.ExitStack() as stack:
        try:
            with told(path, "a lock against others"):
                stack.enter_context(holding(path))
        except Busy as busy:
            raise _busy(place, path, busy.holder) from None
        yield


def _busy(place: Place, path: Path, holder: Holder) -> EnvplanError:
    return EnvplanError(
        Problem(
            BUSY,
            f"another envplan is at work on the environment {place.name}",
            found=(Said(holder.said, str(path)),),
            why=(Said("two at once would undo each other's work; nothing was done"),),
            cures=holder.cures if holder.pid else (),
        )
    )

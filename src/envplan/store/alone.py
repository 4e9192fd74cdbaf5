"""One process at a time: whoever works on a wheel of the store holds its lock."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from envplan.problems import EnvplanError, Problem, Said
from envplan.store.disk import refused

LONG = 3600.0  # seconds; the largest wheels take minutes to fetch and to unpack
_PAUSE = 0.05


class Busy(Exception):  # noqa: N818
    """Somebody else works on it; the system frees a lock when its process ends, however it ends."""

    def __init__(self, pid: int | None) -> None:
        super().__init__(holder(pid))
        self.pid = pid


def holder(pid: int | None) -> str:
    """Say who holds a lock."""
    return "busy, held by another process" if pid is None else f"busy, held by pid {pid}"


@contextlib.contextmanager
def alone(
    folder: Path,
    key: str,
    *,
    wait: float = LONG,
    busy: Callable[[int | None], None] = lambda _: None,
    stop: threading.Event | None = None,
) -> Iterator[None]:
    """Hold the lock of a key (a wheel's sha256) of the store in `folder`, against processes and threads.

    It is not re-entrant, and may be ended by another thread. `busy` hears once who has it, before
    waiting begins. `Busy` is raised where `wait` is 0, or where `stop` is set while waiting.
    """
    from filelock import FileLock, Timeout

    path = folder / "locks" / key
    until = time.monotonic() + wait
    told = False
    with contextlib.ExitStack() as stack:
        while True:
            try:
                if not path.parent.is_dir():
                    path.parent.mkdir(parents=True, exist_ok=True)
                stack.enter_context(FileLock(path, thread_local=False).acquire(timeout=0))
                break
            except Timeout:
                pid = _pid(path)
            except OSError as error:
                raise refused(path.parent, error, "a lock against other processes") from None
            if wait <= 0 or (stop is not None and stop.is_set()):
                raise Busy(pid)
            if time.monotonic() > until:
                raise waited(pid)
            if not told:
                told = True
                busy(pid)
            time.sleep(_PAUSE)
        _sign(path)
        yield


def _sign(path: Path) -> None:
    """Leave a note of who holds it. Beside the lock, because to open a lock may empty it; only a courtesy."""
    with contextlib.suppress(OSError), open(_note(path), "wb", buffering=0) as note:  # noqa: PTH123  (often)
        note.write(b"%d" % os.getpid())


def _note(path: Path) -> str:
    return f"{path}.pid"


def _pid(path: Path) -> int | None:
    try:
        with open(_note(path), "rb") as note:  # noqa: PTH123
            return int(note.read(20))
    except (OSError, ValueError):
        return None


def waited(pid: int | None) -> EnvplanError:
    """Say that somebody was waited for in vain."""
    return EnvplanError(
        Problem(
            "EP410",
            "another envplan is at the same wheel, and does not come to an end",
            found=(Said(holder(pid)),),
            why=(Said("a wheel is fetched and unpacked once, whoever needs it; waiting has a limit"),),
            cures=("ps aux" if pid is None else f"ps -fp {pid}",),
        )
    )

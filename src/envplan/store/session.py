"""A session: one process at work in the store, from when it first asks for a tree until it has linked it.

It holds a lock, which the system frees however the process ends. So leftovers of the dead can be told from
the work of the living, whatever their process numbers, in this container or another; and nothing is deleted
while anybody may be linking it.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from envplan.store.alone import Busy, alone
from envplan.store.disk import refused
from envplan.store.home import Home
from envplan.store.paths import discard, make_folder

_GATE = "gate"
_PREFIX = "session-"


class Session:
    """What one process makes, in a folder of its own; nobody else sees it."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self.name = os.urandom(8).hex()
        self._held = contextlib.ExitStack()
        _made(home, home.folder / "locks")
        # Behind the gate, so that no session begins while somebody looks whether there is one.
        with alone(home.folder, _GATE):
            self._held.enter_context(alone(home.folder, _PREFIX + self.name))

    @property
    def folder(self) -> Path:
        """Where to make things: on the disk of the store, so that they appear by being renamed."""
        folder = self._home.building / self.name
        _made(self._home, folder)
        return folder

    def end(self) -> None:
        """Leave nothing behind."""
        discard(self._home.building / self.name)
        self._held.close()
        _forget(self._home, self.name)


@contextlib.contextmanager
def nobody_else(home: Home, own: Session | None) -> Iterator[None]:
    """Keep sessions from starting; Busy where one is at work, its own aside."""
    with alone(home.folder, _GATE):
        living = sweep(home, own)
        if living:
            raise living[0]
        yield


def sweep(home: Home, own: Session | None) -> list[Busy]:
    """Delete what dead sessions left, and say who lives."""
    living = []
    for name in _names(home):
        if own is not None and name == own.name:
            continue
        try:
            with alone(home.folder, _PREFIX + name, wait=0):
                discard(home.building / name)
        except Busy as busy:
            living.append(busy)
        else:
            _forget(home, name)
    return living


def _made(home: Home, folder: Path) -> None:
    try:
        make_folder(folder)
    except OSError as error:
        raise refused(home.folder, error, "a folder to work in") from None


def _names(home: Home) -> list[str]:
    """All sessions of which there is a trace."""
    found = set()
    for folder, prefix in ((home.folder / "locks", _PREFIX), (home.building, "")):
        with contextlib.suppress(OSError):
            names = (entry.name for entry in folder.iterdir() if entry.name.startswith(prefix))
            found |= {name.removeprefix(prefix).removesuffix(".pid") for name in names}
    return sorted(found)


def _forget(home: Home, name: str) -> None:
    for lock in (f"{_PREFIX}{name}", f"{_PREFIX}{name}.pid"):
        with contextlib.suppress(OSError):
            (home.folder / "locks" / lock).unlink()

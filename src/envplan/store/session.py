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

from envplan.documents.folders import make_folder
from envplan.problems import EnvplanError
from envplan.store.alone import alone
from envplan.store.disk import refused
from envplan.store.holding import Busy, Holder
from envplan.store.home import Home
from envplan.store.model import Tell, untold
from envplan.store.paths import discard

_GATE = "gate"
_PREFIX = "session-"
_PATIENCE = 300.0  # seconds; to look through a large store on a slow disk takes one or two


class Session:
    """What one process makes, in a folder of its own; nobody else sees it."""

    def __init__(self, home: Home, tell: Tell = untold) -> None:
        self._home = home
        self.name = os.urandom(8).hex()
        self._held = contextlib.ExitStack()
        # Behind the gate, so that no session begins while somebody looks whether there is one.
        with _gate(home, tell):
            self._held.enter_context(alone(home.folder, _PREFIX + self.name))

    @property
    def folder(self) -> Path:
        """Where to make things: on the disk of the store, so that they appear by being renamed.

        Nobody else may enter it: git, backends and others make files there by the umask alone.
        """
        folder = self._home.building / self.name
        try:
            make_folder(folder, 0o700)
        except OSError as error:
            raise refused(self._home.folder, error, "a folder to work in") from None
        return folder

    def end(self) -> None:
        """Leave nothing behind."""
        discard(self._home.building / self.name)
        self._held.close()


@contextlib.contextmanager
def nobody_else(home: Home, own: Session | None) -> Iterator[None]:
    """Keep sessions from starting; Busy where one is at work, its own aside."""
    with _gate(home):
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
            with alone(home.folder, _PREFIX + name, wait=0) as sure:
                if not sure:  # nobody can tell the living from the dead here
                    raise Busy(Holder())
                discard(home.building / name)
        except Busy as busy:
            living.append(busy)
    return living


def clear_locks(home: Home) -> None:
    """Remove lock files that nobody holds: a killed process leaves them."""
    with contextlib.suppress(OSError):
        for lock in sorted((home.folder / "locks").iterdir()):
            with contextlib.suppress(Busy, EnvplanError), alone(home.folder, lock.name, wait=0):
                pass


def _gate(home: Home, tell: Tell = untold) -> contextlib.AbstractContextManager[bool]:
    return alone(home.folder, _GATE, wait=_PATIENCE, tell=tell)


def _names(home: Home) -> list[str]:
    """All sessions of which there is a trace."""
    found = set()
    for folder, prefix in ((home.folder / "locks", _PREFIX), (home.building, "")):
        with contextlib.suppress(OSError):
            names = (entry.name for entry in folder.iterdir() if entry.name.startswith(prefix))
            found |= {name.removeprefix(prefix) for name in names}
    return sorted(found)

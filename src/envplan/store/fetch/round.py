"""What all requests of one round of fetching share."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from envplan.index.model import File
from envplan.index.web.client import Web
from envplan.store.fetch.manner import Manner
from envplan.store.model import Progress, Tell

_OFTEN = 0.05  # seconds between two words about one file


class Stopped(Exception):  # noqa: N818
    """The round is over; whoever works on something leaves it as it is."""


class Round:
    """One call of `fetch`."""

    def __init__(
        self,
        folder: Path,
        web: Web,
        place: Callable[[File], str],
        tell: Tell,
        unneeded: Callable[[File], bool],
        manner: Manner,
    ) -> None:
        self.folder = folder  # the store's
        self.web = web
        self.place = place
        self.unneeded = unneeded
        self.manner = manner
        self.stop = threading.Event()
        self._tell = tell
        self._telling = threading.Lock()
        self._told: dict[str, float] = {}
        self.received = 0  # bytes, roughly; that it grows shows that servers work for us
        self._streams = 0
        self._counting = threading.Lock()

    def go_on(self) -> None:
        """Raise `Stopped` where the round is over."""
        if self.stop.is_set():
            raise Stopped

    def rest(self, seconds: float) -> None:
        """Wait, but not beyond the end of the round."""
        if self.stop.wait(seconds):
            raise Stopped

    def mirrored(self, file: File) -> bool:
        """Whether another address than the lock's is asked."""
        return self.place(file) != file.url

    def tell(self, name: str, done: int, total: int | None, *, last: bool = False) -> None:
        """Tell how far a file is: not too often, by one thread at a time, and last that it is whole."""
        now = time.monotonic()
        if not last and now - self._told.get(name, 0.0) < _OFTEN:
            return
        if self._telling.acquire(blocking=last):
            try:
                self._told[name] = now
                self._tell(Progress("fetch", name, done, total))
            finally:
                self._telling.release()

    @contextlib.contextmanager
    def stream(self) -> Iterator[None]:
        """Count a body that is being read."""
        with self._counting:
            self._streams += 1
        try:
            yield
        finally:
            with self._counting:
                self._streams -= 1

    def slowest(self) -> float:
        """Return the floor on the rate of one body: together they share the line, and so the floor."""
        return self.web.patience.slowest / max(1, self._streams)

"""Deadlines for many connections, kept by one thread: a timer a request costs more than the request."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

End = Callable[[], None]


class Watch:
    """Calls what is handed to it when its time has come, unless it is taken back before."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._ends: dict[object, tuple[float, End]] = {}
        self._next = float("inf")
        self._thread: threading.Thread | None = None

    def add(self, seconds: float, end: End) -> object:
        """Call `end` after so many seconds; returns what takes that back."""
        until, key = time.monotonic() + seconds, object()
        with self._changed:
            self._ends[key] = (until, end)
            if self._thread is None:
                self._thread = threading.Thread(target=self._keep, daemon=True)
                self._thread.start()
            if until < self._next:
                self._changed.notify()
        return key

    def take_back(self, key: object) -> None:
        """Do not call it any more."""
        with self._changed:
            self._ends.pop(key, None)

    def _keep(self) -> None:
        with self._changed:
            while True:
                now = time.monotonic()
                for key in [key for key, (until, _) in self._ends.items() if until <= now]:
                    self._ends.pop(key)[1]()
                self._next = min((until for until, _ in self._ends.values()), default=float("inf"))
                self._changed.wait(None if self._next == float("inf") else self._next - now)


WATCH = Watch()

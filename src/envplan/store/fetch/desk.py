"""What is to be done next, for everybody who has nothing to do."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path

from envplan.index.model import File
from envplan.index.trouble import Trouble
from envplan.store.disk import refused
from envplan.store.fetch.part import Piece
from envplan.store.fetch.round import Round, Stopped
from envplan.store.fetch.saying import told
from envplan.store.fetch.wheel import Wheel
from envplan.store.holding import Busy

_LOOK = 0.25  # seconds between two looks at what may have changed outside


class Desk:
    """Hands out work, the largest files first, and collects what is whole."""

    def __init__(self, files: Sequence[File], shared: Round) -> None:
        self._round = shared
        self._changed = threading.Condition()
        by_hash = {file.sha256: file for file in reversed(files)}
        wheels = [Wheel(file, shared, self._changed) for file in by_hash.values()]
        self._wheels = sorted(wheels, key=lambda wheel: -wheel.size)
        self._whole: deque[tuple[Wheel, Path]] = deque()
        self._failure: BaseException | None = None

    @property
    def lanes(self) -> int:
        """How many threads can be of use."""
        manner = self._round.manner
        wanted = (manner.a_file if wheel.large or wheel.file.size is None else 1 for wheel in self._wheels)
        return min(manner.lanes, sum(wanted))

    def stop(self) -> None:
        """Let everybody leave as it is what is under way."""
        self._round.stop.set()
        with self._changed:
            self._changed.notify_all()

    def close(self) -> None:
        """Let go of all that nobody finished."""
        for wheel in self._wheels:
            wheel.close()

    # --- for the one that collects

    def collect(self) -> tuple[Wheel, Path] | None:
        """Wait for the next file that is whole; none, when there are no more."""
        with self._changed:
            while True:
                if self._failure is not None:
                    raise self._failure
                if self._whole:
                    return self._whole.popleft()
                if not self._wheels:
                    return None
                self._changed.wait(_LOOK)  # short waits: on Windows a long one cannot be interrupted

    # --- for those that work

    def work(self) -> None:
        """Do what there is to do, until there is no more."""
        try:
            while (found := self._next()) is not None:
                self._do(*found)
        except Stopped:
            pass
        except BaseException as error:
            with self._changed:
                self._failure = self._failure or error
            self.stop()

    def _next(self) -> tuple[Wheel, Piece | None] | None:
        with self._changed:
            while self._wheels and not self._round.stop.is_set():
                found = self._find()
                if found is not None:
                    return found
                self._changed.wait(_LOOK)
            return None

    def _find(self) -> tuple[Wheel, Piece | None] | None:
        now = time.monotonic()
        crowd = sum(wheel.download.active for wheel in self._wheels if wheel.large)
        wheels = self._wheels
        if crowd >= self._round.manner.large_lanes:
            wheels = sorted(wheels, key=lambda wheel: wheel.large)  # small ones first, else as they were
        for wheel in wheels:
            if wheel.opened:
                piece = wheel.take()
                if piece is not None:
                    return wheel, piece
            elif wheel.download.active == 0 and wheel.later <= now:
                wheel.download.active = 1
                return wheel, None
        return None

    def _do(self, wheel: Wheel, piece: Piece | None) -> None:
        try:
            path = self._done(wheel, piece)
        except Trouble as trouble:
            patience, mirrored = self._round.web.patience, self._round.mirrored(wheel.file)
            raise told(trouble, wheel.file, patience, mirrored=mirrored) from None
        except OSError as error:
            raise refused(self._round.folder, error, wheel.file.name) from None
        with self._changed:
            if path is not None:
                wheel.close()
                self._wheels.remove(wheel)
                self._whole.append((wheel, path))
            self._changed.notify_all()

    def _done(self, wheel: Wheel, piece: Piece | None) -> Path | None:
        if piece is None:
            try:
                path = wheel.open()
            except Busy:
                with self._changed:
                    wheel.download.active = 0
                return None
            if path is not None:
                return path
        else:
            wheel.download.fill(piece)
        with self._changed:
            last = wheel.leave(piece)
        if not last:
            return None
        path = wheel.settle()
        with self._changed:
            wheel.download.active -= 1
        return path

"""One file of the lock, from the moment somebody may work on it until it is whole."""

from __future__ import annotations

import contextlib
import hashlib
import os
import threading
import time
from pathlib import Path

from envplan.index.model import File
from envplan.store.alone import LONG, alone, waited
from envplan.store.fetch.download import Download
from envplan.store.fetch.part import Part, Piece
from envplan.store.fetch.round import Round
from envplan.store.holding import Busy


class Wheel:
    """`take` and `leave` are called under the desk's lock, `open` and `settle` by one thread alone."""

    def __init__(self, file: File, shared: Round, lock: threading.Condition) -> None:
        assert file.sha256
        self.file = file
        self.opened = False
        self.later = 0.0  # when to try again, where another process is at it
        self.download = Download(file, Part(shared.folder / "parts", file.sha256), shared, lock)
        self._sha256 = file.sha256
        self._round = shared
        self._part = self.download.part
        self._busy_since = 0.0
        self._alone = contextlib.ExitStack()
        self._second = False  # its hash was wrong once

    @property
    def size(self) -> float:
        """How large it is, or may be."""
        return float("inf") if self.file.size is None else self.file.size

    @property
    def large(self) -> bool:
        """Whether several requests are made for it."""
        return len(self.download.pieces) > 1

    def take(self) -> Piece | None:
        """Return a piece to be fetched now."""
        download = self.download
        if download.anew or download.active >= download.lanes:
            return None
        piece = next((one for one in download.pieces if not (one.taken or one.complete)), None)
        if piece is not None:
            piece.taken = True
            download.active += 1
        return piece

    def leave(self, piece: Piece | None) -> bool:
        """Take note that somebody is done with a piece; whether it is the last, and has to `settle`."""
        if piece is not None:
            piece.taken = False
        if self.download.active == 1 and (self.download.anew or self.download.complete):
            return True
        self.download.active -= 1
        return False

    def open(self) -> Path | None:
        """Take the lock, and what earlier runs left; the path, where nothing is left to do.

        `Busy`, where another process is at it: that one fetches and unpacks it, and this one need not.
        """
        try:
            self._alone.enter_context(alone(self._round.folder, self._sha256, wait=0))
        except Busy as busy:
            now = time.monotonic()
            self._busy_since = self._busy_since or now
            if now - self._busy_since > LONG:
                raise waited(busy.holder) from None
            self.later = now + min(0.5, max(0.05, (now - self._busy_since) / 4))
            self.download.watch()
            raise
        if self._round.unneeded(self.file):
            self._part.discard()
            return self._part.whole
        if self._is_whole():
            return self._part.finish()
        # Who unpacked it shows the tree, and then deletes the file: if that went just now, the tree is there.
        if self._round.unneeded(self.file):
            return self._part.whole
        if self._part.whole.exists():
            self._part.discard()
        self.download.resume()
        self.download.tell()
        self.opened = True
        return None

    def settle(self) -> Path | None:
        """Do what only one may do: judge what is complete, or start again."""
        download = self.download
        if not download.anew:
            download.follower.catch_up(download.pieces, self._round.stop.is_set)
            self._round.go_on()
            if not download.complete:
                return None  # some of it was damaged on disk, and is fetched again
            if download.follower.hexdigest() == self._sha256:
                download.tell(last=True)
                return self._part.finish()
            self._condemn()
        self._part.discard()
        download.start_again()
        return None

    def close(self) -> None:
        """Let others have it."""
        self._alone.close()

    def _condemn(self) -> None:
        """Call it another file. What was put together, or was on disk before, gets a second chance."""
        if self.download.one_answer or self._second:
            self._part.discard()
            raise self.download.altered(f"sha256 {self.download.follower.hexdigest()}")
        self._second = True
        self.download.take_it_whole()

    def _is_whole(self) -> bool:
        """Whether a file that was completed before, and that nobody took, is still what it was."""
        digest = hashlib.sha256()
        with contextlib.suppress(OSError), self._part.whole.open("rb", buffering=0) as file:
            if self.file.size not in (None, os.fstat(file.fileno()).st_size):
                return False
            while data := file.read(1 << 20):
                self._round.go_on()
                digest.update(data)
        return digest.hexdigest() == self._sha256

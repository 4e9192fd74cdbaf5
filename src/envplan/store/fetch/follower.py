"""The sha256 of a file that comes in pieces: made while they come, in their order."""

from __future__ import annotations

import contextlib
import hashlib
import threading
from collections.abc import Callable, Sequence

from envplan.store.fetch.part import Part, Piece, crc32_of

_BOUT = 8 << 20  # bytes; more would keep a request waiting


class Follower:
    """Follows the pieces from the first on, as far as their bytes are there."""

    def __init__(self, part: Part) -> None:
        self._part = part
        self._one = threading.Lock()
        self.start_again()

    def start_again(self) -> None:
        """Forget everything; nobody may be at the file."""
        self._sha256 = hashlib.sha256()
        self.position = 0

    def hexdigest(self) -> str:
        """Return the sha256 of what was followed."""
        return self._sha256.hexdigest()

    def offer(self, at: int, data: bytes, pieces: Sequence[Piece]) -> None:
        """Take bytes that were just written, if it is their turn; else go on with what lies there, for a bit.

        Nobody waits here: who comes while another hashes leaves the bytes to be read later, from memory.
        """
        if not self._one.acquire(blocking=False):
            return
        try:
            if at == self.position:
                self._sha256.update(data)
                self.position += len(data)
            elif at > self.position:
                self._read(pieces, self.position + _BOUT, lambda: False)
        finally:
            self._one.release()

    def catch_up(self, pieces: Sequence[Piece], stopped: Callable[[], bool]) -> None:
        """Go on to the end of what is there; pieces that turn out to be damaged count as missing again."""
        with self._one:
            self._read(pieces, None, stopped)

    def _read(self, pieces: Sequence[Piece], until: int | None, stopped: Callable[[], bool]) -> None:
        while until is None or self.position < until:
            piece = _of(pieces, self.position)
            have = piece.start + piece.done
            if piece.kept:
                # Of an earlier run: taken whole or not at all, and only when no more is added to it.
                if not piece.complete or piece.taken or not self._checked(piece, stopped):
                    return
            elif have <= self.position:
                return
            else:
                for data in self._part.read_bytes(self.position, have if until is None else min(have, until)):
                    self._sha256.update(data)
                    self.position += len(data)
                    if stopped():
                        return

    def _checked(self, piece: Piece, stopped: Callable[[], bool]) -> bool:
        ahead, crc32, crc = self._sha256.copy(), crc32_of(), 0
        with contextlib.suppress(OSError):  # what cannot be read is damaged
            for data in self._part.read_bytes(piece.start, piece.start + piece.done):
                ahead.update(data)
                crc = crc32(data, crc)
                if stopped():
                    return False
        if crc != piece.crc:
            self._part.clear(piece)
            return False
        piece.kept = False
        self._sha256, self.position = ahead, piece.start + piece.done
        return True


def _of(pieces: Sequence[Piece], position: int) -> Piece:
    """Find the piece that a position lies in; the last, where it lies behind them all."""
    return next((one for one in pieces if one.end is None or position < one.end), pieces[-1])

"""How much is asked for at once."""

from __future__ import annotations

from envplan.values.records import dataclass

MIB = 1 << 20


@dataclass(frozen=True)
class Manner:
    """Bytes, and numbers of requests."""

    lanes: int = 16  # requests at once; a host is not asked more at once (index/web/connections.py)
    large_lanes: int = 12  # of them for large files while small ones wait, which cost round trips, not bytes
    a_file: int = 6  # for one file
    a_lane: int = 32 * MIB  # a file has one more lane for each
    piece: int = 16 * MIB  # files of two and more are asked for in pieces
    pieces: int = 40  # pieces are larger rather than more

    def piece_of(self, total: int) -> int:
        """Return how large the pieces of a file are; all of it, where one request does."""
        if total < 2 * self.piece:
            return total
        return max(self.piece, -(-total // self.pieces))

    def lanes_of(self, total: int) -> int:
        """Return how many requests are made for a file at once."""
        if total < 2 * self.piece:
            return 1
        return max(2, min(self.a_file, total // self.a_lane))

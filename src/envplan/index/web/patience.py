"""How long we wait for whom."""

from __future__ import annotations

from typing import Self

from envplan.settings.model import Network
from envplan.values.records import dataclass


@dataclass(frozen=True)
class Patience:
    """Seconds, unless said otherwise."""

    connect: float = 10
    first_byte: float = 30  # until status and headers are there
    page: float = 120  # for a page or metadata in all, with every attempt
    slowest: int = 2048  # bytes per second, on average over `window`
    window: float = 20
    attempts: int = 4
    pause: float = 0.25  # before the second attempt; doubled each time
    longest_pause: float = 10  # whatever Retry-After asks for

    @classmethod
    def of(cls, network: Network) -> Self:
        """Have as much patience as the user asks for: all waits grow and shrink together."""
        seconds = network.timeout or cls.first_byte
        return cls(
            connect=max(1.0, seconds / 3),
            first_byte=seconds,
            page=4 * seconds,
            attempts=network.attempts or cls.attempts,
        )

    def whole(self, size: int) -> float:
        """Return the seconds that a file of this size may take in all, with every attempt."""
        return self.page + size / self.slowest

    def before(self, attempt: int, asked: float | None) -> float:
        """Return the seconds to wait before another attempt (1 is the second)."""
        own = self.pause * 2.0 ** (attempt - 1)
        return min(self.longest_pause, own if asked is None else max(asked, own))

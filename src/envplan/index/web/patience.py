"""How long we wait for whom."""

from __future__ import annotations

from envplan.values.records import dataclass


@dataclass(frozen=True)
class Patience:
    """Seconds, unless said otherwise."""

    connect: float = 10
    first_byte: float = 30  # until status and headers are there
    page: float = 120  # for a page or metadata in all, with every attempt
    silence: float = 30  # between two parts of a body
    slowest: int = 2048  # bytes per second, on average over `window`
    window: float = 20
    attempts: int = 4
    pause: float = 0.25  # before the second attempt; doubled each time
    longest_pause: float = 10  # whatever Retry-After asks for

    def before(self, attempt: int, asked: float | None) -> float:
        """Return the seconds to wait before another attempt (1 is the second)."""
        own = self.pause * 2.0 ** (attempt - 1)
        return min(self.longest_pause, own if asked is None else max(asked, own))

"""How a program can end."""

from __future__ import annotations

from envplan.values.records import dataclass


@dataclass(frozen=True)
class Ended:
    """It ran to its end, whatever it says."""

    status: int
    output: bytes = b""  # and what it said beside it, where the two were joined
    errors: bytes = b""

    @property
    def reason(self) -> str:
        """Say what it did, in words that fit after the name of the program; so do all reasons here."""
        return f"ended with status {self.status}"

    @property
    def text(self) -> str:
        """Its answer as text."""
        return self.output.decode("utf-8", "replace")

    @property
    def said(self) -> str:
        """What it said beside its answer."""
        return self.errors.decode("utf-8", "replace")


@dataclass(frozen=True)
class Stopped:
    """We ended it, because its answer is no longer wanted."""

    @property
    def reason(self) -> str:
        """Say what happened to it."""
        return "was stopped"


@dataclass(frozen=True)
class TimedOut:
    """It did not end in time, and was ended."""

    seconds: float
    printed: str = ""

    @property
    def reason(self) -> str:
        """Say what it did."""
        return f"was still at it after {self.seconds:.3g} seconds"


@dataclass(frozen=True)
class Crashed:
    """A signal ended it."""

    signal: str
    printed: str = ""

    @property
    def reason(self) -> str:
        """Say what it did."""
        return f"crashed ({self.signal})"


@dataclass(frozen=True)
class Flooded:
    """It printed without end, and was ended."""

    limit: int
    printed: str = ""  # how it began

    @property
    def reason(self) -> str:
        """Say what it did."""
        return "printed without end"


@dataclass(frozen=True)
class NotStarted:
    """The system would not start it."""

    cause: str
    printed: str = ""

    @property
    def reason(self) -> str:
        """Say what happened to it."""
        return f"could not be started: {self.cause}"


Failed = TimedOut | Crashed | Flooded | NotStarted
Outcome = Ended | Stopped | Failed

"""What one rung of the ladder brings back: found, absent, or unreadable, which is never "there is none"."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from envplan.problems import Problem
from envplan.values.records import dataclass

T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True)
class Found(Generic[T_co]):
    """The rung holds: here is what it says."""

    value: T_co
    detail: str = ""


@dataclass(frozen=True)
class Absent:
    """There is no such thing here."""

    detail: str = ""


@dataclass(frozen=True)
class Unreadable:
    """There is something, and it would not say what."""

    problem: Problem


Outcome = Found[T_co] | Absent | Unreadable


@dataclass(frozen=True)
class Rung:
    """One source that was asked, for whoever wants to know why envplan believes what it believes."""

    name: str
    origin: str
    outcome: Found[Any] | Absent | Unreadable

    @property
    def result(self) -> str:
        """The outcome in one word."""
        match self.outcome:
            case Found():
                return "found"
            case Absent():
                return "absent"
            case Unreadable():
                return "unreadable"

    @property
    def detail(self) -> str:
        """The outcome in a line."""
        match self.outcome:
            case Unreadable(problem):
                return "; ".join([problem.title, *(said.text for said in problem.found if said.text)])
            case Found(_, detail) | Absent(detail):
                return detail

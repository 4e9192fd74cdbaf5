"""The one shape of every failure and warning."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any, Literal

from envplan.values.records import dataclass, replace

Severity = Literal["error", "warning", "note"]

# In a cure, whatever was typed: rooms that serve several commands cannot know. The CLI writes it out.
AGAIN = "the same command again"

# The first digit of a code says who has to act, and so the exit code (docs: envplan explain).
_EXITS = {"1": 2, "2": 1, "3": 3, "4": 4, "5": 4, "6": 1, "9": 70}


@dataclass(frozen=True)
class Said:
    """One statement, and where it comes from."""

    text: str
    origin: str = ""


@dataclass(frozen=True)
class Problem:
    """What was wanted, what was found, why that does not go, and what to type instead."""

    code: str
    title: str
    wanted: tuple[Said, ...] = ()
    found: tuple[Said, ...] = ()
    why: tuple[Said, ...] = ()
    cures: tuple[str, ...] = ()  # shown as "try"
    severity: Severity = "error"

    @property
    def exit(self) -> int:
        """The exit code this problem leads to, where it is an error."""
        return _EXITS.get(self.code[2:3], 70)

    def as_json(self) -> dict[str, Any]:
        """Return the shape promised in schemas/output.schema.json."""

        def lines(said: Iterable[Said]) -> list[dict[str, str]]:
            return [{"text": line.text, "origin": line.origin} for line in said]

        return {
            "code": self.code,
            "severity": self.severity,
            "title": self.title,
            "wanted": lines(self.wanted),
            "found": lines(self.found),
            "why": lines(self.why),
            "try": list(self.cures),
        }


def again_without(option: str) -> str:
    """Write, as a cure, whatever was typed but for one option that takes no value."""
    return f"{AGAIN}, without {option}"


def _of_one_wish(problem: Problem) -> Hashable:
    return (problem.code, problem.title, problem.wanted)


def told_once(
    problems: Iterable[Problem], kind: Callable[[Problem], Hashable] = _of_one_wish
) -> tuple[Problem, ...]:
    """Join problems of one kind: what several machines or targets meet is one problem."""
    alike: dict[Hashable, list[Problem]] = {}
    for one in problems:
        alike.setdefault(kind(one), []).append(one)
    return tuple(
        replace(
            those[0],
            wanted=tuple(dict.fromkeys(said for one in those for said in one.wanted)),
            found=tuple(dict.fromkeys(said for one in those for said in one.found)),
            why=tuple(dict.fromkeys(said for one in those for said in one.why)),
            cures=tuple(dict.fromkeys(cure for one in those for cure in one.cures)),
        )
        for those in alike.values()
    )


def first_of(said: Sequence[Said], most: int) -> tuple[Said, ...]:
    """Give the first of many lines, and say how many more there are."""
    more = (Said(f"and {len(said) - most} more"),) if len(said) > most else ()
    return (*said[:most], *more)


def reason_of(error: Exception) -> str:
    """Say what the system said of an error, or Python."""
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


class EnvplanError(Exception):
    """One or more problems that end the command."""

    def __init__(self, *problems: Problem) -> None:
        assert problems
        super().__init__("; ".join(f"{problem.code} {problem.title}" for problem in problems))
        self.problems = problems

    @property
    def exit(self) -> int:
        """The exit code of the first error."""
        return next((p.exit for p in self.problems if p.severity == "error"), 1)

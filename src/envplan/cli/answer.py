"""What a command gives back: the same answer for people and for programs."""

from __future__ import annotations

from typing import Any

from envplan.problems import Problem
from envplan.values.records import dataclass, field


@dataclass(frozen=True)
class Answer:
    """The outcome of one command."""

    outcome: str  # one word: planned, impossible, probed, written
    text: str = ""  # for people, on stdout
    data: dict[str, Any] = field(default_factory=dict)  # for programs, with --json
    problems: tuple[Problem, ...] = ()  # on stderr; in the JSON too
    exit: int = 0

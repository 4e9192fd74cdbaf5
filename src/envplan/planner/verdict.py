"""One build, and everything the rules say of it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from envplan.planner.model import Build, Reason
from envplan.planner.rules import Question, on_machine, on_words
from envplan.values.records import dataclass


@dataclass(frozen=True, eq=False)
class Verdict:
    """A build under a question. Most are of versions nobody asked for, so the rest is judged on demand."""

    question: Question
    build: Build

    @cached_property
    def words(self) -> tuple[Reason, ...]:
        """What the rules say of the build as an answer to the spec's words."""
        return tuple(on_words(self.question, self.build))

    @cached_property
    def reasons(self) -> tuple[Reason, ...]:
        """All that the rules say, the machine's part too."""
        return tuple(dict.fromkeys((*self.words, *on_machine(self.question, self.build, self.words))))

    @property
    def is_wanted(self) -> bool:
        """Whether it is what the spec's words ask for."""
        return not _refusing(self.words)

    @property
    def fits(self) -> bool:
        """Whether no rule refuses it."""
        return self.is_wanted and not self.refused

    @cached_property
    def refused(self) -> tuple[Reason, ...]:
        """The reasons that rule it out."""
        return _refusing(self.reasons)

    @property
    def codes(self) -> frozenset[str]:
        """The codes of the rules that refuse it."""
        return frozenset(reason.code for reason in self.refused)

    @property
    def doubts(self) -> tuple[Reason, ...]:
        """The reasons to be careful."""
        return tuple(reason for reason in self.reasons if reason.weight == "doubt")


def _refusing(reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    return tuple(reason for reason in reasons if reason.weight == "refuse")

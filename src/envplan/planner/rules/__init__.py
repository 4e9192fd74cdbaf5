"""The ordered rules. Each asks one question of one build, and gives its reasons."""

from __future__ import annotations

from collections.abc import Iterable

from envplan.planner.model import Build, Reason
from envplan.planner.rules.asked import asked
from envplan.planner.rules.device import device
from envplan.planner.rules.driver import driver
from envplan.planner.rules.kernels import kernels
from envplan.planner.rules.python import python_and_platform
from envplan.planner.rules.question import Question
from envplan.planner.rules.shared import shared

__all__ = ["Question", "judge"]


def judge(question: Question, build: Build) -> tuple[Reason, ...]:
    """Ask every rule, and keep every answer: a user wants all the reasons at once."""
    words = tuple(asked(question, build))
    on_device = tuple(device(question, build))
    reasons = [*words, *on_device]
    if not _refuse(on_device):
        reasons += [*driver(question, build), *kernels(question, build)]
    reasons += python_and_platform(question, build)
    if not _refuse(words):  # what a build that nobody asked for would clash with is of no interest
        reasons += shared(question, build)
    return tuple(_once(reasons))


def _refuse(reasons: Iterable[Reason]) -> bool:
    return any(reason.weight == "refuse" for reason in reasons)


def _once(reasons: Iterable[Reason]) -> Iterable[Reason]:
    return dict.fromkeys(reasons)

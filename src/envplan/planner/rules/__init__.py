"""The ordered rules. Each asks one question of one build, and gives its reasons."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from envplan.planner.model import Build, Reason
from envplan.planner.rules.asked import asked
from envplan.planner.rules.device import NO_DEVICE, device
from envplan.planner.rules.driver import driver
from envplan.planner.rules.kernels import kernels
from envplan.planner.rules.python import python_and_platform
from envplan.planner.rules.question import Question
from envplan.planner.rules.shared import shared

__all__ = ["Question", "on_machine", "on_words"]


def on_words(question: Question, build: Build) -> Iterator[Reason]:
    """Judge the build as an answer to the spec's words."""
    return asked(question, build)


def on_machine(question: Question, build: Build, words: Iterable[Reason]) -> Iterator[Reason]:
    """Ask every other rule, and keep every answer: a user wants all the reasons at once."""
    if question.machine.any_kinds:
        yield from _of_kind(question, build)
    else:
        devices = tuple(device(question, build))
        yield from devices
        if not _refuse(devices):
            yield from driver(question, build)
            yield from kernels(question, build)
    yield from python_and_platform(question, build)
    if not _refuse(words):  # what a build that nobody asked for would clash with is of no interest
        yield from shared(question, build)


def _of_kind(question: Question, build: Build) -> Iterator[Reason]:
    """Judge for any machine of a platform: drivers and GPUs are what its lock will ask of the real ones."""
    kind = build.variant.kind
    if kind not in (*question.machine.any_kinds, "cpu"):
        yield Reason(NO_DEVICE, f"{kind} is not among the kinds of accelerator asked for")


def _refuse(reasons: Iterable[Reason]) -> bool:
    return any(reason.weight == "refuse" for reason in reasons)

"""Demo: tell the story on a stage of its own, command by command, until something is not as it should be."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from envplan.demo.index import Index
from envplan.demo.packages import uploads
from envplan.demo.stage import Stage, stage
from envplan.demo.story import Step, Story, story
from envplan.machine.probe.host import Host
from envplan.machine.probe.system import platform
from envplan.problems import Problem, Said
from envplan.processes.outcomes import Ended, Outcome
from envplan.processes.run import run
from envplan.values.records import dataclass
from envplan.values.versions import Python

_NOT_AS_TOLD = "EP690"
_DEADLINE = 120.0  # seconds for one command, which takes one
_GRACE = 5.0  # for it to put things in order, where the demo is interrupted


@dataclass(frozen=True)
class Told:
    """One command, as it went."""

    step: Step
    output: str
    exit: int | None  # none: it did not come to its end
    seconds: float
    wrong: str = ""  # what is not as it should be


class Audience(Protocol):
    """Whoever is told the story while it goes on, as long as they are listening."""

    listening: bool

    def begins(self, told: Story) -> None:
        """It is about to begin."""

    def comes(self, step: Step) -> None:
        """A command is about to be run."""

    def ended(self, told: Told) -> None:
        """A command has been run."""


@dataclass(frozen=True)
class Performance:
    """All that happened, and what is left of it."""

    story: Story
    told: tuple[Told, ...]
    kept: Stage | None
    problems: tuple[Problem, ...]


def demo(audience: Audience, keep: Path | None = None, tale: Story | None = None) -> Performance:
    """Tell the story of this computer; it ends early where a command does not do what it should."""
    tale = tale or story(platform(Host.here()), Python(*sys.version_info[:2]))
    audience.begins(tale)
    told: list[Told] = []
    with stage(keep) as place, Index(uploads()) as index:
        place.set_up(index.mirrors)
        environ = place.environ(tale.played)
        for step in tale.steps:
            audience.comes(step)
            told.append(_told(step, place, environ))
            audience.ended(told[-1])
            if told[-1].wrong or not audience.listening:
                break
    problems = tuple(_not_as_told(one) for one in told if one.wrong)
    return Performance(tale, tuple(told), place if keep else None, problems)


def _told(step: Step, place: Stage, environ: Mapping[str, str]) -> Told:
    command = [sys.executable, "-m", "envplan", *step.words]
    begun = time.perf_counter()
    outcome = run(
        command, environ=environ, deadline=_DEADLINE, folder=place.project, errors="joined", grace=_GRACE
    )
    seconds = time.perf_counter() - begun
    if not isinstance(outcome, Ended):
        return Told(step, _printed(outcome), None, seconds, outcome.reason)
    output = outcome.text.replace("\r\n", "\n")
    missing = [one for one in step.shows if one not in output]
    wrong = f"its answer does not hold {', '.join(map(repr, missing))}" if missing else ""
    if outcome.status != step.exit:
        wrong = f"it ended with status {outcome.status}"
    return Told(step, output, outcome.status, seconds, wrong)


def _printed(outcome: Outcome) -> str:
    return getattr(outcome, "printed", "")


def _not_as_told(told: Told) -> Problem:
    return Problem(
        _NOT_AS_TOLD,
        "the demo did not go as it should",
        wanted=(Said(f"exit code {told.step.exit}", told.step.line),),
        found=(Said(told.wrong),),
        why=(Said("nothing of yours was touched; this tells of the installation, or of a bug in envplan"),),
        cures=("envplan demo --keep envplan-demo   (and look at what is in there)",),
    )

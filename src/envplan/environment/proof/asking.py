"""Asking the environment's own Python, in a process that may crash, hang, or be killed."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from envplan.documents.temporary import temporary_folder
from envplan.environment.proof.interpreter import python_of
from envplan.environment.proof.surroundings import surroundings
from envplan.processes import strays
from envplan.processes.outcomes import Crashed, Ended, Flooded, NotStarted, Outcome, Stopped, TimedOut
from envplan.processes.run import run
from envplan.store.model import Progress, Tell, untold
from envplan.values.records import dataclass

MARK = "envplan-answer:"

_START = Path(__file__).parent / "inside" / "start.py"
_FLAGS = ("-I", "-B", "-X", "faulthandler")  # nothing of the user's; no bytecode; where a crash was
_LIMIT = 16 * 1024 * 1024  # TensorFlow is talkative, and imports of old packages warn at length
_WORDS = 6
_KEPT = 400  # lines
_LONGEST = 300


@dataclass(frozen=True)
class Heard:
    """What it answered, and how it ended."""

    lines: tuple[dict[str, Any], ...]
    words: tuple[str, ...]  # the last lines that it printed besides
    trouble: str = ""  # how it ended, where that was not the end of its work
    at: str = ""  # what it was about to do by then
    late: bool = False  # whether it was ended because it took too long
    printed: str = ""  # all that it printed besides, or the end of it

    @property
    def begun(self) -> bool:
        """Whether the interpreter started at all."""
        return any("begun" in line for line in self.lines)

    def all(self, key: str) -> list[dict[str, Any]]:
        """List the lines that tell one kind of thing."""
        return [line for line in self.lines if key in line]

    def first(self, key: str) -> Any:
        """Return the first value of this key; none where it was never told."""
        return next((line[key] for line in self.lines if key in line), None)


def ask(
    folder: Path,
    subject: str,
    question: Mapping[str, Any],
    *,
    environ: Mapping[str, str],
    deadline: float,
    tell: Tell = untold,
) -> Heard:
    """Put one question to a generation's Python: `imports`, or a framework by name."""
    tell(Progress("verify", subject, 0, None))
    patience = max(deadline * 0.9, deadline - 5)
    token = os.urandom(8).hex()
    mark = f"{MARK.removesuffix(':')}-{token}:"  # what a package prints is never an answer
    given = json.dumps({**question, "patience": patience, "deadline": deadline, "mark": mark}).encode()
    with temporary_folder("envplan-verify-", "room to start the Python of the environment in") as own:
        around = surroundings(own, python_of(folder).parent, environ)
        try:
            outcome = run(
                [python_of(folder), *_FLAGS, _START, subject],
                environ={**around, strays.NAME: token},
                deadline=deadline,
                folder=own,
                given=given,
                errors="joined",
                limit=_LIMIT,
            )
        finally:
            strays.end_strays(token)
    tell(Progress("verify", subject, 0, 0))
    return heard(outcome, mark)


def _answered(line: str, mark: str) -> dict[str, Any]:
    """Read a line that is an answer; an empty one for all others, and for what only looks like one."""
    if not line.startswith(mark):
        return {}
    try:
        found = json.loads(line[len(mark) :])
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def heard(outcome: Outcome, mark: str = MARK) -> Heard:
    """Take the answers, the lines that begin with a mark, out of what a process printed."""
    printed = outcome.text if isinstance(outcome, Ended) else getattr(outcome, "printed", "")
    answers, words = [], []
    for line in printed.splitlines():
        if answer := _answered(line, mark):
            answers.append(answer)
        elif line.strip():
            words.append(line.rstrip()[:_LONGEST])
    done = any("end" in answer for answer in answers)
    at = next((str(answer["at"]) for answer in reversed(answers) if "at" in answer), "")
    trouble = _trouble(outcome, done)
    return Heard(
        tuple(answers),
        tuple(_last(words)),
        trouble,
        at if trouble else "",
        isinstance(outcome, TimedOut),
        "\n".join(words[-_KEPT:]),
    )


def _last(words: Sequence[str]) -> Sequence[str]:
    """The last lines; of a dump of stacks the first ones, where the place of the crash is."""
    fatal = next(
        (
            index
            for index, line in enumerate(words)
            if line.startswith(("Fatal Python error", "Windows fatal", "Timeout ("))
        ),
        None,
    )
    return words[-_WORDS:] if fatal is None else words[max(fatal - 2, 0) : fatal + _WORDS - 1]


def _trouble(outcome: Outcome, done: bool) -> str:
    match outcome:
        case Ended() if done:
            return ""
        case Ended(status):
            return f"left with status {status} before it was done"
        case Crashed("SIGKILL"):
            return "was killed (SIGKILL), as the system does when memory runs out"
        case Stopped():
            return "was stopped"
        case TimedOut() | Crashed() | Flooded() | NotStarted():
            return outcome.reason

"""Asks a driver's library in a child Python: it may hang, crash or print, and we must not."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from envplan.processes.outcomes import Crashed, Ended, NotStarted, Outcome
from envplan.processes.run import run

# How the child marks its answer, so that what a library prints is not taken for it.
MARK = "envplan-answer:"


def ask(
    question: str, *arguments: str, executable: str, environ: Mapping[str, str], deadline: float
) -> dict[str, Any] | Outcome:
    """Put a question to a driver library in a bare child Python; a dict is its answer."""
    if not executable:
        return NotStarted("no Python interpreter to start a child with")
    script = Path(__file__).with_name("question.py")
    command = [executable, "-I", "-S", "-B", str(script), question, *arguments]
    outcome = run(command, environ=environ, deadline=deadline, errors="dropped")
    match outcome:
        case Ended():
            return _answer(outcome.text) or outcome
        case Crashed(_, printed):  # as it left, having answered
            return _answer(printed) or outcome
        case _:
            return outcome


def _answer(output: str) -> dict[str, Any] | None:
    for line in reversed(output.splitlines()):
        _, mark, rest = line.partition(MARK)
        if mark:
            try:
                answer = json.loads(rest)
            except ValueError:
                continue
            if isinstance(answer, dict):
                return answer
    return None

"""The Python of an environment, and the one behind it: both can be taken away or replaced."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from envplan.environment.proof.damage import is_interpreter
from envplan.environment.proof.question import Question
from envplan.environment.proof.report import Drift
from envplan.problems import Problem, Said, reason_of

if TYPE_CHECKING:
    from envplan.environment.proof.asking import Heard

CODE = "EP613"

_GONE = "is not there"


def python_of(folder: Path) -> Path:
    """Name the Python of a generation."""
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def interpreter_problem(question: Question, drift: Drift) -> Problem | None:
    """Say what is wrong with the Python of a generation, without starting it."""
    python, behind = python_of(question.folder), question.receipt.interpreter
    found: list[Said] = []
    if os.path.lexists(python) and (why := _no_program(python)):
        found.append(Said(why, str(python)))
    elif why := _no_program(Path(behind.path)):
        found.append(Said(why, behind.path))
    found += [
        Said(f"{one.kind}: {one.detail}" if one.detail else one.kind, one.path)
        for one in drift.changes
        if is_interpreter(one.path) and one.kind != "added"
    ]
    if not found:
        return None
    title = _title(python, "was replaced")
    wanted = (Said(f"Python {behind.version}", behind.path),)
    return Problem(CODE, title, wanted=wanted, found=tuple(found), cures=(question.apply,))


def out_of_reach(folder: Path, cure: str) -> Problem:
    """Say that the Python of a generation cannot be started, whoever looks for why."""
    python = python_of(folder)
    found = Said(_no_program(python) or "this user may not execute it", str(python))
    why = Said("another Python on PATH would not find the packages of this environment")
    title = _title(python, "is out of reach")
    return Problem(CODE, title, found=(found,), why=(why,), cures=(cure,))


def _title(python: Path, otherwise: str) -> str:
    why = _no_program(python)
    what = "is gone" if why.endswith(_GONE) else "is out of reach" if why else otherwise
    return f"the Python of the environment {what}"


def _no_program(path: Path) -> str:
    """Say why nothing is to be found at a path, which may be a link; empty where something is."""
    try:
        path.stat()
    except OSError as error:
        gone = isinstance(error, FileNotFoundError)
        why = _GONE if gone else f"cannot be looked at: {reason_of(error).lower()}"
        return f"it leads to {path.readlink()}, which {why}" if path.is_symlink() else f"it {why}"
    return ""


def started(question: Question) -> Problem | None:
    """Start the Python of a generation, and nothing of its packages; say what is wrong with it."""
    from envplan.environment.proof.asking import MARK, heard
    from envplan.processes.run import run

    line = f'import sys; print(\'{MARK}{{"end": 0, "begun": %s}}\' % list(sys.version_info[:3]))'
    command = [str(python_of(question.folder)), "-I", "-S", "-c", line]
    answer = heard(run(command, environ=question.environ, deadline=question.deadline, errors="joined"))
    return other_version(question, answer) if answer.begun else not_starting(question, answer)


def not_starting(question: Question, heard: Heard) -> Problem:
    """Say that the Python of a generation does not even begin."""
    behind = question.receipt.interpreter
    words = tuple(Said(line, "its last words" if n == 0 else "") for n, line in enumerate(heard.words))
    return Problem(
        CODE,
        "the Python of the environment does not start",
        wanted=(Said(f"Python {behind.version}", behind.path),),
        found=(Said(heard.trouble, str(python_of(question.folder))), *words),
        cures=(question.apply,),
    )


def other_version(question: Question, heard: Heard) -> Problem | None:
    """Say that the Python behind an environment is another minor version now, which its wheels do not fit."""
    told, behind = heard.first("begun"), question.receipt.interpreter
    if not isinstance(told, list) or behind.version.split(".")[:2] == [str(part) for part in told[:2]]:
        return None
    now = ".".join(map(str, told))
    return Problem(
        CODE,
        f"the environment was built for Python {behind.version}, and Python {now} runs it",
        wanted=(Said(f"Python {behind.version}", behind.path),),
        found=(Said(f"Python {now}", str(python_of(question.folder))),),
        why=(Said("compiled modules fit one minor version of Python only"),),
        cures=(question.apply,),
    )

"""A driver's library is asked in a child: its answer is found, whatever it prints and however it ends."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from envplan.machine.probe import child
from envplan.machine.probe.question import MARK
from envplan.processes.outcomes import Crashed, Ended, NotStarted

ENVIRON = {"PATH": os.environ.get("PATH", "")}


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(child, "__file__", str(tmp_path / "child.py"))
    return tmp_path / "question.py"


@pytest.mark.parametrize(
    ("lines", "answer"),
    [
        (f"print('noise'); print('{MARK}' + '{{\"a\": 1}}')", {"a": 1}),
        (f"print('no newline', end=''); print('{MARK}' + '{{\"a\": 1}}'); print('more')", {"a": 1}),
        (f"print('{MARK}' + '{{\"a\": 1}}'); import os; os.abort()", {"a": 1}),
    ],
)
def test_an_answer_is_found_among_noise(script: Path, lines: str, answer: dict[str, int]) -> None:
    script.write_text("import sys\n" + lines.replace("; import os", "; sys.stdout.flush(); import os"))
    assert child.ask("x", executable=sys.executable, environ=ENVIRON, deadline=5) == answer


@pytest.mark.parametrize("line", [f"{MARK}not json", f"{MARK}[1]", "nothing", ""])
def test_without_an_answer_the_ending_is_told(script: Path, line: str) -> None:
    script.write_text(f"print({line!r})")
    outcome = child.ask("x", executable=sys.executable, environ=ENVIRON, deadline=5)
    assert isinstance(outcome, Ended)


def test_without_an_answer_a_crash_is_told(script: Path) -> None:
    script.write_text("print('noise', flush=True); import os; os.abort()")
    outcome = child.ask("x", executable=sys.executable, environ=ENVIRON, deadline=5)
    assert outcome == Crashed("SIGABRT", "noise\n")


def test_without_an_interpreter_nothing_is_asked() -> None:
    assert isinstance(child.ask("nvml", executable="", environ=ENVIRON, deadline=5), NotStarted)


def test_both_sides_agree_on_the_mark() -> None:
    assert child.MARK == MARK

"""How git is run: nothing of the machine's settings with it, and never longer than its deadline."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from envplan.sources.git import program
from envplan.sources.process import OUTPUT_LIMIT, Ended, Failed, run

ENVIRON = {"PATH": os.environ["PATH"]}


def python(code: str, deadline: float = 30) -> Ended | Failed:
    return run([sys.executable, "-I", "-c", code], environ=ENVIRON, deadline=deadline)


def test_the_answer_and_what_is_said_beside_it_are_kept_apart() -> None:
    outcome = python("import sys; print('yes'); print('hm', file=sys.stderr); sys.exit(3)")
    assert outcome == Ended(3, f"yes{os.linesep}".encode(), f"hm{os.linesep}")


def test_what_hangs_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    child = f"import time; time.sleep(1.5); open({str(mark)!r}, 'w')"
    outcome = python(f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])", 0.5)
    assert outcome == Failed("was still at it after 0 seconds")
    time.sleep(1.5)
    assert not mark.exists()


def test_what_prints_without_end_is_ended() -> None:
    assert python("while True: print('x' * 10000)") == Failed("printed without end")
    assert OUTPUT_LIMIT < 10_000_000


def test_a_program_that_cannot_start_is_told(tmp_path: Path) -> None:
    outcome = run([str(tmp_path / "none")], environ=ENVIRON, deadline=1)
    assert isinstance(outcome, Failed)


@pytest.mark.skipif(sys.platform == "win32", reason="programs are found by their ending there")
def test_a_git_in_the_folder_of_the_run_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "git").write_text("#!/bin/sh\n")
    (tmp_path / "git").chmod(0o755)
    monkeypatch.chdir(tmp_path)
    assert program({"PATH": ".:"}) is None
    assert program({"PATH": str(tmp_path)}) == str(tmp_path / "git")

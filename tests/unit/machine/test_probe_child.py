"""The one place that starts processes: time, size, crashes and noise."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from envplan.machine.probe import child
from envplan.machine.probe.question import MARK

ENVIRON = {"PATH": os.environ.get("PATH", "")}


def run(code: str, deadline: float = 5.0) -> child.Outcome:
    return child.run([sys.executable, "-I", "-S", "-c", code], environ=ENVIRON, deadline=deadline)


def test_output_and_status_come_back() -> None:
    assert run("print('hello'); raise SystemExit(3)") == child.Ended(3, "hello\n")


def test_the_child_sees_only_the_environment_it_is_given() -> None:
    outcome = run("import os; print(sorted(k for k in os.environ if k.startswith(('HOME', 'USER'))))")
    assert outcome == child.Ended(0, "[]\n")


def test_a_program_that_is_not_there_is_not_started() -> None:
    assert isinstance(child.run(["/nonexistent"], environ={}, deadline=1), child.NotStarted)


def test_a_command_with_a_nul_is_not_started() -> None:
    assert isinstance(child.run(["a\0b"], environ={}, deadline=1), child.NotStarted)


def test_a_crash_is_named() -> None:
    assert run("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)") == child.Crashed("SIGSEGV")


def test_endless_output_is_cut_off() -> None:
    start = time.monotonic()
    assert isinstance(run("import sys\nwhile True: sys.stdout.write('x' * 65536)"), child.Flooded)
    assert time.monotonic() - start < 4


@pytest.mark.parametrize(
    "code",
    [
        "import time; time.sleep(60)",
        "import os, time; os.close(1); time.sleep(60)",
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)",
    ],
)
def test_a_child_that_does_not_end_is_ended(code: str) -> None:
    start = time.monotonic()
    assert run(code, deadline=0.3) == child.TimedOut(0.3)
    assert time.monotonic() - start < 2


def test_what_the_child_started_is_ended_with_it(tmp_path: Path) -> None:
    file = tmp_path / "pid"
    code = (
        f"import os, time\npid = os.fork()\nif pid: open({str(file)!r}, 'w').write(str(pid))\ntime.sleep(60)"
    )
    assert run(code, deadline=0.6) == child.TimedOut(0.6)
    pid = int(file.read_text())
    for _ in range(50):
        if not _alive(pid):
            return
        time.sleep(0.02)
    raise AssertionError("the grandchild still runs")


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] not in ("Z", "X")
    except OSError:
        return False


def test_a_grandchild_that_keeps_the_pipe_open_does_not_keep_us() -> None:
    start = time.monotonic()
    outcome = run("import os, time\nif os.fork() == 0:\n os.setsid(); time.sleep(3)", deadline=0.3)
    assert outcome == child.TimedOut(0.3)
    assert time.monotonic() - start < 2


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
    assert isinstance(outcome, child.Ended)


def test_without_an_interpreter_nothing_is_asked() -> None:
    assert isinstance(child.ask("nvml", executable="", environ=ENVIRON, deadline=5), child.NotStarted)


def test_both_sides_agree_on_the_mark() -> None:
    assert child.MARK == MARK

"""Solvers that hang, crash, flood, leave children behind or do not start: each is ended, and said."""

from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path

import pytest

from envplan.solver.model import Bindings, Need, Question, Solved, Unsolved
from envplan.solver.process import Ended, Failed, Outcome, Stopped, environment, run
from envplan.solver.solve import Solving, solve_all
from envplan.solver.uv import Uv
from envplan.values.platforms import Platform
from envplan.values.targets import Target
from envplan.values.variants import CPU
from envplan.values.versions import Python
from tests.support.shelf import DEFAULT, Shelf

QUESTION = Question(
    Target(CPU, Platform("linux", "x86_64"), Python(3, 11)), (Need("app", "spec"),), Bindings({}, (), DEFAULT)
)


def python(code: str, folder: Path, deadline: float = 10, stop: threading.Event | None = None) -> Outcome:
    command = [sys.executable, "-I", "-c", code]
    return run(command, folder=folder, settings={}, deadline=deadline, stop=stop or threading.Event())


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def gone(pid: int) -> bool:
    end = time.monotonic() + 5
    while alive(pid) and time.monotonic() < end:
        time.sleep(0.02)
    return not alive(pid)


def test_what_it_prints_and_its_status_are_kept(tmp_path: Path) -> None:
    found = python("import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)", tmp_path)
    assert isinstance(found, Ended)
    assert found.status == 3
    assert sorted(found.output.split()) == ["err", "out"]


def test_one_that_hangs_is_ended_with_all_its_children(tmp_path: Path) -> None:
    code = (
        "import subprocess, sys, time, pathlib\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "pathlib.Path('pid').write_text(str(child.pid))\ntime.sleep(60)"
    )
    found = python(code, tmp_path, deadline=1.5)
    assert isinstance(found, Failed)
    assert "still at it" in found.reason
    assert gone(int((tmp_path / "pid").read_text()))


def test_one_that_crashes_is_named_by_its_signal(tmp_path: Path) -> None:
    found = python("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", tmp_path)
    assert isinstance(found, Failed)
    assert "SIGSEGV" in found.reason


def test_one_that_prints_without_end_is_stopped(tmp_path: Path) -> None:
    found = python("while True: print('x' * 10000)", tmp_path)
    assert isinstance(found, Failed)
    assert found.reason == "printed without end"
    assert len(found.output) <= 4096


def test_one_that_is_not_there_is_said(tmp_path: Path) -> None:
    found = run(["/nowhere/uv"], folder=tmp_path, settings={}, deadline=1, stop=threading.Event())
    assert isinstance(found, Failed)
    assert "could not be started" in found.reason


def test_one_whose_answer_is_no_longer_wanted_is_ended_at_once(tmp_path: Path) -> None:
    stop = threading.Event()
    threading.Timer(0.3, stop.set).start()
    begun = time.monotonic()
    assert python("import time; time.sleep(60)", tmp_path, 60, stop) == Stopped()
    assert time.monotonic() - begun < 5


def test_nothing_of_the_environment_reaches_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PIP_INDEX_URL", "UV_INDEX_URL", "PYTHONPATH", "HTTPS_PROXY", "NETRC", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, "/hostile")
    found = python("import os; print(sorted(os.environ), os.environ['HOME'], os.getcwd())", tmp_path)
    assert isinstance(found, Ended)
    assert "hostile" not in found.output
    built = environment(tmp_path, {})
    assert set(built) <= {"HOME", "TMPDIR", "PATH", "LC_ALL", "NO_PROXY", "no_proxy"} or os.name == "nt"
    assert list(Path(built["HOME"]).iterdir()) == []


def fake(folder: Path, code: str) -> Uv:
    """A program in the place of uv."""
    program = folder / "uv"
    program.write_text(f"#!{sys.executable}\nimport sys, os, time, signal, pathlib\n{code}\n")
    program.chmod(0o755)
    return Uv(program=str(program))


def shelf() -> Shelf:
    made = Shelf()
    made.put("app", "1.0")
    return made


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("time.sleep(60)", "still at it after 1 seconds"),
        ("os.kill(os.getpid(), signal.SIGABRT)", "crashed (SIGABRT)"),
        ("while True: print('x' * 100000)", "printed without end"),
        ("print('a traceback of mine'); sys.exit(2)", "ended with status 2"),
        ("pathlib.Path('pins.txt').unlink()", "wrote no answer"),
        (
            "pathlib.Path('pins.txt').write_text('app @ https://evil.example')",
            "which is not a name and a version",
        ),
    ],
)
def test_a_solver_that_misbehaves_is_told_as_our_problem(tmp_path: Path, code: str, words: str) -> None:
    [answer] = solve_all([QUESTION], shelf(), fake(tmp_path, code), deadline=1)
    assert isinstance(answer, Unsolved)
    assert answer.problem.code == "EP352"
    assert words in answer.problem.found[0].text


def test_a_solver_that_invents_an_answer_is_caught(tmp_path: Path) -> None:
    solver = fake(tmp_path, "pathlib.Path('pins.txt').write_text('app==6.6.6\\nevil==1.0\\n')")
    [answer] = solve_all([QUESTION], shelf(), solver)
    assert isinstance(answer, Unsolved)
    assert answer.problem.code == "EP351"


def test_no_name_no_version_and_no_secret_reaches_an_argv(tmp_path: Path) -> None:
    record = tmp_path / "argv"
    solver = fake(tmp_path, f"pathlib.Path({str(record)!r}).write_text('\\n'.join(sys.argv))")
    made = shelf()
    made.put("app", "2.0", ["--index-url=https://evil.example", "-e ."])
    question = Question(
        QUESTION.target,
        (Need("app[extra]>=1", ""), Need("index-url", "")),
        QUESTION.bindings,
        (Need("config-file<5", ""),),
    )
    made.put("index-url", "1.0")
    solve_all([question], made, solver)
    argv = record.read_text()
    assert "http" not in argv
    assert "app" not in argv
    assert "index-url" not in argv
    assert "config-file" not in argv


def test_leaving_while_a_solver_runs_ends_it(tmp_path: Path) -> None:
    solver = fake(
        tmp_path, f"pathlib.Path({str(tmp_path / 'pid')!r}).write_text(str(os.getpid())); time.sleep(60)"
    )
    with Solving(shelf(), solver) as solving:
        threading.Thread(target=lambda: solving.answers([QUESTION]), daemon=True).start()
        end = time.monotonic() + 10
        while not (tmp_path / "pid").exists() and time.monotonic() < end:
            time.sleep(0.02)
        time.sleep(0.1)
    assert gone(int((tmp_path / "pid").read_text()))


def test_what_uv_knows_of_our_python_is_kept_and_nothing_else(tmp_path: Path) -> None:
    for _ in range(2):
        [answer] = solve_all([QUESTION], shelf(), Uv(tmp_path / "keep"))
        assert isinstance(answer, Solved)
    assert {path.name.partition("-v")[0] for path in (tmp_path / "keep").iterdir()} == {"interpreter"}
    for file in (tmp_path / "keep").rglob("*.msgpack"):
        file.write_bytes(b"spoilt")
    [answer] = solve_all([QUESTION], shelf(), Uv(tmp_path / "keep"))
    assert isinstance(answer, Solved)

"""Solvers that hang, crash, flood or lie: each is ended, and said; none sees what it need not."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

import pytest

from envplan.solver.model import Bindings, Need, Question, Solved, Unsolved
from envplan.solver.solve import Solving
from envplan.solver.uv import Uv
from envplan.values.platforms import Platform
from envplan.values.targets import Target
from envplan.values.variants import CPU
from envplan.values.versions import Python
from tests.support.processes import gone, written_pid
from tests.support.shelf import DEFAULT, Shelf
from tests.support.solving import solve_all

QUESTION = Question(
    Target(CPU, Platform("linux", "x86_64"), Python(3, 11)), (Need("app", "spec"),), Bindings({}, (), DEFAULT)
)


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
    made.put("xylophone", "2.0", ["--index-url=https://evil.example", "-e ."])
    question = Question(
        QUESTION.target,
        (Need("xylophone[extra]>=1", ""), Need("index-url", "")),
        QUESTION.bindings,
        (Need("config-file<5", ""),),
    )
    made.put("index-url", "1.0")
    solve_all([question], made, solver)
    argv = record.read_text()
    assert "http" not in argv
    assert "xylophone" not in argv
    assert "index-url" not in argv
    assert "config-file" not in argv


def test_nothing_of_the_environment_reaches_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PIP_INDEX_URL", "UV_INDEX_URL", "PYTHONPATH", "HTTPS_PROXY", "NETRC", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, "/hostile")
    record = tmp_path / "seen"
    seen = "f'{sorted(os.environ.items())} {os.getcwd()} {os.listdir(os.environ[\"HOME\"])}'"
    solve_all([QUESTION], shelf(), fake(tmp_path, f"pathlib.Path({str(record)!r}).write_text({seen})"))
    assert "hostile" not in record.read_text()
    assert str(Path.home()) not in record.read_text()
    assert record.read_text().endswith(" []")


def test_leaving_while_a_solver_runs_ends_it(tmp_path: Path) -> None:
    solver = fake(
        tmp_path, f"pathlib.Path({str(tmp_path / 'pid')!r}).write_text(str(os.getpid())); time.sleep(60)"
    )
    with Solving(shelf(), solver) as solving:
        threading.Thread(target=lambda: solving.answers([QUESTION]), daemon=True).start()
        pid = written_pid(tmp_path / "pid")
    assert gone(pid)


def test_what_uv_knows_of_our_python_is_kept_and_nothing_else(tmp_path: Path) -> None:
    for _ in range(2):
        [answer] = solve_all([QUESTION], shelf(), Uv(tmp_path / "keep"))
        assert isinstance(answer, Solved)
    assert {path.name.partition("-v")[0] for path in (tmp_path / "keep").iterdir()} == {"interpreter"}
    for file in (tmp_path / "keep").rglob("*.msgpack"):
        file.write_bytes(b"spoilt")
    [answer] = solve_all([QUESTION], shelf(), Uv(tmp_path / "keep"))
    assert isinstance(answer, Solved)

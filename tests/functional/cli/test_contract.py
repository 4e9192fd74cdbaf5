"""What the command line promises: one JSON shape, exit codes, no traceback, nothing half-done."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.answers import document as document_of

ROOT = Path(__file__).parents[3]
ENVPLAN = [sys.executable, "-m", "envplan"]

PROCESSES = ("subprocess.Popen", "os.exec", "os.fork", "os.posix_spawn", "os.system")

SPEC = '[env]\npython = "3.11"\naccelerator = "gpu"\n\n[packages]\ntorch = "2.2"\nnumpy = "*"\n'


def envplan(*arguments: str, cwd: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*ENVPLAN, *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environ},
    )


def run_python(line: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", line], cwd=cwd, capture_output=True, text=True, check=False)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "envplan.toml").write_text(SPEC, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "outcome", "code"),
    [
        (["plan", "--for", "workstation-rtx3090"], "planned", 0),
        (["plan", "--for", "workstation-rtx5090"], "impossible", 1),
        (["plan", "--for", "workstation-rtx3090", "--for", "ci-linux"], "impossible", 1),
        (["plan", "--for", "no-such-machine"], "refused", 2),
        (["plan", "--spec", "missing.toml", "--for", "ci-linux"], "refused", 2),
        (["plan", "--frobnicate"], "refused", 2),
        (["explain", "EP203"], "explained", 0),
        (["explain", "EP777"], "refused", 2),
        (["frobnicate"], "refused", 2),
        (["add", "transformers"], "edited", 0),
        (["remove", "nothing-like-it"], "refused", 2),
        (["init", "torch"], "refused", 2),
        (["apply"], "refused", 2),
        (["bundle"], "refused", 2),
        (["cache"], "listed", 0),
        (["cache", "gc", "--deep"], "refused", 2),
        (["verify", "--files", "--smoke"], "refused", 2),
        (["probe", "--list", "--save", "lab.toml"], "refused", 2),
        (["apply", "--for", "a lab.toml", "--for", "ci-linux"], "refused", 2),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_every_command_answers_in_the_promised_json(
    project: Path, arguments: list[str], outcome: str, code: int
) -> None:
    done = envplan(*arguments, "--json", cwd=project)
    document = document_of(done)
    assert (document["outcome"], document["exit"]) == (outcome, code), document
    assert document["command"] == arguments[0]
    assert not done.stderr


def test_a_file_that_was_named_is_quoted_where_it_is_to_be_typed_again(project: Path) -> None:
    done = envplan("apply", "--for", "a lab.toml", "--for", "ci-linux", cwd=project)
    assert "envplan apply --for 'a lab.toml'" in done.stderr


def test_the_answer_is_on_stdout_and_problems_are_on_stderr(project: Path) -> None:
    done = envplan("plan", "--for", "workstation-rtx3090", cwd=project)
    assert "2.2.2+cu121" in done.stdout
    assert "EP224" in done.stderr
    assert "EP224" not in done.stdout


def test_an_impossible_plan_names_what_was_wanted_found_why_and_what_to_try(project: Path) -> None:
    told = envplan("plan", "--for", "workstation-rtx5090", cwd=project).stderr
    for label in ("wanted", "found", "why", "try"):
        assert f"\n  {label} " in told
    assert "sm_120" in told
    assert 'torch = "2.7"' in told


def test_no_colour_goes_into_a_pipe(project: Path) -> None:
    done = envplan("plan", "--for", "workstation-rtx5090", cwd=project)
    assert "\x1b" not in done.stdout + done.stderr


def test_a_reader_that_leaves_early_gets_no_traceback(project: Path) -> None:
    line = f"{sys.executable} -m envplan plan --for workstation-rtx3090 --why --json | head -c 10"
    done = subprocess.run(["sh", "-c", line], cwd=project, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
    assert "Exception" not in done.stderr


def test_help_comes_without_importing_what_it_does_not_need(project: Path) -> None:
    line = "import sys; from envplan.cli.main import main; main(['--help']); print(sorted(sys.modules))"
    wrapped = f"try:\n    {line}\nexcept SystemExit:\n    print(sorted(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", wrapped], cwd=project, capture_output=True, text=True, check=True
    )
    loaded = done.stdout.splitlines()[-1]
    for module in ("packaging", "tomlkit", "virtualenv", "pynvml", "rich"):
        assert f"'{module}'" not in loaded


@pytest.mark.parametrize("command", ["init", "add", "remove", "probe", "plan", "explain", "demo"])
def test_every_command_has_help_with_examples(project: Path, command: str) -> None:
    done = envplan(command, "--help", cwd=project)
    assert done.returncode == 0
    assert "example" in done.stdout
    assert f"envplan {command}" in done.stdout


def test_ctrl_c_says_so_and_exits_130(project: Path) -> None:
    """A plan for many machines takes a while; a real SIGINT comes in the middle of it."""
    machines = [word for _ in range(60) for word in ("--for", "workstation-rtx5090")]
    process = subprocess.Popen(
        [*ENVPLAN, "plan", *machines, "--json"],
        cwd=project, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    time.sleep(0.6)
    process.send_signal(signal.SIGINT)
    out, told = process.communicate(timeout=30)
    assert process.returncode == 130
    assert json.loads(out)["outcome"] == "interrupted"
    assert "Traceback" not in told


GARBAGE = {
    "binary": b"\x00\x01\x02",
    "UTF-16": b"\xff\xfe[\x00",
    "a BOM and a wrong type": b"\xef\xbb\xbf[packages]\ntorch = 5\n",
    "an argument as a name": b"[packages]\n'-r/etc/passwd' = '*'\n",
    "a newline in a version": b'[packages]\ntorch = "2.2\\n--index-url evil"\n',
    "brackets": b"[" * 20000,
    "nesting": b"a = " + b"[" * 5000,
    "one megabyte": b"x = 1\n" * 200_000,
    "a list for a version": b'[packages]\ntorch = { version = ["2"] }\n',
    "wrong types everywhere": b"packages = 3\nenv = []\ntargets = ''\n",
    "no UTF-8": b"\xff\xff",
}


@pytest.mark.parametrize("content", GARBAGE.values(), ids=GARBAGE.keys())
def test_garbage_gets_a_problem_and_never_a_traceback(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "envplan.toml").write_bytes(content)
    done = envplan("plan", "--for", "ci-linux", "--json", cwd=tmp_path)
    document = document_of(done)
    assert document["exit"] == 2
    assert all(problem["code"] == "EP101" for problem in document["problems"])


def test_a_bad_spec_starts_no_process(tmp_path: Path) -> None:
    """Seen from outside: an audit hook that ends the program at the first process it would start."""
    (tmp_path / "envplan.toml").write_text("[packages]\n'-r/etc/passwd' = '*'\n", encoding="utf-8")
    line = (
        "import sys, os\n"
        "def hook(event, args):\n"
        f"    if event in {PROCESSES}: os._exit(99)\n"
        "sys.addaudithook(hook)\n"
        "from envplan.cli.main import main\n"
        "raise SystemExit(main(['plan']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", line], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2


def raising(error: str, project: Path) -> subprocess.CompletedProcess[str]:
    """Plan, and meet something that no code expects: opening a file of the catalog raises an error."""
    line = (
        "import sys\n"
        "def hook(event, args):\n"
        f"    if event == 'open' and str(args[0]).endswith('torch.toml'): raise {error}\n"
        "sys.addaudithook(hook)\n"
        "from envplan.cli.main import main\n"
        "raise SystemExit(main(['plan', '--for', 'ci-linux']))"
    )
    return run_python(line, project)


def test_a_bug_is_a_problem_too(project: Path) -> None:
    done = raising("RuntimeError('a cat')", project)
    assert done.returncode == 70
    assert "EP900" in done.stderr
    assert "Traceback" not in done.stderr


def test_where_memory_ends_no_bug_is_to_blame(project: Path) -> None:
    done = raising("MemoryError", project)
    assert done.returncode == 4
    assert "error[EP470] there is not enough memory" in done.stderr
    assert "envplan plan --for ci-linux" in done.stderr


@pytest.mark.parametrize("coding", ["ascii", "latin-1", "utf-8"])
def test_a_terminal_that_knows_few_letters_gets_every_word(project: Path, coding: str) -> None:
    done = envplan("plan", "--for", "datacenter-a100-470", "--why", cwd=project, PYTHONIOENCODING=coding)
    assert done.returncode == 0
    assert "EP202" in done.stdout


def test_the_pretended_machine_is_planned_for(project: Path) -> None:
    done = envplan("plan", "--json", cwd=project, ENVPLAN_PROFILE="laptop-rtx3060")
    machine = document_of(done)["data"]["machines"][0]
    assert (machine["platform"], machine["variant"]) == ("windows-x86_64", "cu121")


@pytest.mark.parametrize("moment", [0.03, 0.06, 0.1])
def test_probing_can_be_interrupted(tmp_path: Path, moment: float) -> None:
    """A real SIGINT to a real process, while it imports or while it asks."""
    # Until Python has started itself, Ctrl-C is Python's own affair; so the process says when it has.
    line = (
        "import sys; from envplan.cli.start import main\n"
        "print('on', file=sys.stderr, flush=True)\n"
        "sys.exit(main())"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", line, "probe", "--json"],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stderr
    assert process.stderr.readline() == "on\n"
    time.sleep(moment)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=20)
    assert process.returncode in (0, 130)
    assert "Traceback" not in told

"""Programs that hang, crash, flood, leave children behind or do not start: each is ended, and said."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from envplan.processes.outcomes import Crashed, Ended, Flooded, NotStarted, Outcome, Stopped, TimedOut
from envplan.processes.run import OUTPUT_LIMIT, Errors, run
from envplan.processes.surroundings import from_nothing
from tests.support.processes import gone, written_pid

ENVIRON = {"PATH": os.environ.get("PATH", "")}
HANGING = "import time; time.sleep(60)"
PARENT = (
    "import subprocess, sys, time, pathlib\n"
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
    "pathlib.Path('part').write_text(str(child.pid))\n"
    "pathlib.Path('part').rename('pid')\n"
)


def python(code: str, folder: Path | None = None, deadline: float = 10) -> Outcome:
    return run([sys.executable, "-I", "-S", "-c", code], environ=ENVIRON, deadline=deadline, folder=folder)


def test_its_answer_and_what_it_said_beside_it_are_kept_apart() -> None:
    outcome = python("import sys; print('yes'); print('hm', file=sys.stderr); sys.exit(3)")
    assert outcome == Ended(3, f"yes{os.linesep}".encode(), f"hm{os.linesep}".encode())
    assert (outcome.text.strip(), outcome.said.strip()) == ("yes", "hm")


@pytest.mark.parametrize(("errors", "kept"), [("joined", ["hm", "yes"]), ("dropped", ["yes"])])
def test_what_it_said_beside_it_may_be_joined_or_dropped(errors: Errors, kept: list[str]) -> None:
    command = [sys.executable, "-c", "import sys; print('yes'); print('hm', file=sys.stderr)"]
    outcome = run(command, environ=ENVIRON, deadline=10, errors=errors)
    assert isinstance(outcome, Ended)
    assert sorted(outcome.text.split()) == kept
    assert outcome.said == ""


def test_it_sees_only_the_environment_that_it_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "/hostile")
    outcome = python("import os; print(sorted(k for k in os.environ if k.startswith(('HOME', 'PIP'))))")
    assert outcome == Ended(0, f"[]{os.linesep}".encode())


def test_an_environment_from_nothing_has_an_empty_home_and_what_is_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PIP_INDEX_URL", "UV_INDEX_URL", "PYTHONPATH", "HTTPS_PROXY", "NETRC", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, "/hostile")
    built = from_nothing(tmp_path, {"UV_DEFAULT_INDEX": "x"})
    known = {"HOME", "TMPDIR", "PATH", "LC_ALL", "NO_PROXY", "no_proxy", "UV_DEFAULT_INDEX"}
    assert set(built) == known or sys.platform == "win32"
    assert list(Path(built["HOME"]).iterdir()) == []
    assert "/hostile" not in built.values()


def test_it_reads_what_it_is_given_and_no_more() -> None:
    code = "import sys; data = sys.stdin.buffer.read(); print(len(data), data[:2], data[-2:])"
    given = b"ab" * 2_000_000
    outcome = run([sys.executable, "-c", code], environ=ENVIRON, deadline=20, given=given)
    assert outcome == Ended(0, f"4000000 b'ab' b'ab'{os.linesep}".encode())
    assert python("import sys; print(sys.stdin.read())") == Ended(0, os.linesep.encode())


def test_what_it_is_given_may_be_left_unread() -> None:
    outcome = run([sys.executable, "-c", ""], environ=ENVIRON, deadline=10, given=b"x" * 4_000_000)
    assert outcome == Ended(0)


def test_lines_are_told_as_they_come_and_the_last_one_needs_no_end() -> None:
    told: list[tuple[str, float]] = []
    code = (
        "import sys, time; print('one', flush=True); time.sleep(0.6); sys.stdout.write('tw\u00f6\\n\\nthree')"
    )
    outcome = run(
        [sys.executable, "-X", "utf8", "-c", code],
        environ=ENVIRON,
        deadline=10,
        line=lambda text: told.append((text, time.monotonic())),
    )
    assert isinstance(outcome, Ended)
    assert [text for text, _ in told] == ["one", "twö", "three"]
    assert told[1][1] - told[0][1] > 0.4


def test_a_listener_that_fails_ends_it(tmp_path: Path) -> None:
    def fail(text: str) -> None:
        raise LookupError(text)

    code = PARENT + "print('x', flush=True)\ntime.sleep(60)"
    with pytest.raises(LookupError, match="x"):
        run([sys.executable, "-c", code], environ=ENVIRON, deadline=20, folder=tmp_path, line=fail)
    assert gone(int((tmp_path / "pid").read_text()))


@pytest.mark.parametrize("command", [["/nowhere/uv"], ["a\0b"], [str(Path(__file__).parent)]])
def test_one_that_cannot_be_started_is_said(command: list[str]) -> None:
    outcome = run(command, environ={}, deadline=1)
    assert isinstance(outcome, NotStarted)
    assert outcome.reason.startswith("could not be started: ")


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    assert isinstance(python("pass", tmp_path / "none"), NotStarted)


def test_a_crash_is_named_by_its_signal_and_what_came_before_is_kept() -> None:
    outcome = python("import os; print('before', flush=True); os.abort()")
    assert outcome == Crashed("SIGABRT", f"before{os.linesep}")


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_one_that_prints_without_end_is_ended_and_its_beginning_kept(stream: str) -> None:
    start = time.monotonic()
    outcome = python(f"import sys\nwhile True: sys.{stream}.write('x' * 65536)")
    assert isinstance(outcome, Flooded)
    assert outcome.limit == OUTPUT_LIMIT < 10_000_000
    assert len(outcome.printed) <= 4096
    assert time.monotonic() - start < 4


def test_as_much_as_the_limit_allows_is_taken_whole() -> None:
    code = "import sys; sys.stdout.write('x' * 300_000); sys.stderr.write('y' * 100_000)"
    outcome = run([sys.executable, "-c", code], environ=ENVIRON, deadline=10, limit=400_000)
    assert outcome == Ended(0, b"x" * 300_000, b"y" * 100_000)


@pytest.mark.parametrize(
    "code",
    [
        HANGING,
        "import os, time; os.close(1); os.close(2); time.sleep(60)",
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)",
    ],
)
def test_one_that_does_not_end_is_ended(code: str) -> None:
    start = time.monotonic()
    assert python(code, deadline=0.3) == TimedOut(0.3)
    assert time.monotonic() - start < 2


def test_what_it_had_printed_by_its_deadline_is_kept() -> None:
    outcome = python("import time; print('half', flush=True); time.sleep(60)", deadline=1)
    assert outcome == TimedOut(1, f"half{os.linesep}")
    assert outcome.reason == "was still at it after 1 seconds"


def test_one_that_hangs_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    assert python(PARENT + "time.sleep(60)", tmp_path, 1.5) == TimedOut(1.5)
    assert gone(int((tmp_path / "pid").read_text()))


def test_what_is_left_behind_by_one_that_ended_is_ended(tmp_path: Path) -> None:
    assert isinstance(python(PARENT, tmp_path), Ended)
    assert gone(int((tmp_path / "pid").read_text()))


@pytest.mark.parametrize(("deadline", "expected"), [(0.3, TimedOut), (10, Ended)])
def test_one_that_escapes_and_keeps_the_output_open_does_not_keep_us(
    deadline: float, expected: type[Outcome]
) -> None:
    start = time.monotonic()
    outcome = python("import os, time\nif os.fork() == 0:\n os.setsid(); time.sleep(3)", deadline=deadline)
    assert isinstance(outcome, expected)
    assert time.monotonic() - start < 2.5


def test_one_whose_answer_is_no_longer_wanted_is_ended_at_once() -> None:
    stop = threading.Event()
    threading.Timer(0.3, stop.set).start()
    begun = time.monotonic()
    command = [sys.executable, "-c", HANGING]
    assert run(command, environ=ENVIRON, deadline=60, stop=stop) == Stopped()
    assert time.monotonic() - begun < 5


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize(("grace", "left"), [(10.0, ["in order"]), (0.0, [])])
def test_one_that_is_given_grace_may_put_things_in_order(
    tmp_path: Path, grace: float, left: list[str]
) -> None:
    code = (
        "import pathlib, signal, sys, time\n"
        "def end(*_):\n    time.sleep(0.2)\n    pathlib.Path('in order').touch()\n    sys.exit()\n"
        "signal.signal(signal.SIGTERM, end)\n"
        "print('ready', flush=True)\n"
        "time.sleep(60)\n"
    )
    stop, command = threading.Event(), [sys.executable, "-c", code]
    outcome = run(
        command,
        environ=ENVIRON,
        deadline=60,
        folder=tmp_path,
        stop=stop,
        line=lambda _: stop.set(),
        grace=grace,
    )
    assert outcome == Stopped()
    assert [one.name for one in tmp_path.iterdir()] == left


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_one_that_makes_nothing_of_its_grace_is_ended() -> None:
    code = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True); {HANGING}"
    stop, begun = threading.Event(), time.monotonic()
    command = [sys.executable, "-c", code]
    outcome = run(command, environ=ENVIRON, deadline=60, stop=stop, line=lambda _: stop.set(), grace=0.3)
    assert outcome == Stopped()
    assert time.monotonic() - begun < 10


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_an_interrupt_ends_it_with_all_that_it_started(tmp_path: Path) -> None:
    code = (
        "import sys; from envplan.processes.run import run\n"
        f"run([sys.executable, '-c', {PARENT + 'time.sleep(60)'!r}], environ={ENVIRON!r}, deadline=60)"
    )
    ours = subprocess.Popen([sys.executable, "-c", code], cwd=tmp_path, stderr=subprocess.DEVNULL)
    pid = written_pid(tmp_path / "pid")
    ours.send_signal(signal.SIGINT)
    assert ours.wait(10) == -signal.SIGINT
    assert gone(pid)


def test_many_at_once_do_not_mix_what_they_say() -> None:
    outcomes: dict[int, Outcome] = {}

    def one(number: int) -> None:
        outcomes[number] = python(f"print({number} + 0)")

    threads = [threading.Thread(target=one, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes == {number: Ended(0, f"{number}{os.linesep}".encode()) for number in range(8)}


def test_starting_costs_an_import_only_where_something_is_started() -> None:
    code = "import sys, envplan.processes.run; print('subprocess' in sys.modules)"
    assert python(f"sys = __import__('sys'); sys.path[:0] = {sys.path!r}; {code}") == Ended(
        0, f"False{os.linesep}".encode()
    )

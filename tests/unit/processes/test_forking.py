"""Copies of the process: whatever becomes of one of them, its part of the work is done."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.processes import gone, written_pid

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="there are no copies elsewhere")

START = """
import json, os, signal, sys, time
from pathlib import Path
from envplan.processes.forking import in_copies, orphaned, portions
ORIGINAL, FOLDER = os.getpid(), Path(sys.argv[1])
def copied():
    return os.getpid() != ORIGINAL
def note(name):
    new = FOLDER / f"{os.getpid()}.new"
    new.write_text(str(os.getpid()))
    new.rename(FOLDER / name)
"""


def script(body: str, folder: Path) -> list[str]:
    """A program of one thread, which the tests themselves are not."""
    return [sys.executable, "-c", START + body, str(folder)]


def said(body: str, folder: Path) -> Any:
    done = subprocess.run(script(body, folder), capture_output=True, text=True, timeout=60, check=True)
    assert not done.stderr
    return json.loads(done.stdout)


def test_each_part_is_done_by_a_process_of_its_own(tmp_path: Path) -> None:
    body = """
def work(name):
    note(name)
    return name != "second"
print(json.dumps(in_copies([lambda: work("first"), lambda: work("second"), lambda: work("third")])))
"""
    assert said(body, tmp_path) == [True, False, True]
    assert len({(tmp_path / name).read_text() for name in ("first", "second", "third")}) == 3


@pytest.mark.parametrize(
    "fate", ["raise OSError('full')", "os.kill(os.getpid(), signal.SIGKILL)", "sys.exit(7)", "os._exit(9)"]
)
def test_what_a_copy_does_not_answer_is_done_here(tmp_path: Path, fate: str) -> None:
    body = f"""
def work():
    if copied():
        {fate}
    return True
print(json.dumps(in_copies([lambda: True, work])))
"""
    assert said(body, tmp_path) == [True, True]


def test_where_the_system_makes_no_more_processes_all_is_done_here(tmp_path: Path) -> None:
    body = """
import resource
os.setresuid(65534, 65534, 65534) if os.getuid() == 0 else None  # no limit holds for root
resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
print(json.dumps(in_copies([lambda: not copied()] * 2)))
"""
    assert said(body, tmp_path) == [True, True]


def test_an_interrupt_here_ends_the_copies(tmp_path: Path) -> None:
    body = """
def asleep():
    note("copy")
    time.sleep(60)
def here():
    while not (FOLDER / "copy").exists():
        time.sleep(0.01)
    raise KeyboardInterrupt
try:
    in_copies([here, asleep])
except KeyboardInterrupt:
    print(json.dumps("interrupted"))
"""
    assert said(body, tmp_path) == "interrupted"
    assert gone(written_pid(tmp_path / "copy"))


def test_a_copy_knows_when_its_original_was_killed(tmp_path: Path) -> None:
    body = """
def waiting():
    note("copy")
    while not orphaned():
        time.sleep(0.01)
    note("orphan")
in_copies([lambda: time.sleep(60), waiting])
"""
    original = subprocess.Popen(script(body, tmp_path))
    copy = written_pid(tmp_path / "copy")
    assert not (tmp_path / "orphan").exists()
    os.kill(original.pid, signal.SIGKILL)
    original.wait()
    assert gone(copy)
    assert written_pid(tmp_path / "orphan") == copy


def test_portions_are_all_there_is_and_none_is_too_small(tmp_path: Path) -> None:
    body = """
found = {}
for count in range(0, 60, 3):
    parts = [list(range(count))[part] for part in portions(count, 10)]
    assert sum(parts, []) == list(range(count))
    assert len(parts) == 1 or min(map(len, parts)) >= 10
    found[count] = len(parts)
import threading
threading.Thread(target=time.sleep, args=(0.5,), daemon=True).start()
print(json.dumps([found[18], found[57], len(portions(57, 10))]))
"""
    cores = len(os.sched_getaffinity(0))
    assert said(body, tmp_path) == [1, min(cores, 4), 1], "with another thread there is only one"

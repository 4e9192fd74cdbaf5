"""One process at a time on one wheel of the store."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from envplan.problems import EnvplanError
from envplan.store.alone import Busy, alone

KEY = "ab" * 32

_HOLD = """
import sys
from pathlib import Path
from envplan.store.alone import alone
with alone(Path(sys.argv[1]), sys.argv[2]):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def holding(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that has the lock, until its input ends."""
    with subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(folder), KEY],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "held\n"
        yield child
        child.kill()


def test_the_second_process_is_told_who_is_there(tmp_path: Path) -> None:
    with holding(tmp_path) as child:
        with pytest.raises(Busy) as caught, alone(tmp_path, KEY, wait=0):
            pass
        assert caught.value.pid == child.pid
        assert str(child.pid) in str(caught.value)


def test_it_waits_until_the_first_is_done(tmp_path: Path) -> None:
    heard: list[int | None] = []
    with holding(tmp_path) as child:
        assert child.stdin is not None
        threading.Timer(0.3, child.stdin.close).start()
        start = time.monotonic()
        with alone(tmp_path, KEY, busy=heard.append):
            assert time.monotonic() - start > 0.2
        assert heard == [child.pid]


def test_a_killed_process_holds_nothing(tmp_path: Path) -> None:
    with holding(tmp_path) as child:
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
        with alone(tmp_path, KEY, wait=1):
            pass


def test_waiting_has_a_limit_and_says_for_whom(tmp_path: Path) -> None:
    with holding(tmp_path) as child:
        with pytest.raises(EnvplanError) as caught, alone(tmp_path, KEY, wait=0.1):
            pass
        (found,) = caught.value.problems
        assert found.code == "EP410"
        assert found.cures == (f"ps -fp {child.pid}",)


def test_waiting_can_be_called_off(tmp_path: Path) -> None:
    stop = threading.Event()
    with holding(tmp_path):
        threading.Timer(0.2, stop.set).start()
        with pytest.raises(Busy), alone(tmp_path, KEY, stop=stop):
            pass


def test_threads_of_one_process_exclude_each_other_too(tmp_path: Path) -> None:
    inside, most = 0, 0

    def work() -> None:
        nonlocal inside, most
        with alone(tmp_path, KEY):
            inside += 1
            most = max(most, inside)
            time.sleep(0.02)
            inside -= 1

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1


def test_other_wheels_are_free(tmp_path: Path) -> None:
    with alone(tmp_path, KEY), alone(tmp_path, "cd" * 32, wait=0):
        pass


def test_a_store_that_is_a_file_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("")
    with pytest.raises(EnvplanError) as caught, alone(tmp_path / "store", KEY):
        pass
    (found,) = caught.value.problems
    assert found.code == "EP401"
    assert any("ENVPLAN_STORE" in cure for cure in found.cures)

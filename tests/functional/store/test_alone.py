"""One process at a time on one wheel of the store."""

from __future__ import annotations

import os
import shutil
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
from envplan.store.alone import alone
from envplan.store.holding import Busy, holding

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
def another(folder: Path) -> Iterator[subprocess.Popen[str]]:
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
    with another(tmp_path) as child:
        with pytest.raises(Busy) as caught, alone(tmp_path, KEY, wait=0):
            pass
        assert caught.value.holder.pid == child.pid
        assert f"busy, held by pid {child.pid}" in str(caught.value)


def test_it_waits_until_the_first_is_done(tmp_path: Path) -> None:
    with another(tmp_path) as child:
        assert child.stdin is not None
        threading.Timer(0.3, child.stdin.close).start()
        start = time.monotonic()
        with alone(tmp_path, KEY):
            assert time.monotonic() - start > 0.2


def test_a_killed_process_holds_nothing(tmp_path: Path) -> None:
    with another(tmp_path) as child:
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
        with alone(tmp_path, KEY, wait=1):
            pass


def test_waiting_has_a_limit_and_says_for_whom(tmp_path: Path) -> None:
    with another(tmp_path) as child:
        with pytest.raises(EnvplanError) as caught, alone(tmp_path, KEY, wait=0.1):
            pass
        (found,) = caught.value.problems
        assert found.code == "EP410"
        assert found.cures == (f"ps -fp {child.pid}",)


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


_CONTEND = """
import os, sys, time
from pathlib import Path
from envplan.store.holding import Busy, holding
lock, inside, done = Path(sys.argv[1]), sys.argv[2], 0
while done < 300:
    try:
        with holding(lock, fleeting=True):
            os.close(os.open(inside, os.O_CREAT | os.O_EXCL))
            os.unlink(inside)
            done += 1
    except Busy:
        time.sleep(0.0001)
"""


def test_a_lock_that_its_holder_removes_never_lets_two_in(tmp_path: Path) -> None:
    """Whoever had opened the file before it was removed must not count it as held."""
    line = [sys.executable, "-c", _CONTEND, str(tmp_path / "lock"), str(tmp_path / "inside")]
    children = [subprocess.Popen(line, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    for child in children:
        _, said = child.communicate(timeout=60)
        assert child.returncode == 0, said
    assert not list(tmp_path.iterdir()), "nothing is left behind"


@pytest.mark.skipif(sys.platform != "linux" or not shutil.which("cc"), reason="needs Linux and a compiler")
def test_where_a_file_system_knows_no_locks_everybody_is_let_in_and_told_so(tmp_path: Path) -> None:
    source = "#include <errno.h>\nint flock(int d, int o) { errno = ENOLCK; return -1; }"
    library = tmp_path / "nolock.so"
    command = ["cc", "-shared", "-fPIC", "-x", "c", "-o", str(library), "-"]
    subprocess.run(command, input=source, text=True, check=True)
    lines = (
        "import sys; from pathlib import Path; from envplan.store.alone import alone",
        "folder = Path(sys.argv[1])",
        "with alone(folder, 'key') as one, alone(folder, 'key', wait=0) as two: print(one, two)",
    )
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(lines), str(tmp_path)],
        env={**os.environ, "LD_PRELOAD": str(library)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "False False\n"


@pytest.mark.skipif(sys.platform == "win32", reason="links of POSIX")
def test_a_link_is_not_followed_to_what_it_names(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("mine")
    (tmp_path / "lock").symlink_to("precious")
    with pytest.raises(OSError), holding(tmp_path / "lock"):  # noqa: PT011
        pass
    assert (tmp_path / "precious").read_text() == "mine"


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

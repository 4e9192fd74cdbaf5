"""Work that is killed, or fails, at each call that changes a name on the disk, one after the other.

A process that has killer.c preloaded forks for every call, much quicker than to start a Python each time.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from envplan.problems import EnvplanError

SOURCE = Path(__file__).with_name("killer.c")
ROOT = SOURCE.parents[2]
_REFUSED = 4  # how the work says that it ended with a problem, as it should
_BUG = 70

Act = Callable[[], None]


def preloaded(folder: Path, module: str, *words: str) -> str:
    """Run a module of the tests with the killer in its process; what it says is why it failed."""
    if sys.platform != "linux" or not shutil.which("cc"):
        pytest.skip("needs Linux and a C compiler")
    library = folder / "killer.so"
    if not library.exists():
        line = ["cc", "-shared", "-fPIC", "-O1", "-w", "-o", str(library), str(SOURCE), "-ldl"]
        subprocess.run(line, check=True, capture_output=True)
    environ = {
        **os.environ,
        "LD_PRELOAD": str(library),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPATH": str(ROOT),
    }
    done = subprocess.run(
        [sys.executable, "-m", module, *words],
        env=environ,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    return done.stdout


def at_every_call(
    work: Act, *, prepare: Act, holds: Act, finished: Act, error: int = 0, lasting: bool = False
) -> int:
    """For each call of `work`: prepare, kill it there, see that all `holds`, do it again, see it `finished`.

    With an `error` the call fails instead, and with `lasting` so do all after it; the work may then end with
    a problem, and with nothing else. Returns the number of calls.
    """
    at = 1
    while True:
        prepare()
        status, calls = _forked(work, at, error, lasting)
        if status is not None and calls < at:
            return at - 1
        expected = (0, _REFUSED) if error else (None,)
        assert status in expected, f"at call {at} it ended with {status}"
        with _naming(at):
            holds()
            if status == 0:
                finished()
            again, _ = _forked(work, 0, 0, False)
            assert again == 0, f"the second time it ended with {again}"
            finished()
        at += 1


def _forked(work: Act, at: int, error: int, lasting: bool) -> tuple[int | None, int]:
    """Do the work in a child; return its exit status (none: killed), and how many calls it made."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        killer = ctypes.CDLL(None)
        killer.killer_arm(at, error, int(lasting))
        status = _ended(work)
        calls = killer.killer_calls()
        killer.killer_arm(0, 0, 0)
        os.write(writing, str(calls).encode())
        sys.stderr.flush()
        os._exit(status)
    os.close(writing)
    _, ended = os.waitpid(child, 0)
    with os.fdopen(reading) as pipe:
        calls = int(pipe.read() or 0)
    if os.WIFSIGNALED(ended):
        assert os.WTERMSIG(ended) == signal.SIGKILL
        return None, calls
    return os.WEXITSTATUS(ended), calls


def _ended(work: Act) -> int:
    try:
        work()
    except EnvplanError:
        return _REFUSED
    except BaseException:
        traceback.print_exc()
        return _BUG
    return 0


@contextlib.contextmanager
def _naming(at: int) -> Iterator[None]:
    """Say at which call something went wrong."""
    try:
        yield
    except AssertionError as error:
        raise AssertionError(f"after call {at}: {error}") from error

"""How many heaps the threads of a process have."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(
    platform.libc_ver()[0] != "glibc", reason="other systems have one heap anyway"
)

_THREADS = """
import ctypes, threading
from envplan.solver.heap import share_one
{first}
held, together = [], threading.Barrier(6)

def work():
    together.wait()
    held.append([bytes(2000) for _ in range(2000)])  # too large for Python's own heap, too small for a map
    together.wait()

threads = [threading.Thread(target=work) for _ in range(6)]
for thread in threads: thread.start()
for thread in threads: thread.join()
library = ctypes.CDLL(None)
library.malloc_info(0, ctypes.c_void_p.in_dll(library, "stdout"))
library.fflush(None)
"""


def heaps(first: str) -> int:
    line = [sys.executable, "-c", _THREADS.format(first=first)]
    return subprocess.run(line, check=True, capture_output=True, text=True).stdout.count("<heap nr=")


def test_threads_share_one_heap_when_they_are_told_to() -> None:
    assert heaps("") > 1
    assert heaps("share_one()") == 1

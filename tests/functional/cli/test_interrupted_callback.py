"""Ctrl-C in a callback of Python's own, out of which nothing can be raised, ends the command at once."""

from __future__ import annotations

import subprocess
import sys

import pytest

LINE = """
import os, signal, sys, time, weakref
import envplan.cli.main
from envplan.cli import start

class Thing: pass

def run():
    thing = Thing()
    kept = weakref.ref(thing, lambda _: os.kill(os.getpid(), signal.SIGINT))
    del thing
    time.sleep(60)
    return 0

envplan.cli.main.main = run
sys.exit(start.main())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_an_interrupt_in_a_callback_is_not_lost_and_prints_nothing() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LINE], capture_output=True, text=True, timeout=20, check=False
    )
    assert (done.returncode, done.stderr) == (130, "")

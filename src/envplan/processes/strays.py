"""Programs that went their own way: what a program started in a session of its own outlives its group.

A variable in the surroundings of the first program is inherited by all that it starts, wherever they go.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

NAME = "ENVPLAN_PROOF"  # the variable
_ROUNDS = 5  # for those that were started while others were ended


def end_strays(value: str) -> None:
    """End what has this value of the variable in its surroundings; Linux alone shows them."""
    if sys.platform != "linux":
        return
    for _ in range(_ROUNDS):
        found = list(_strays(f"{NAME}={value}".encode()))
        for pid in found:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        if not found:
            return


def _strays(variable: bytes) -> Iterator[int]:
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            with contextlib.suppress(OSError):  # it has ended, or is another's; one that has ended shows none
                if variable in (process / "environ").read_bytes().split(b"\0"):
                    yield int(process.name)

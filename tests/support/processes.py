"""Looking at processes from outside: whether one is there, and when it is no more."""

from __future__ import annotations

import os
import time
from pathlib import Path


def written_pid(path: Path) -> int:
    """Wait until a process has written its number."""
    end = time.monotonic() + 10
    while not (path.exists() and path.read_text()) and time.monotonic() < end:
        time.sleep(0.01)
    return int(path.read_text())


def gone(pid: int) -> bool:
    """Wait a little until a process has ended."""
    end = time.monotonic() + 5
    while _alive(pid) and time.monotonic() < end:
        time.sleep(0.01)
    return not _alive(pid)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in ("Z", "X")
    except OSError:
        return False

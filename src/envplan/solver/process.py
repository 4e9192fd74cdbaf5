"""The only place that starts solvers: an environment built from nothing, a deadline, an end for all of it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from envplan.values.records import dataclass

OUTPUT_LIMIT = 1024 * 1024


@dataclass(frozen=True)
class Ended:
    """It ran to its end, whatever it says."""

    status: int
    output: str


@dataclass(frozen=True)
class Stopped:
    """We ended it, because its answer is no longer wanted."""


@dataclass(frozen=True)
class Failed:
    """It crashed, hung, flooded us or did not start; the words fit after "the solver"."""

    reason: str
    output: str = ""


Outcome = Ended | Stopped | Failed


def run(
    command: Sequence[str],
    *,
    folder: Path,
    settings: Mapping[str, str],
    deadline: float,
    stop: threading.Event,
) -> Outcome:
    """Run a solver in a folder of its own, and nothing of the user's environment with it."""
    own_group: dict[str, Any] = (
        {"creationflags": 0x00000200 | 0x08000000} if sys.platform == "win32" else {"start_new_session": True}
    )
    try:
        process = subprocess.Popen(  # noqa: S603 - an argument list, no shell
            list(command),
            cwd=folder,
            env=environment(folder, settings),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            close_fds=True,
            **own_group,
        )
    except (OSError, ValueError) as error:
        return Failed(f"could not be started: {getattr(error, 'strerror', None) or error}")
    try:
        return _watch(process, deadline, stop)
    finally:
        _end(process)


def environment(folder: Path, settings: Mapping[str, str]) -> dict[str, str]:
    """Build the environment of a solver: an empty home, no proxy, and what is set for it on purpose."""
    home = folder / "home"
    home.mkdir(exist_ok=True)
    built = {
        "HOME": str(home),
        "TMPDIR": str(folder),
        "PATH": os.defpath,
        "LC_ALL": "C.UTF-8",
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
    }
    if sys.platform == "win32":
        for name in ("APPDATA", "LOCALAPPDATA", "PROGRAMDATA", "USERPROFILE"):
            built[name] = str(home)
        built |= {"TEMP": str(folder), "TMP": str(folder), "SYSTEMROOT": os.environ.get("SYSTEMROOT", "")}
    return built | dict(settings)


def _watch(process: subprocess.Popen[bytes], deadline: float, stop: threading.Event) -> Outcome:
    end = time.monotonic() + deadline
    pieces: list[bytes] = []
    closed = threading.Event()
    assert process.stdout
    threading.Thread(target=_read, args=(process.stdout.fileno(), pieces, closed), daemon=True).start()
    while not closed.wait(0.05):
        if stop.is_set():
            return Stopped()
        if process.poll() is not None:
            closed.wait(1)  # something it left behind may hold its output open
            break
        if time.monotonic() > end:
            return Failed(f"was still at it after {deadline:.0f} seconds", _text(pieces))
    if sum(map(len, pieces)) > OUTPUT_LIMIT:
        return Failed("printed without end", _text(pieces)[:4096])
    try:
        status = process.wait(max(end - time.monotonic(), 0.05))
    except subprocess.TimeoutExpired:
        return Failed("closed its output and did not end", _text(pieces))
    if stop.is_set():
        return Stopped()
    if status < 0 or status >= 0xC0000000:  # a signal; how Windows reports an access violation and its like
        return Failed(f"crashed ({_crash(status)})", _text(pieces))
    return Ended(status, _text(pieces))


def _read(descriptor: int, pieces: list[bytes], closed: threading.Event) -> None:
    size = 0
    while size <= OUTPUT_LIMIT:
        try:
            piece = os.read(descriptor, 65536)
        except OSError:
            break
        if not piece:
            break
        pieces.append(piece)
        size += len(piece)
    closed.set()


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the solver and all that it started."""
    if sys.platform == "win32":
        if process.poll() is None:
            process.kill()
    else:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(2)
    assert process.stdout
    process.stdout.close()


def _text(pieces: list[bytes]) -> str:
    return b"".join(pieces).decode("utf-8", "replace")


def _crash(status: int) -> str:
    if status > 0:
        return f"{status:#010x}"
    try:
        return signal.Signals(-status).name
    except ValueError:
        return f"signal {-status}"

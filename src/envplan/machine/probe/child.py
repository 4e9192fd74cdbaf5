"""The only place that starts processes: a driver's library may hang, crash or print, and we must not."""

from __future__ import annotations

import contextlib
import json
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

# More than any driver has to say; a program that prints for ever is stopped here.
OUTPUT_LIMIT = 1024 * 1024

# How the child marks its answer, so that what a library prints is not taken for it.
MARK = "envplan-answer:"


@dataclass(frozen=True)
class Ended:
    """It ran to its end, whatever it says."""

    status: int
    output: str


@dataclass(frozen=True)
class TimedOut:
    """It did not end in time, and was ended."""

    seconds: float


@dataclass(frozen=True)
class Crashed:
    """A signal ended it."""

    signal: str


@dataclass(frozen=True)
class Flooded:
    """It printed without end, and was ended."""

    size: int


@dataclass(frozen=True)
class NotStarted:
    """The system would not start it."""

    reason: str


Outcome = Ended | TimedOut | Crashed | Flooded | NotStarted


def run(command: Sequence[object], *, environ: Mapping[str, str], deadline: float) -> Outcome:
    """Run a program without a terminal, and take no more from it than time and size allow."""
    own_group: dict[str, Any] = (
        {"creationflags": 0x00000200 | 0x08000000} if sys.platform == "win32" else {"start_new_session": True}
    )
    try:
        process = subprocess.Popen(  # noqa: S603 - an argument list, no shell
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=dict(environ),
            close_fds=True,
            **own_group,
        )
    except (OSError, ValueError) as error:
        return NotStarted(str(error))
    return _collect(process, deadline)


def _collect(process: subprocess.Popen[bytes], deadline: float) -> Outcome:
    end = time.monotonic() + deadline
    pieces: list[bytes] = []
    assert process.stdout
    enough = threading.Event()
    reader = threading.Thread(target=_read, args=(process.stdout.fileno(), pieces, enough), daemon=True)
    reader.start()
    reader.join(deadline)
    late = reader.is_alive()
    flooded = not late and sum(map(len, pieces)) > OUTPUT_LIMIT
    if not late and not flooded:
        try:
            process.wait(max(end - time.monotonic(), 0.01))
        except subprocess.TimeoutExpired:
            late = True
    enough.set()
    _end(process)
    if late:
        return TimedOut(deadline)
    if flooded:
        return Flooded(OUTPUT_LIMIT)
    output = b"".join(pieces).decode("utf-8", "replace")
    if (name := _crash(process.returncode)) and MARK not in output:
        return Crashed(name)
    return Ended(process.returncode, output)


def _read(descriptor: int, pieces: list[bytes], enough: threading.Event) -> None:
    size = 0
    while size <= OUTPUT_LIMIT and not enough.is_set():
        try:
            piece = os.read(descriptor, 65536)
        except OSError:
            return
        if not piece:
            return
        pieces.append(piece)
        size += len(piece)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the child and all that it started; one stuck in the kernel cannot be ended, and is left behind."""
    if sys.platform == "win32":
        if process.poll() is None:
            process.kill()
    else:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    try:
        process.wait(0.5)
    except subprocess.TimeoutExpired:
        process.returncode = -9  # a driver that hangs in the kernel: no signal reaches it
    assert process.stdout
    process.stdout.close()


def _crash(status: int) -> str:
    if status < 0:
        try:
            return signal.Signals(-status).name
        except ValueError:
            return f"signal {-status}"
    if status >= 0xC0000000:  # how Windows reports an access violation and its like
        return f"{status:#010x}"
    return ""


def ask(
    question: str, *arguments: str, executable: str, environ: Mapping[str, str], deadline: float
) -> dict[str, Any] | Outcome:
    """Put a question to a driver library in a bare child Python; a dict is its answer."""
    if not executable:
        return NotStarted("no Python interpreter to start a child with")
    script = Path(__file__).with_name("question.py")
    outcome = run(
        [executable, "-I", "-S", "-B", script, question, *arguments], environ=environ, deadline=deadline
    )
    match outcome:
        case Ended(_, output):
            return _answer(output) or outcome
        case _:
            return outcome


def _answer(output: str) -> dict[str, Any] | None:
    for line in reversed(output.splitlines()):
        _, mark, rest = line.partition(MARK)
        if mark:
            try:
                answer = json.loads(rest)
            except ValueError:
                continue
            if isinstance(answer, dict):
                return answer
    return None

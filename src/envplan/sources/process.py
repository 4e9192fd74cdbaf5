"""The only place that starts git: no terminal, a deadline, an end for all that it started."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from typing import IO, Any

from envplan.values.records import dataclass

OUTPUT_LIMIT = 1024 * 1024


@dataclass(frozen=True)
class Ended:
    """It ran to its end, whatever it says."""

    status: int
    output: bytes
    said: str  # what it printed beside its answer


@dataclass(frozen=True)
class Failed:
    """It did not start, hung or printed without end; the words fit after "git"."""

    reason: str


def run(command: Sequence[str], *, environ: Mapping[str, str], deadline: float) -> Ended | Failed:
    """Run a program; a KeyboardInterrupt ends it too."""
    own_group: dict[str, Any] = (
        {"creationflags": 0x00000200 | 0x08000000} if sys.platform == "win32" else {"start_new_session": True}
    )
    try:
        process = subprocess.Popen(  # noqa: S603 - an argument list, no shell
            list(command),
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            close_fds=True,
            **own_group,
        )
    except (OSError, ValueError) as error:
        return Failed(f"could not be started: {getattr(error, 'strerror', None) or error}")
    try:
        return _watch(process, deadline)
    finally:
        _end(process)


class _Stream:
    """What comes out of one pipe, read beside the other one."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self.data = bytearray()
        self.closed = threading.Event()
        threading.Thread(target=self._read, args=(pipe.fileno(),), daemon=True).start()

    def _read(self, descriptor: int) -> None:
        while len(self.data) <= OUTPUT_LIMIT:
            try:
                piece = os.read(descriptor, 65536)
            except OSError:
                break
            if not piece:
                break
            self.data += piece
        self.closed.set()


def _watch(process: subprocess.Popen[bytes], deadline: float) -> Ended | Failed:
    end = time.monotonic() + deadline
    assert process.stdout
    assert process.stderr
    streams = (_Stream(process.stdout), _Stream(process.stderr))
    for stream in streams:
        while not stream.closed.wait(0.05):
            if any(len(each.data) > OUTPUT_LIMIT for each in streams):
                break
            if process.poll() is not None:
                stream.closed.wait(1)  # something it left behind may hold its output open
                break
            if time.monotonic() > end:
                return Failed(f"was still at it after {deadline:.0f} seconds")
    if any(len(stream.data) > OUTPUT_LIMIT for stream in streams):
        return Failed("printed without end")
    try:
        status = process.wait(max(end - time.monotonic(), 0.05))
    except subprocess.TimeoutExpired:
        return Failed(f"was still at it after {deadline:.0f} seconds")
    output, said = (bytes(stream.data) for stream in streams)
    return Ended(status, output, said.decode("utf-8", "replace"))


def _end(process: subprocess.Popen[bytes]) -> None:
    """End git and its helpers (ssh, git-remote-https)."""
    if sys.platform == "win32":
        if process.poll() is None:
            process.kill()
    else:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(2)
    for pipe in (process.stdout, process.stderr):
        assert pipe
        pipe.close()

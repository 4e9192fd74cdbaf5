"""Runs a program to its end, or ends it: it may hang, crash or print for ever, and we must not."""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from envplan.processes.outcomes import Crashed, Ended, Flooded, NotStarted, Outcome, Stopped, TimedOut

if TYPE_CHECKING:  # only who starts a program waits for its import
    from subprocess import Popen

OUTPUT_LIMIT = 1024 * 1024

Errors = Literal["apart", "joined", "dropped"]
Line = Callable[[str], None]

_GLANCE = 0.05  # how soon a deadline or a stop is seen
_GRACE = 1.0  # for its output, once it has ended: something it left behind may hold that open
_BEGINNING = 4096

_RUNNING: set[Popen[bytes]] = set()  # threads that are cut off when we end cannot end what they wait for


def run(
    command: Sequence[str | os.PathLike[str]],
    *,
    environ: Mapping[str, str],
    deadline: float,
    folder: Path | None = None,
    stop: threading.Event | None = None,
    given: bytes | None = None,
    errors: Errors = "apart",
    limit: int = OUTPUT_LIMIT,
    line: Line | None = None,
    grace: float = 0.0,
) -> Outcome:
    """Run a program without a terminal, and take no more from it than time and size allow.

    It reads what is `given`, or nothing; `line` is told each line of its output as it comes. However this is
    left, by an interrupt too, the program and all that it started have been ended. First it is asked to, and
    has the seconds of `grace` for that.
    """
    import subprocess

    own_group: dict[str, Any] = (
        {"creationflags": 0x00000200 | 0x08000000} if sys.platform == "win32" else {"start_new_session": True}
    )
    beside = {"apart": subprocess.PIPE, "joined": subprocess.STDOUT, "dropped": subprocess.DEVNULL}
    try:
        process = subprocess.Popen(  # noqa: S603 - an argument list, no shell
            [os.fspath(part) for part in command],
            cwd=folder,
            env=dict(environ),
            stdin=subprocess.DEVNULL if given is None else subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=beside[errors],
            close_fds=True,
            **own_group,
        )
    except (OSError, ValueError) as error:
        return NotStarted(getattr(error, "strerror", None) or str(error))
    _RUNNING.add(process)
    watch = _Watch(process, limit, line)
    try:
        watch.begin(given)
        return watch.outcome(deadline, stop)
    finally:
        watch.left.set()
        try:
            _ask(process, grace)
        finally:
            _end(process)
            _RUNNING.discard(process)


@atexit.register
def _end_all() -> None:
    for process in list(_RUNNING):
        _end(process)


class _Watch:
    """One program while it runs, seen from the thread that waits for it."""

    def __init__(self, process: Popen[bytes], limit: int, line: Line | None) -> None:
        from queue import SimpleQueue

        self.left = threading.Event()  # nobody waits any more
        self._process = process
        self._limit = limit
        self._line = line
        self._pieces: SimpleQueue[tuple[bool, bytes]] = SimpleQueue()
        self._open = 0
        self._size = 0
        self._printed: dict[bool, list[bytes]] = {True: [], False: []}  # True: its output, False: beside it
        self._begun = b""  # of a line

    def begin(self, given: bytes | None) -> None:
        """Read and write beside the program: a pipe holds little, and each may wait for the other."""
        for output, pipe in ((True, self._process.stdout), (False, self._process.stderr)):
            if pipe:
                self._open += 1
                threading.Thread(target=self._read, args=(pipe, output), daemon=True).start()
        if given is not None:
            threading.Thread(target=_write, args=(self._process.stdin, given), daemon=True).start()

    def outcome(self, deadline: float, stop: threading.Event | None) -> Outcome:
        """Wait until it has ended, or has to be."""
        end = time.monotonic() + deadline
        exited: float | None = None
        while True:
            now = time.monotonic()
            if exited is None and self._process.poll() is not None:
                exited = now
            if stop and stop.is_set():
                return Stopped()
            if self._size > self._limit:
                return Flooded(self._limit, self._text()[:_BEGINNING])
            if exited is not None and (not self._open or now > exited + _GRACE):
                return self._ended(self._process.returncode)
            if now > end:
                return TimedOut(deadline, self._text())
            self._step(min(_GLANCE, end - now))

    def _step(self, seconds: float) -> None:
        from queue import Empty
        from subprocess import TimeoutExpired

        if not self._open:
            with contextlib.suppress(TimeoutExpired):
                self._process.wait(seconds)
            return
        try:
            output, piece = self._pieces.get(timeout=seconds)
        except Empty:
            return
        if not piece:
            self._open -= 1
        self._size += len(piece)
        self._printed[output].append(piece)
        if output and self._line:
            self._tell(self._line, piece)

    def _tell(self, line: Line, piece: bytes) -> None:
        whole = (self._begun + piece).split(b"\n")
        self._begun = whole.pop() if piece else b""  # nothing more comes: the last line may have no end
        for one in filter(None, whole):
            line(one.decode("utf-8", "replace").removesuffix("\r"))

    def _ended(self, status: int) -> Outcome:
        if name := _crash(status):
            return Crashed(name, self._text())
        return Ended(status, b"".join(self._printed[True]), b"".join(self._printed[False]))

    def _text(self) -> str:
        return b"".join(self._printed[True]).decode("utf-8", "replace")

    def _read(self, pipe: Any, output: bool) -> None:
        """Hand on what comes. Who reads a pipe closes it: else its number may be another's meanwhile."""
        size = 0
        with pipe:
            while size <= self._limit and not self.left.is_set():
                try:
                    piece = os.read(pipe.fileno(), 65536)
                except OSError:
                    break
                if not piece:
                    break
                size += len(piece)
                self._pieces.put((output, piece))
        self._pieces.put((output, b""))


def _write(pipe: Any, given: bytes) -> None:
    with contextlib.suppress(OSError, ValueError), pipe:  # a program need not read all that it is given
        pipe.write(given)


def _ask(process: Popen[bytes], grace: float) -> None:
    """Let it put things in order and end what it started itself; Windows has no way to say so."""
    from subprocess import TimeoutExpired

    if sys.platform == "win32" or not grace or process.poll() is not None:
        return
    with contextlib.suppress(ProcessLookupError, PermissionError, TimeoutExpired):
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(grace)


def _end(process: Popen[bytes]) -> None:
    """End the program and all that it started; one stuck in the kernel cannot be ended, and is left."""
    from subprocess import TimeoutExpired

    if sys.platform == "win32":
        if process.poll() is None:
            _end_tree(process)
    else:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    try:
        process.wait(1)
    except TimeoutExpired:
        process.returncode = -9  # a driver that hangs in the kernel: no signal reaches it


def _end_tree(process: Popen[bytes]) -> None:
    """End it on Windows, which knows the children of a process only as long as that is there."""
    import subprocess

    taskkill = f"{os.environ.get('SYSTEMROOT', '')}/System32/taskkill.exe"
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        command = [taskkill, "/F", "/T", "/PID", str(process.pid)]
        subprocess.run(command, capture_output=True, check=False, timeout=5)  # noqa: S603 - no shell
    process.kill()


def _crash(status: int) -> str:
    if status < 0:
        try:
            return signal.Signals(-status).name
        except ValueError:
            return f"signal {-status}"
    if status >= 0xC0000000:  # how Windows reports an access violation and its like
        return f"{status:#010x}"
    return ""

"""A program that takes the place of this process."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence


def become(path: str, words: Sequence[str], environ: Mapping[str, str]) -> None:
    """Let the command take the place of this process: its signals, its exit code, its number. No way back."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
    if sys.platform == "win32":
        os._exit(exit_code(_child(path, words, environ)))
    import signal

    for number in (signal.SIGPIPE, signal.SIGXFSZ):  # Python ignores them, and what is ignored stays so
        signal.signal(number, signal.SIG_DFL)
    os.execve(path, [path, *words], dict(environ))  # noqa: S606 - what the user typed


def _child(path: str, words: Sequence[str], environ: Mapping[str, str]) -> int:
    """Windows cannot replace a process: wait for another one, and leave Ctrl-C to it."""
    import signal
    import subprocess

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    return subprocess.Popen([path, *words], env=dict(environ)).wait()  # noqa: S603


def exit_code(status: int) -> int:
    """Give the 32 bits that Windows tells of a crash (0xC0000005) as the number that leaving takes."""
    return status - (1 << 32) if status >= 1 << 31 else status

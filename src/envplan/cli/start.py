"""The console script: Ctrl-C is quiet from the first moment, while the rest is still being imported."""

from __future__ import annotations

import gc

_INTERRUPTED = 130

try:
    import os
    import signal
    from types import FrameType
except KeyboardInterrupt:  # these few milliseconds, too
    raise SystemExit(_INTERRUPTED) from None


def main() -> int:
    """Import the command line and run it."""
    gc.set_threshold(50_000)  # what a command makes it keeps to its end: fewer looks save 5 % of the time
    usual = signal.signal(signal.SIGINT, _leave)
    from envplan.cli.main import main as run

    signal.signal(signal.SIGINT, usual)
    code = run()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the answer is out; only leaving is left
    return code


def _leave(number: int, frame: FrameType | None) -> None:
    os._exit(_INTERRUPTED)  # nothing has been done yet, and nothing needs to be undone

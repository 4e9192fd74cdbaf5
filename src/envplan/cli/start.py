"""The console script: who is asked to end does so quietly, while the rest is still being imported too."""

from __future__ import annotations

import gc

_INTERRUPTED = 130

try:
    import os
    import signal
    import sys
    from types import FrameType
except KeyboardInterrupt:  # these few milliseconds, too
    raise SystemExit(_INTERRUPTED) from None

# Ctrl-C; whoever stops services and containers; the terminal that is closed, which Windows does not tell.
_ENDINGS = [
    ending for name in ("SIGINT", "SIGTERM", "SIGHUP") if (ending := getattr(signal, name, None)) is not None
]


class Interrupted(KeyboardInterrupt):
    """A signal asked us to end; everything is left as with Ctrl-C, which is one of them."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.exit = 128 + number  # as shells tell it of what a signal ended


def main() -> int:
    """Import the command line and run it."""
    _speak_utf8()
    _put_last()
    gc.set_threshold(50_000)  # what a command makes it keeps to its end: fewer looks save 5 % of the time
    # What was ignored when we were started stays so: `nohup`, and a shell's jobs in the background.
    heard = [ending for ending in _ENDINGS if signal.getsignal(ending) is not signal.SIG_IGN]
    for ending in heard:
        signal.signal(ending, _leave)
    from envplan.cli.main import main as run

    for ending in heard:
        signal.signal(ending, _interrupt)
    sys.unraisablehook = _again
    try:
        code = run()
    except Interrupted as again:  # while the first of two was being answered
        code = again.exit
    for ending in heard:
        signal.signal(ending, signal.SIG_IGN)  # the answer is out; only leaving is left
    gc.freeze()  # leave what was made to the system: to look through it all once more takes 20 ms
    return code


def _speak_utf8() -> None:
    """Start anew where an old locale says how names of files are written: in wheels they are UTF-8."""
    if sys.getfilesystemencoding() != "utf-8" and not sys.flags.utf8_mode and sys.executable:
        os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])  # noqa: S606 - ourselves


def _put_last() -> None:
    """Look for modules in PYTHONPATH last: it is for other programs, and may hold other versions."""
    theirs = os.environ.get("PYTHONPATH", "")
    if theirs and not sys.flags.ignore_environment:
        folders = {os.path.abspath(folder) for folder in theirs.split(os.pathsep)}  # noqa: PTH100
        sys.path.sort(key=lambda folder: os.path.abspath(folder) in folders)  # noqa: PTH100


def _leave(number: int, frame: FrameType | None) -> None:
    os._exit(128 + number)  # nothing has been done yet, and nothing needs to be undone


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise Interrupted(number)


def _again(said: sys.UnraisableHookArgs) -> None:
    """Ask once more, a moment later: out of callbacks of its own Python lets nothing be raised."""
    if not isinstance(said.exc_value, Interrupted):
        sys.__unraisablehook__(said)
        return
    from threading import Timer, get_ident

    number: int = said.exc_value.args[0]
    later = Timer(0.005, signal.raise_signal, (number,))
    if sys.platform != "win32":  # to this thread, which may be waiting for something by then
        later = Timer(0.005, signal.pthread_kill, (get_ident(), number))
    later.daemon = True
    later.start()

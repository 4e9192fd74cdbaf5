"""What is shown of long work."""

from __future__ import annotations

import contextlib
import io
import os
import threading

from envplan.cli.views.progress import shown
from envplan.store.model import Progress

TORCH, SMALL = "torch-2.2.2+cu121-cp311-cp311-linux_x86_64.whl", "six-1.16.0-py2.py3-none-any.whl"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_pipe_hears_of_each_stage_and_each_large_wheel_once() -> None:
    stream = io.StringIO()
    with shown(stream) as tell:
        for done in range(0, 755_000_001, 755_000_00):
            tell(Progress("fetch", TORCH, done, 755_000_000))
            tell(Progress("fetch", SMALL, done % 11_000, 11_000))
        tell(Progress("link", "", 14_000, 14_000))
        tell(Progress("link", "", 100_000_000, 100_000_000))
    assert stream.getvalue() == f"fetching\n  {TORCH} (755.0 MB)\nlinking\n"


def test_a_terminal_sees_bytes_and_names_and_is_left_clean() -> None:
    stream = Terminal()
    with shown(stream) as tell:
        tell(Progress("fetch", "", 0, 755_011_000))
        tell(Progress("fetch", SMALL, 11_000, 11_000))
        tell(Progress("fetch", TORCH, 300_000_000, 755_000_000))
    written = stream.getvalue()
    assert "300.0 MB of 755.0 MB" in written
    assert "fetching" in written
    assert "\x1b[?25h" in written  # the cursor is back


def test_nothing_to_tell_draws_nothing() -> None:
    stream = Terminal()
    with shown(stream):
        pass
    assert stream.getvalue() == ""


def test_many_threads_may_tell_at_once() -> None:
    stream = io.StringIO()

    def work(number: int) -> None:
        for done in range(200):
            tell(Progress("unpack", f"{number}.whl", done, 200))

    with shown(stream) as tell:
        threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert stream.getvalue() == "unpacking\n"


def test_a_reader_that_left_does_not_end_the_work() -> None:
    read, write = os.pipe()
    os.close(read)
    told = False
    with contextlib.suppress(BrokenPipeError), os.fdopen(write, "w") as stream, shown(stream) as tell:
        tell(Progress("fetch", SMALL, 1, 2))
        told = True
    assert told

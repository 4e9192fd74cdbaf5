"""Long work as it goes on: bars on a terminal, elsewhere a line for each stage and each large wheel."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, TextIO

from envplan.store.model import Progress, Tell
from envplan.values.numbers import size_said

if TYPE_CHECKING:
    from rich.progress import Progress as Bars
    from rich.progress import TaskID

LARGE = 50_000_000  # bytes: wheels that get a line of their own where there are no bars

_WORDS = {
    "fetch": "fetching",
    "take": "taking from the bundle",
    "unpack": "unpacking",
    "build": "building",
    "link": "linking",
    "sync": "writing to disk",
    "verify": "verifying",
    "pack": "writing the bundle",
    "wait": "waiting",
}
_LONG = frozenset({"fetch", "take", "pack"})  # whose large files are named
_COUNTED = frozenset({"link"})  # files, not bytes
_NAMES = 3  # of what is being worked on, beside a bar


@contextlib.contextmanager
def shown(stream: TextIO | None = None) -> Iterator[Tell]:
    """Return what is told of work, for as long as it lasts. Threads may tell at once."""
    stream = stream or sys.stderr
    if stream is None:  # closed before we began
        yield lambda _: None
    elif stream.isatty() and os.environ.get("TERM") != "dumb":
        with contextlib.closing(_Drawn(stream)) as drawn:
            yield drawn.tell
    else:
        yield _Written(stream).tell


class _Written:
    """Lines, each told once."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._said: set[tuple[str, str]] = set()
        self._lock = threading.Lock()

    def tell(self, progress: Progress) -> None:
        stage, what, total = progress.stage, progress.what, progress.total
        self._say((stage, ""), _line(stage, what, total))
        if (stage in _LONG and what and (total or 0) >= LARGE) or (stage == "build" and what):
            self._say((stage, what), f"  {what}{_size(total)}")

    def _say(self, key: tuple[str, str], line: str) -> None:
        with self._lock:
            if key in self._said:
                return
            self._said.add(key)
            with contextlib.suppress(OSError, ValueError):
                self._stream.write(f"{line}\n")
                self._stream.flush()


def _line(stage: str, what: str, total: int | None) -> str:
    """Say what begins: how much there is to fetch, and how files are brought where that takes room."""
    if stage in ("fetch", "take") and not what:
        return f"{_WORDS[stage]}{_size(total)}"
    if stage == "wait":
        return f"waiting for another envplan: {what}"
    return "copying: the store is on another disk, or somebody else's" if what == "copies" else _WORDS[stage]


def _size(total: int | None) -> str:
    return f" ({size_said(total)})" if total else ""


class _Drawn:
    """One bar a stage, with the names of what is being worked on; drawn by rich, once there is work."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()
        self._bars: Bars | None = None
        self._tasks: dict[str, TaskID] = {}
        self._announced: dict[str, int] = {}
        self._parts: dict[str, dict[str, tuple[int, int | None]]] = {}
        self._begun_at: dict[str, tuple[float, int]] = {}

    def tell(self, progress: Progress) -> None:
        with self._lock:
            bars = self._bars or self._begun()
            stage, parts = progress.stage, self._parts.setdefault(progress.stage, {})
            if progress.what:
                parts[progress.what] = (progress.done, progress.total)
            else:
                self._announced[stage] = progress.total or 0
            if stage not in self._tasks:
                self._tasks[stage] = bars.add_task(_WORDS[stage], total=None, names="", amount="")
            done = sum(one for one, _ in parts.values())
            total = max(self._announced.get(stage, 0), sum(whole or 0 for _, whole in parts.values()))
            busy = [name for name, (one, whole) in parts.items() if whole is None or one < whole]
            bars.update(
                self._tasks[stage],
                completed=done,
                total=total or None,
                names=", ".join(busy[:_NAMES]) + (f" (+{len(busy) - _NAMES})" if len(busy) > _NAMES else ""),
                amount=_amount(stage, done, total) + self._rate(stage, done),
            )

    def _rate(self, stage: str, done: int) -> str:
        """Say how fast it goes on the whole; what an earlier run had done does not count."""
        start, before = self._begun_at.setdefault(stage, (time.monotonic(), done))
        seconds = time.monotonic() - start
        if stage in _COUNTED or seconds < 1 or not done:
            return ""
        return f", {size_said(int((done - before) / seconds))}/s"

    def close(self) -> None:
        """Leave the bars as they are."""
        if self._bars is not None:
            self._bars.stop()

    def _begun(self) -> Bars:
        from rich.console import Console
        from rich.progress import BarColumn, TextColumn
        from rich.progress import Progress as Bars
        from rich.table import Column

        self._bars = Bars(
            TextColumn("{task.description}", table_column=Column(no_wrap=True, min_width=15)),
            BarColumn(20),
            TextColumn("{task.fields[amount]}", table_column=Column(no_wrap=True, min_width=20)),
            TextColumn("{task.fields[names]}", markup=False, table_column=Column(no_wrap=True, ratio=1)),
            console=Console(file=self._stream, no_color=bool(os.environ.get("NO_COLOR"))),
            transient=True,
            expand=True,
        )
        self._bars.start()
        return self._bars


def _amount(stage: str, done: int, total: int) -> str:
    if stage in _COUNTED:
        return f"{done:,}/{total:,}" if total else f"{done:,}"
    if not total:
        return size_said(done) if done else ""  # of a sync nobody knows how far it is
    return f"{size_said(done)} of {size_said(total)}"

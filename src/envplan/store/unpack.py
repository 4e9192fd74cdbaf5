"""Unpacking: the files of a wheel into a folder that nobody sees, each held against its hash on the way."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from envplan.processes.parallel import in_parallel
from envplan.store.archive.contents import chunks
from envplan.store.archive.refusal import RECORD, Refusal
from envplan.store.archive.wheel import Part, Wheel
from envplan.store.durable import Early, reserve, settle_file
from envplan.store.paths import within, write_all
from envplan.values.records import dataclass, field

PLAIN, EXECUTABLE = 0o444, 0o555  # read-only: environments share these files

_BIG = 1 << 20  # bytes from which a file is work of its own, and its room is reserved
_BATCH = 256  # smaller ones at a time
_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
_BY_DESCRIPTOR = os.utime in os.supports_fd  # not on Windows


def cores() -> int:
    """How many threads unpack at once, whatever the number of wheels; more would wait for Python's lock."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(1, min(8, usable or 1))


_AT_WORK = threading.BoundedSemaphore(cores())


class _Stopped(Exception):  # noqa: N818
    """Somebody else failed, or Ctrl-C was pressed."""


@dataclass(eq=False)
class Unpacking:
    """One wheel on its way from an open archive into a folder."""

    descriptor: int
    folder: Path
    moment: int  # nanoseconds; when all its files say they were changed
    done: Callable[[int], None]  # hears how many bytes more are there
    digests: dict[str, bytes] = field(default_factory=dict)  # sha256 by the names of entries
    stopped: threading.Event = field(default_factory=threading.Event)
    early: Early = field(default_factory=Early)
    strips: int = 0  # what the umask takes away from the modes of new files

    def run(self, wheel: Wheel) -> None:
        """Write all files, in threads, the biggest first."""
        _make_folders(self.folder, wheel)
        self.strips = EXECUTABLE & ~self.folder.stat().st_mode
        work = sorted(_portions(wheel), key=lambda portion: -sum(part.member.size for part, _ in portion))
        try:
            in_parallel(self._portion, work, cores())
        finally:
            self.stopped.set()
            self.early.end()

    def _portion(self, portion: Sequence[tuple[Part, bool]]) -> None:
        with _AT_WORK:
            try:
                for part, kept in portion:
                    self._file(part, kept)
            except BaseException:
                self.stopped.set()
                raise

    def _file(self, part: Part, kept: bool) -> None:
        if not kept:
            self._copy(part, None)
            return
        path = within(str(self.folder), f"{part.scheme}/{part.path}")
        descriptor = os.open(path, _FLAGS, EXECUTABLE if executable(part) else PLAIN)
        try:
            if part.member.size >= _BIG:
                reserve(descriptor, part.member.size)
            self._copy(part, descriptor)
            self._finish(descriptor, part)
        finally:
            os.close(descriptor)
        if not _BY_DESCRIPTOR:
            os.utime(path, ns=(self.moment, self.moment))

    def _copy(self, part: Part, descriptor: int | None) -> None:
        """Read an entry, hold it against its hash, and write it if there is where to."""
        member = part.member
        hashers = [hashlib.sha256()]
        if part.digest and part.digest.algorithm != "sha256":
            hashers.append(hashlib.new(part.digest.algorithm))
        for piece in chunks(self.descriptor, member):
            if self.stopped.is_set():
                raise _Stopped
            for hasher in hashers:
                hasher.update(piece)
            if descriptor is not None:
                write_all(descriptor, piece)
            self.done(len(piece))
        if part.digest and hashers[-1].digest() != part.digest.value:
            raise Refusal(RECORD, f"its {part.digest.algorithm} is not the one RECORD has", member.name)
        self.digests[member.name] = hashers[0].digest()

    def _finish(self, descriptor: int, part: Part) -> None:
        if self.strips:
            os.fchmod(descriptor, EXECUTABLE if executable(part) else PLAIN)
        if _BY_DESCRIPTOR:
            os.utime(descriptor, ns=(self.moment, self.moment))
        settle_file(descriptor)
        if part.member.size >= _BIG:
            self.early.begin(descriptor)


def executable(part: Part) -> bool:
    """Whether a file may be run, as far as its wheel says."""
    return part.scheme == "scripts" or bool(part.member.mode & 0o111)


def _make_folders(folder: Path, wheel: Wheel) -> None:
    wanted: set[str] = set()
    for part in wheel.parts:
        parent = f"{part.scheme}/{part.path}".rpartition("/")[0]
        while parent and parent not in wanted:
            wanted.add(parent)
            parent = parent.rpartition("/")[0]
    for path in sorted(wanted):  # parents first
        (folder / path).mkdir(0o755)


def _portions(wheel: Wheel) -> Iterator[list[tuple[Part, bool]]]:
    """Share out the work: big files alone, small ones together, as they lie in the archive."""
    parts = [(part, True) for part in wheel.parts] + [(part, False) for part in wheel.dropped]
    small = [entry for entry in parts if entry[0].member.size < _BIG]
    yield from ([entry] for entry in parts if entry[0].member.size >= _BIG)
    yield from (small[start : start + _BATCH] for start in range(0, len(small), _BATCH))

"""What is on disk of a file that is not whole yet."""

from __future__ import annotations

import contextlib
import json
import os
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from envplan.values.records import dataclass, field

_MAGIC = b"envplan-part-1 "
_SLOT = struct.Struct("<QI")  # the bytes that are there, and their CRC
_READ = 1 << 20
_STATE_LIMIT = 1 << 20


def crc32_of() -> Callable[[bytes, int], int]:
    """Return the quickest CRC there is; they are all the same, so that one run can check another's."""
    try:
        from isal.isal_zlib import crc32
    except ImportError:
        from zlib import crc32
    return crc32


@dataclass(eq=False)
class Piece:
    """A range of a file, fetched from its start on."""

    number: int
    start: int
    end: int | None  # none: where the file ends, which nobody has said
    done: int = 0  # bytes of it that are on disk
    crc: int = 0  # of those
    kept: bool = False  # they are from an earlier run, and not yet read again
    taken: bool = False  # somebody is at it
    attempt: int = 1
    mark: int = 0  # the most it ever had when an attempt failed
    seen: int = 0  # what the whole round had received when it was turned away

    @property
    def complete(self) -> bool:
        """Whether nothing of it is missing."""
        return self.end is not None and self.start + self.done >= self.end


@dataclass
class State:
    """What is known of a part, apart from its bytes."""

    total: int | None
    piece: int  # the size of its pieces
    sign: str  # by which a server tells this version from others: a strong ETag, or a date
    pieces: list[Piece] = field(default_factory=list)


def layout(total: int | None, size: int) -> list[Piece]:
    """Cut a file into pieces."""
    if total is None or total <= size:
        return [Piece(0, 0, total)]
    return [Piece(n, start, min(start + size, total)) for n, start in enumerate(range(0, total, size))]


class Part:
    """NAME.part has the bytes, at their places; NAME.state says which, and of which version.

    Nothing is synced: that would write to disk what is mostly deleted a minute later. Each piece has a CRC
    instead. Whatever a kill, a power cut or a bad disk left behind is noticed when it is read, which it is in
    any case, for the sha256; what is damaged is fetched again, piece by piece.
    """

    def __init__(self, folder: Path, sha256: str) -> None:
        self.bytes = folder / f"{sha256}.part"
        self.state = folder / f"{sha256}.state"
        self.whole = folder / f"{sha256}.whole"
        self._head = 0

    def read(self) -> State | None:
        """Return what was left by an earlier run, if it can be made out."""
        try:
            with self.state.open("rb") as file:
                data = file.read(_STATE_LIMIT)
        except OSError:
            return None
        line, _, slots = data.partition(b"\n")
        state = _header(line)
        if state is None or not self.bytes.exists():
            return None
        self._head = len(line) + 1
        for piece in state.pieces:
            _recall(piece, slots[piece.number * _SLOT.size :][: _SLOT.size])
        return state

    def begin(self, state: State) -> None:
        """Start from nothing."""
        # First the old state goes: it must never speak for bytes that are not its own.
        self.state.unlink(missing_ok=True)
        with _ours(self.bytes):
            pass
        told = {"total": state.total, "piece": state.piece, "sign": state.sign}
        line = _MAGIC + json.dumps(told).encode() + b"\n"
        with _ours(self.state) as file:
            file.write(line + b"".join(_SLOT.pack(piece.done, piece.crc) for piece in state.pieces))
        self._head = len(line)

    def discard(self) -> None:
        """Leave nothing behind."""
        for path in (self.state, self.bytes, self.whole):
            path.unlink(missing_ok=True)

    def finish(self) -> Path:
        """Give the whole file its name, if it does not have it."""
        if not self.whole.exists():
            with contextlib.suppress(FileNotFoundError):  # another process has unpacked it, and deleted it
                self.bytes.replace(self.whole)
        for path in (self.state, self.bytes):
            path.unlink(missing_ok=True)
        return self.whole

    def clear(self, piece: Piece) -> None:
        """Count a piece as missing."""
        piece.done, piece.crc, piece.kept = 0, 0, False
        with self.state.open("r+b", buffering=0) as state:
            self._note(state, piece)

    def check(self, piece: Piece) -> None:
        """Read again what an earlier run left of a piece, before more is added to it."""
        crc32, crc = crc32_of(), 0
        with contextlib.suppress(OSError):  # what cannot be read is damaged
            for data in self.read_bytes(piece.start, piece.start + piece.done):
                crc = crc32(data, crc)
        if crc != piece.crc:
            self.clear(piece)
        piece.kept = False

    def read_bytes(self, start: int, end: int) -> Iterator[bytes]:
        """Read a range."""
        with self.bytes.open("rb", buffering=0) as file:
            file.seek(start)
            while start < end and (data := file.read(min(_READ, end - start))):
                start += len(data)
                yield data

    @contextlib.contextmanager
    def writer(self, piece: Piece) -> Iterator[Writer]:
        """Add to a piece; several pieces may be written at once, each by one thread."""
        with self.bytes.open("r+b", buffering=0) as file, self.state.open("r+b", buffering=0) as state:
            file.seek(piece.start + piece.done)
            yield Writer(self, piece, file, state)

    def _note(self, state: BinaryIO, piece: Piece) -> None:
        state.seek(self._head + piece.number * _SLOT.size)
        state.write(_SLOT.pack(piece.done, piece.crc))


class Writer:
    """Writes a piece: first the bytes, then that they are there."""

    def __init__(self, part: Part, piece: Piece, file: BinaryIO, state: BinaryIO) -> None:
        self._part = part
        self._piece = piece
        self._file = file
        self._state = state
        self._crc32 = crc32_of()

    def write(self, data: bytes) -> None:
        """Add bytes to the end of the piece."""
        rest = memoryview(data)
        while rest:
            rest = rest[self._file.write(rest) :]
        self._piece.crc = self._crc32(data, self._piece.crc)
        self._piece.done += len(data)
        self._part._note(self._state, self._piece)


def _ours(path: Path) -> BinaryIO:
    """Write a file from its start on; whatever the umask, nobody else may write into it."""
    return open(path, "wb", opener=lambda name, flags: os.open(name, flags, 0o644))


def _header(line: bytes) -> State | None:
    if not line.startswith(_MAGIC):
        return None
    try:
        told = json.loads(line[len(_MAGIC) :])
        total, size, sign = told["total"], told["piece"], told["sign"]
    except (ValueError, KeyError, TypeError):
        return None
    if type(size) is not int or type(sign) is not str or not (total is None or type(total) is int):
        return None
    if size <= 0 or (total is not None and total // size > 10_000):
        return None
    return State(total, size, sign, layout(total, size))


def _recall(piece: Piece, slot: bytes) -> None:
    """Take from a slot what a piece is said to have."""
    if len(slot) == _SLOT.size:
        done, crc = _SLOT.unpack(slot)
        if done and (piece.end is None or piece.start + done <= piece.end):
            piece.done, piece.crc, piece.kept = done, crc, True


def allocated(folder: Path, sha256: str) -> int:
    """Return how much of a file is on disk already."""
    part = Part(folder, sha256)
    with contextlib.suppress(OSError):
        return part.whole.stat().st_size
    with contextlib.suppress(OSError):
        found = part.bytes.stat()
        return int(getattr(found, "st_blocks", 0)) * 512
    return 0

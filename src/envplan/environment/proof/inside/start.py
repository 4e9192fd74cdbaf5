"""Runs inside the environment that is proven, started by path with its own Python; envplan never imports it.

So it knows Python 3.8 and the standard library, and nothing else. What it finds out goes to stdout as marked
lines of JSON. Before each step it says what comes next: after a crash that is the last thing known.
"""

from __future__ import annotations

import contextlib
import ctypes
import faulthandler
import importlib
import importlib.machinery
import os
import signal
import sys
import time
import types
from json import dumps, loads  # by name: a package may put others in their place
from operator import mul
from pathlib import Path
from typing import Any

_LONGEST = 2000  # of a text: a line stays within what a pipe takes in one piece
_PDEATHSIG = 1  # of prctl: the signal to get when the parent dies
_SIDE = 128  # of the matrices


class WrongError(Exception):
    """A result that is not what it should be."""


class Session:
    """What a proof says, and the numbers it computes with."""

    many = 16 * 1024 * 1024  # numbers of four bytes; so many ones are still exact when added up as float32

    def __init__(self, out: int, mark: str) -> None:
        self._out = out
        self._mark = mark
        self._matrices: Any = None

    def say(self, **line: Any) -> None:
        """Write one line of the answer."""
        data = ("\n" + self._mark + dumps(line) + "\n").encode("ascii")
        while data:
            data = data[os.write(self._out, data) :]

    def load(self, module: str) -> Any:
        """Import the framework; without it there is nothing more to do."""
        self.say(at="import " + module)
        begun = time.perf_counter()
        try:
            found = importlib.import_module(module)
        except BaseException as error:
            self.say(unimportable=module, **self.told(error))
            self.end()
        self.say(imported=module, seconds=round(time.perf_counter() - begun, 3))
        return found

    def check(self, device: str, name: str, work: Any) -> None:
        """Let a device do one thing; `work` returns a few words, or raises."""
        self.say(at=name, device=device)
        begun = time.perf_counter()
        try:
            ok, detail = True, work() or ""
        except WrongError as error:
            ok, detail = False, str(error)
        except BaseException as error:  # also one that would end us
            ok, detail = False, self.told(error)["error"]
        self.say(
            check=name,
            device=device,
            ok=ok,
            detail=detail[:_LONGEST],
            seconds=round(time.perf_counter() - begun, 3),
        )

    def skip(self, device: str, name: str, why: str) -> None:
        """Say what a device was not asked to do."""
        self.say(check=name, device=device, ok=None, detail=why, seconds=0.0)

    def attempt(self, what: str, work: Any) -> Any:
        """Find out something that not every release can tell; none where it cannot."""
        self.say(at=what)
        try:
            return work()
        except Exception as error:
            self.say(note=self.told(error)["error"])
            return None

    def told(self, error: BaseException) -> dict[str, Any]:
        """Say what an exception says: its kind, the last line, and the module that is missing."""
        try:
            lines = [line for line in str(error).splitlines() if line.strip()]
        except Exception:
            lines = []
        kind = type(error).__name__
        last = lines[-1].strip() if lines else ""
        first = lines[0].strip() if len(lines) > 1 else ""
        text = (first + " … " + last) if first else last
        told = {"error": ((kind + ": " + text) if text else kind)[:_LONGEST]}
        return {**told, "missing": _missing(error, text)}

    def matrices(self) -> Any:
        """Give two matrices and their product, of which no sum nor any part of one is beyond 256.

        So far all whole numbers are exact in every type, bfloat16 too: what is not equal is wrong.
        """
        if not self._matrices:
            left, right = _drawn(7, 5), _drawn(11, 3)
            columns = [[row[j] for row in right] for j in range(_SIDE)]
            self._matrices = left, right, [[sum(map(mul, row, column)) for column in columns] for row in left]
        return self._matrices

    def images(self) -> Any:
        """Give an image (1, 4, 16, 16), filters (4, 4, 3, 3), and their convolution, padded by one.

        Libraries may transform images before they multiply, which rounds: a tolerance is in place.
        """
        four, side, three = range(4), range(16), range(3)
        image = [[[(5 * c + 3 * y + 7 * x) % 11 - 5 for x in side] for y in side] for c in four]
        filters = [
            [[[(f + 2 * c + 3 * y + x) % 5 - 2 for x in three] for y in three] for c in four] for f in four
        ]

        def at(channel: int, y: int, x: int) -> int:
            return image[channel][y][x] if 0 <= y < 16 and 0 <= x < 16 else 0

        def point(f: int, y: int, x: int) -> int:
            return sum(
                at(c, y + v - 1, x + u - 1) * filters[f][c][v][u] for c in four for v in three for u in three
            )

        return [image], filters, [[[[point(f, y, x) for x in side] for y in side] for f in four]]

    def compare(self, found: Any, wanted: Any, tolerance: float = 0.0) -> str:
        """Hold one result against the right one; the tolerance is a part of the largest number."""
        found, wanted = _flat(found), _flat(wanted)
        if len(found) != len(wanted):
            raise WrongError(f"{len(found)} numbers came back, not {len(wanted)}")
        most = max(map(abs, wanted))
        pairs = [(abs(found[n] - wanted[n]), n) for n in range(len(wanted))]
        bad = [n for off, n in pairs if not off <= tolerance * most]  # not: a NaN is never less
        if bad:
            n = bad[0]
            raise WrongError(
                f"{len(bad)} of {len(wanted)} numbers are wrong: {found[n]!r} where {wanted[n]!r} is right"
            )
        return ""

    def filled(self, total: float) -> str:
        """Judge memory that was filled with ones, by their sum."""
        if total != self.many:
            raise WrongError(f"{self.many} ones add up to {total!r}")
        return f"{self.many * 4 // 1024 // 1024} MiB"

    def end(self) -> None:
        """Say that this was all, and leave before a library's own clean-up can hang or crash."""
        self.say(end=True)
        os._exit(0)


def _missing(error: BaseException, text: str) -> str | None:
    """Name the module that is missing, also where an error of the package's own speaks of it."""
    before = error.__cause__ or error.__context__
    for one in (error, before):
        name = one.name if isinstance(one, ModuleNotFoundError) else None
        if name and (one is error or name.partition(".")[0] in text):
            return name
    return None


def _drawn(number: int, kinds: int) -> list[list[int]]:
    """Draw a matrix of whole numbers around zero, by a generator that gives the same ones everywhere."""
    rows = []
    for _ in range(_SIDE):
        row = []
        for _ in range(_SIDE):
            number = (number * 1103515245 + 12345) % 2**31
            row.append((number >> 16) % kinds - kinds // 2)
        rows.append(row)
    return rows


def _flat(nested: Any) -> list[Any]:
    if not isinstance(nested, (list, tuple)):
        return [nested]
    return [number for part in nested for number in _flat(part)]


def _end_alone(deadline: float) -> None:
    """See to it that this process ends, even if the one that would end it was killed."""
    if hasattr(signal, "alarm"):
        signal.alarm(int(deadline) + 10)
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PDEATHSIG, signal.SIGKILL)


def _module(subject: str) -> Any:
    """Load the file of that name beside this one: not by `import`, which would find the framework."""
    path = str(Path(__file__).resolve().with_name(subject + ".py"))
    loader = importlib.machinery.SourceFileLoader("envplan_inside_" + subject, path)
    module = types.ModuleType(loader.name)
    loader.exec_module(module)
    return module


def main(subject: str, question: dict[str, Any]) -> None:
    """Answer for one subject: `imports`, or a framework."""
    session = Session(os.dup(1), question["mark"])
    os.dup2(2, 1)
    session.say(begun=list(sys.version_info[:3]), prefix=sys.prefix)
    if question.get("patience"):  # shows where it hangs, before it is ended
        faulthandler.dump_traceback_later(question["patience"])
    if question.get("deadline"):
        _end_alone(question["deadline"])
    module = _module(subject)
    try:
        module.prove(session, question)
    except Exception as error:  # of ours, or of a framework that changed
        session.say(stumbled=session.told(error)["error"])
    session.end()


if __name__ == "__main__":
    main(sys.argv[1], loads(sys.stdin.read()))

"""Copies of this process, which do parts of a long piece of work: a fork takes 1 ms.

Python lets one of its threads run at a time, so that two of them ask a file system no quicker than one.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from itertools import pairwise

_MOST = 4  # a file system does not do more things at once
_YES, _NO, _UNKNOWN = 0, 1, 2

_parent = 0  # of a copy


def portions(count: int, least: int) -> list[slice]:
    """Cut rows into as many portions as there are processors for, none of them smaller than is worth a copy.

    One portion where this is not the only thread: a copy has none of the others, but the locks they held.
    """
    copies = sys.platform == "linux" and threading.active_count() == 1
    number = max(1, min(len(os.sched_getaffinity(0)), _MOST, count // least)) if copies else 1
    bounds = [count * part // number for part in range(number + 1)]
    return [slice(start, end) for start, end in pairwise(bounds)]


def in_copies(works: Sequence[Callable[[], bool]]) -> list[bool]:
    """Do the first here and each other in a copy; say of each whether it went well.

    All a copy gives back is yes or no. Where it gave neither, its part is done here: it must bear being done
    again over what is there already.
    """
    here, *others = works
    copies = [_copied(work) for work in others]
    results: list[bool | None] = []
    try:
        first = here()
        while len(results) < len(copies):
            results.append(_result(copies[len(results)]))
    except BaseException:
        for copy in copies[len(results) :]:
            _end(copy)
        raise
    return [first] + [work() if so is None else so for work, so in zip(others, results, strict=True)]


def orphaned() -> bool:
    """Whether this is a copy, and what it was copied from was killed: then nobody wants its work."""
    return _parent not in (0, os.getppid())


def _copied(work: Callable[[], bool]) -> int | None:
    """Begin in a copy, which ends with the answer; none where the system makes no more processes."""
    global _parent
    ours = os.getpid()
    try:
        copy = os.fork()
    except OSError:
        return None
    if copy == 0:
        answer = _UNKNOWN  # whatever goes wrong is found, and told, by who does it again
        try:
            _parent = ours
            answer = _YES if work() else _NO
        finally:
            os._exit(answer)
    return copy


def _result(copy: int | None) -> bool | None:
    if copy is None:
        return None
    code = os.waitstatus_to_exitcode(os.waitpid(copy, 0)[1])
    return {_YES: True, _NO: False}.get(code)


def _end(copy: int | None) -> None:
    if copy is not None:
        os.kill(copy, signal.SIGKILL)
        os.waitpid(copy, 0)

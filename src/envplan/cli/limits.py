"""What the machine does not give: memory, threads, open files, a disk that reads. It can strike anywhere."""

from __future__ import annotations

import argparse
import errno
import os
from collections.abc import Iterator, Sequence

from envplan.problems import AGAIN, Problem, Said, reason_of

CODE = "EP470"

_SHOWN = "ulimit -a   (the limits of this shell)"
_FILES = frozenset({errno.EMFILE, errno.ENFILE})
_NAMES = ("EIO", "EROFS", "ENOSPC", "EDQUOT", "EFBIG", "EACCES", "EPERM", "EAGAIN", "ESTALE")
_REFUSALS = frozenset(getattr(errno, name) for name in _NAMES if hasattr(errno, name))


def limit_behind(error: Exception, arguments: Sequence[str]) -> Problem | None:
    """Say which limit of the machine an error comes from, whatever it was taken for; none where from none.

    Who is refused one more open file takes that for a disk that cannot be written, or a host not there.
    """
    for cause in _behind(error):
        if isinstance(cause, MemoryError) or getattr(cause, "errno", 0) == errno.ENOMEM:
            return _problem("there is not enough memory", cause, arguments, _SHOWN)
        if isinstance(cause, RuntimeError) and str(cause) == "can't start new thread":
            return _problem("no more threads can be started", cause, arguments, _SHOWN)
        if isinstance(cause, OSError) and cause.errno in _FILES:
            return _problem("too many files are open at once", cause, arguments, "ulimit -n 4096")
    if isinstance(error, OSError) and error.errno in _REFUSALS:  # where nobody expected that
        return _problem("the system does not let envplan do its work", error, arguments)
    return None


def _behind(error: BaseException | None) -> Iterator[Exception]:
    while isinstance(error, Exception):
        yield error
        error = error.__cause__ or error.__context__


def _problem(title: str, error: Exception, arguments: Sequence[str], cure: str = "") -> Problem:
    from envplan.cli.cures import retyped
    from envplan.documents.reading import printable

    where = printable(str(getattr(error, "filename", None) or ""))
    problem = Problem(
        CODE,
        title,
        found=(Said(printable(reason_of(error)).lower(), where),),
        why=(Said("nothing half-done is left: what was in use before still is"),),
        cures=(cure, AGAIN) if cure and os.name != "nt" else (AGAIN,),
    )
    return retyped((problem,), argparse.Namespace(), arguments)[0]

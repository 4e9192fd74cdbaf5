"""Opening a lock that is there, to look at it; what the spec names, where there is one."""

from __future__ import annotations

import errno
import sys
from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

from envplan.documents.opening import read_document
from envplan.documents.reading import shown
from envplan.lockfile import LOCK_FILE
from envplan.lockfile.rules import SIZE_LIMIT
from envplan.problems import EnvplanError, Problem, Said, reason_of
from envplan.values.records import dataclass, replace
from envplan.verbs.project import is_folder, typed

if TYPE_CHECKING:  # `lock --check` needs none of what these import
    from envplan.lockfile.model import Lock
    from envplan.spec.model import Requirement

CODE = "EP111"
STDIN = "-"

LOCKS = "pylock*.toml"

_LISTED = 5


@dataclass(frozen=True)
class Opened:
    """A lock, and what its spec asks of packages, by name; none where no spec could be read."""

    lock: Lock
    file: Path
    wanted: dict[str, tuple[Requirement, ...]] | None
    options: str  # what to type after another command, for it to see the same lock


def open_lock(spec_file: Path | None, lock_file: Path | None) -> Opened:
    """Read the lock that is named, or the one beside the spec."""
    spec = spec_file or (lock_file.parent if lock_file else Path())
    file = lock_file or (spec if is_folder(spec) else spec.parent) / LOCK_FILE
    options = typed(spec_file, lock_file)
    lock = read_lock(file, f"envplan lock{options}")
    return Opened(lock, file, _wanted(spec, lock, asked=spec_file is not None), options)


def read_lock(file: Path, cure: str) -> Lock:
    """Read one lock, or stdin where it is called "-"; the cure is for one that is not there."""
    from envplan.lockfile.decode import decode

    data = lock_bytes(file, cure)
    try:
        return decode(data, _called(file))
    except EnvplanError as error:
        raise EnvplanError(*mendable(error.problems, remade_by(data, _called(file)))) from None


def lock_bytes(file: Path, cure: str) -> bytes:
    """Open one lock as `read_lock` does, for whoever does not need what it says as values."""
    try:
        return _stdin() if str(file) == STDIN else read_document(file, SIZE_LIMIT)
    except (OSError, ValueError) as error:
        raise EnvplanError(_unreadable(file, error, cure)) from None


def mendable(problems: Iterable[Problem], cure: str) -> tuple[Problem, ...]:
    """Say what mends a lock that is not in order, where nobody knows more than to make it anew."""
    return tuple(
        replace(one, cures=(cure,)) if one.cures in ((), ("envplan lock",)) else one for one in problems
    )


def remade_by(data: bytes, name: str) -> str:
    """Say what makes a lock anew that is not in order: it keeps pins that can still be read."""
    from envplan.documents.reading import CONFLICT
    from envplan.lockfile.decode import decode

    if CONFLICT.search(data.decode("utf-8", "replace")):
        return f"git checkout --ours -- {quote(name)} && envplan lock"
    try:
        decode(data, name, sealed=False)
    except EnvplanError:
        return "envplan lock --upgrade"
    return "envplan lock"


def _called(file: Path) -> str:
    return "stdin" if str(file) == STDIN else str(file)


def _stdin() -> bytes:
    if sys.stdin is None:
        raise OSError(errno.EBADF, "it is closed")
    return sys.stdin.buffer.read(SIZE_LIMIT + 1)


def _wanted(spec_file: Path, lock: Lock, *, asked: bool) -> dict[str, tuple[Requirement, ...]] | None:
    """Read what the spec wants; a lock can be looked at without it, unless somebody names one."""
    from envplan.spec.read import read_spec

    try:
        spec = read_spec(spec_file)
    except EnvplanError:
        if asked:
            raise
        return None
    if spec.name != lock.name and not asked:
        return None  # the spec of another environment that lies in the same folder
    found: dict[str, tuple[Requirement, ...]] = {}
    for one in spec.everything:
        found[one.name] = (*found.get(one.name, ()), one)
    return found


def _unreadable(file: Path, error: Exception, cure: str) -> Problem:
    name = _called(file)
    if isinstance(error, FileNotFoundError):
        others = _others(file)
        found = (Said(f"other locks: {', '.join(others)}", shown(str(file.parent))),) if others else ()
        return Problem(CODE, f"there is no lock {shown(name)}", found=found, cures=(cure,))
    why = (Said(reason_of(error)),)
    path = quote(str(file))
    cures = [f"ls -ld {path}"]
    no_file = isinstance(error, OSError) and error.errno in (errno.EINVAL, errno.ELOOP)
    if no_file and "diff" in cure:
        cures = [cure]
    elif no_file and fnmatchcase(file.name, LOCKS):  # in the place of one; any other name may be a slip
        cures = [f"mv {path} {path}.moved && {cure}"]
    return Problem(CODE, f"{shown(name)} cannot be read", why=why, cures=tuple(cures))


def _others(file: Path) -> list[str]:
    """List the locks in the same folder, one of which may have been meant."""
    try:
        return [shown(one.name) for one in sorted(file.parent.glob(LOCKS))[:_LISTED]]
    except (OSError, ValueError):
        return []

"""Where the documents and the environment of a project lie: what apply, run, verify and rollback share.

Nothing is read but where a pyproject.toml may be the spec: `apply` with nothing to do has no time for more.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from shlex import quote

from envplan.lockfile import LOCK_FILE
from envplan.spec import PROJECT_FILE, SPEC_FILE
from envplan.values.digests import sha256
from envplan.values.records import dataclass

POINTER = ".venv"

_PLAIN = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_-]{0,62}[A-Za-z0-9])?")  # as names of environments are


@dataclass(frozen=True)
class Project:
    """Three paths, whether or not something is there."""

    spec: Path | None  # none: nothing that could be one
    lock: Path
    pointer: Path  # absolute; its last part is not followed where it is a link


def find_project(
    spec_file: Path | None = None, lock_file: Path | None = None, environment: Path | None = None
) -> Project:
    """Find them: the lock beside the spec, the environment beside the lock, unless they are named."""
    beside = spec_file or (lock_file.parent if lock_file else Path())
    spec = _spec(beside)
    folder = beside if is_folder(beside) else beside.parent
    lock = lock_file or folder / LOCK_FILE
    pointer = environment or lock.parent / pointer_name(lock.name)
    return Project(spec, lock, Path(os.path.abspath(pointer)))  # noqa: PTH100 - links are not to be followed


def typed(spec_file: Path | None, lock_file: Path | None, environment: Path | None = None) -> str:
    """Write the options that name them, as they are typed after a command."""
    named = (("--spec", spec_file), ("--lock", lock_file), ("--env", environment))
    return "".join(f" {option} {quote(str(path))}" for option, path in named if path)


def environment_name(lock_name: str, pointer: Path) -> str:
    """Name the folder of an environment's generations: that of the lock, for `.venv`.

    No two pointers beside each other share one, whatever their locks are called: what one of them no longer
    needs, the other may have in use. Names of locks have neither `.` nor `@`.
    """
    own = pointer.name
    if own == POINTER:
        return lock_name
    further = own.removeprefix(f"{POINTER}-")
    mark = "@" if further == own else "."
    if _PLAIN.fullmatch(further):
        return f"{lock_name}{mark}{further}"
    letters = re.sub(r"[^A-Za-z0-9]+", "-", own)[:32].strip("-")
    return f"{lock_name}@{letters}.{sha256(os.fsencode(own)).hexdigest()[:12]}"


def may_be_of(name: str, pointer: Path) -> bool:
    """Whether a folder of generations is one that a pointer of this name leads to."""
    return environment_name(lock_of(name), pointer) == name


def lock_of(name: str) -> str:
    """Name the lock that an environment was named after."""
    return re.split("[.@]", name)[0]


def pointer_name(lock_name: str) -> str:
    """Name the pointer for a lock: .venv, and .venv-train for pylock.train.toml."""
    match lock_name.split("."):
        case ["pylock", name, "toml"]:
            return f"{POINTER}-{name}"
    return POINTER


def lock_file(pointer: Path, usual: str) -> str:
    """Name the lock for a pointer: pylock.train.toml for .venv-train."""
    further = pointer.name.removeprefix(f"{POINTER}-")
    return usual if further == pointer.name else f"pylock.{further}.toml"


def _spec(where: Path) -> Path | None:
    """Find what is, or may be, the spec; whether it is one is told by reading it."""
    if not is_folder(where):
        return where
    if os.path.lexists(where / SPEC_FILE):
        return where / SPEC_FILE
    try:
        return where / PROJECT_FILE if b"envplan" in (where / PROJECT_FILE).read_bytes() else None
    except (OSError, ValueError):
        return None


def is_folder(path: Path) -> bool:
    """Whether a path that somebody named is a folder; one that is no path is none."""
    try:
        return path.is_dir()
    except (OSError, ValueError):  # who opens it says what is wrong with it
        return False

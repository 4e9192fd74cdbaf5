"""Which Python an environment stands on: one of this machine's, none that lies in an environment itself."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from envplan.problems import EnvplanError, Problem, Said
from envplan.values.versions import Python

if TYPE_CHECKING:  # where our own Python will do, nothing is looked for
    from envplan.machine.probe.host import Host

NONE = "EP440"


def own(python: Python) -> str | None:
    """Return the Python that envplan itself runs on, if it is of that version."""
    same = (python.major, python.minor) == sys.version_info[:2] and sys.implementation.name == "cpython"
    return sys.executable or None if same else None


def candidates(python: Python, host: Host) -> Iterator[str]:
    """Name the Pythons of one minor version: the likely one first, others only if they are asked for."""
    from envplan.machine.probe.interpreters import by_asking, by_name

    named = [one.path for one in by_name(host) if one.python == python]
    yield from named
    # A name promises little (a broken link of pyenv, a build for another processor): those that answer.
    yield from (one.path for one in by_asking(host) if one.python == python and one.path not in named)


def missing(python: Python, host: Host, failures: tuple[Said, ...] = ()) -> EnvplanError:
    """Say that there is none that works, and how to come by one."""
    from envplan.machine.probe.interpreters import by_name

    others = tuple(Said(f"Python {one.python}", one.path) for one in by_name(host) if one.python != python)
    title = f"there is no Python {python} on this machine"
    if failures:
        title = f"no Python {python} of this machine can carry an environment"
    why = "wheels are made for one minor version of Python; another one cannot load them"
    wanted = (Said(f"Python {python}", "the lock"),)
    found = failures or others
    return EnvplanError(Problem(NONE, title, wanted, found, (Said(why),), tuple(_cures(python))))


def _cures(python: Python) -> Iterator[str]:
    if shutil.which("pyenv"):
        yield f"pyenv install {python}"
    yield f"uv python install {python}"


def identity(path: str) -> list[str | int] | None:
    """Tell a file from what it is after an upgrade in place; none where nothing is there."""
    try:
        status = Path(path).stat()
    except (OSError, ValueError):
        return None
    return [path, status.st_mtime_ns, status.st_size]

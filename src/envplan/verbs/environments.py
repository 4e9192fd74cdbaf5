"""Finding an environment that is there: by its pointer, which says whose it is."""

from __future__ import annotations

import os
from pathlib import Path

from envplan.documents.reading import shown
from envplan.environment.model import GENERATIONS, Place
from envplan.environment.pointer import Foreign, Ours, named, pointing, ways_past
from envplan.problems import EnvplanError, Problem, Said
from envplan.verbs.project import POINTER, may_be_of

NONE = "EP445"


def pointer_of(env: Path | None, spec: Path | None = None) -> Path:
    """Return the pointer that is named, or the usual one beside the spec."""
    beside = spec if spec and spec.is_dir() else (spec.parent if spec else Path())
    return Path(os.path.abspath(env or beside / POINTER))  # noqa: PTH100 - a pointer is a link, and stays one


def open_place(env: Path | None, spec: Path | None = None) -> Place:
    """Find the environment behind a pointer; of one that was deleted, by what lies beside it."""
    pointer = pointer_of(env, spec)
    match pointing(pointer):
        case Ours(name):
            return Place(name, pointer)
        case Foreign(kind):
            raise none_there(pointer, Said(f"{kind} that envplan did not make", str(pointer)))
    names = names_of(pointer)
    if len(names) != 1:
        raise none_there(pointer, *(Said(f"the environment {name}", str(pointer.parent)) for name in names))
    return Place(names[0], pointer)


def none_there(pointer: Path, *found: Said) -> EnvplanError:
    """Say that there is no environment."""
    title = f"there is no environment {shown(pointer.name)} here"
    wanted = (Said(str(pointer)),)
    cures = ways_past(pointer) or (f"envplan apply{named(pointer)}",)
    return EnvplanError(Problem(NONE, title, wanted, found, cures=cures))


def names_of(pointer: Path) -> list[str]:
    """Name the environments that this pointer leads to or once did, while the lock had another name."""
    try:
        beside = [one.name for one in (pointer.parent / GENERATIONS).iterdir() if one.is_dir()]
    except OSError:
        return []
    return sorted(name for name in beside if may_be_of(name, pointer))

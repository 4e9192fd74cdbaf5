"""The folder beside the pointer that generations lie in: made here, and never anybody else's."""

from __future__ import annotations

import os
import shlex
import stat
from pathlib import Path

from envplan.documents.folders import what_is_there
from envplan.environment.model import GENERATIONS, Place
from envplan.environment.trouble import told
from envplan.problems import EnvplanError, Problem, Said
from envplan.store.paths import write_new

FOREIGN, UNFIT = "EP442", "EP449"

_NOWHERE = "an environment cannot lie there"
_IGNORED = b"*\n"
_JUNCTION = 0xA0000003  # how Windows marks one; lstat calls it a folder


def prepare(place: Place) -> None:
    """Make the folder, and keep it out of version control."""
    _refuse_unfit(place)
    _refuse_foreign(place)
    with told(place.folder, f"a folder for the environment {place.name}"):
        for folder in (place.folder.parent, place.folder):
            if not folder.is_dir():
                folder.mkdir(mode=0o755, exist_ok=True)
        ignored = place.folder.parent / ".gitignore"
        if not os.path.lexists(ignored):
            write_new(ignored, _IGNORED)


def _refuse_unfit(place: Place) -> None:
    """Refuse a path at which no environment could be used, or would not stay."""
    pointer, parent = place.pointer, place.pointer.parent
    if os.pathsep in str(pointer):
        why = f"PATH is a list with {os.pathsep} in between: no folder on it has that in its name"
        raise _unfit(_NOWHERE, pointer, why=why, cure=_divided(pointer))
    try:
        os.fsencode(pointer).decode("utf-8")
    except UnicodeError:
        why = "its path has bytes that are no UTF-8, and the scripts that activate it are written in that"
        raise _unfit(_NOWHERE, pointer, why=why) from None
    real = Path(os.path.realpath(parent))
    if outside := _outside(real):
        why = "it would be inside the folder of other environments, and be gone with them"
        better = _quoted(outside / pointer.name)
        raise _unfit(_NOWHERE, pointer, (Said("theirs", str(real)),), why, f"envplan apply --env {better}")
    if parent.is_dir():
        return
    title = "the folder for the environment is not there"
    blocking = what_is_there(parent)
    if not blocking.is_dir():
        raise _unfit(title, pointer, (Said("no folder", str(blocking)),), cure=f"ls -ld {_quoted(blocking)}")
    raise _unfit(title, pointer, (Said("no folder", str(parent)),), cure=f"mkdir -p {_quoted(parent)}")


def _outside(folder: Path) -> Path | None:
    """Return the folder beside the environments that a folder lies in; none where it lies in none."""
    if folder.name == GENERATIONS:
        return folder.parent
    for inner, above in zip((folder, *folder.parents), folder.parents, strict=False):
        if above.name == GENERATIONS and (inner / "lock").is_file():
            return above.parent
    return None


def _unfit(
    title: str, pointer: Path, found: tuple[Said, ...] = (), why: str = "", cure: str = ""
) -> EnvplanError:
    reasons = (Said(why),) if why else ()
    return EnvplanError(Problem(UNFIT, title, (Said(str(pointer)),), found, reasons, (cure,) if cure else ()))


def _quoted(path: Path) -> str:
    return shlex.quote(str(path))


def _divided(pointer: Path) -> str:
    """Say what to type instead of a path that has the mark in it."""
    top = next(path for path in (*reversed(pointer.parents), pointer) if os.pathsep in path.name)
    better = shlex.quote(str(top.with_name(top.name.replace(os.pathsep, "-"))))
    return f"envplan apply --env {better}" if top == pointer else f"mv {shlex.quote(str(top))} {better}"


def _refuse_foreign(place: Place) -> None:
    """Refuse links: what is built and cleaned up through one would be in somebody else's folder."""
    for folder in (place.folder.parent, place.folder):
        try:
            status = folder.lstat()
        except FileNotFoundError:
            continue
        except OSError as error:
            with told(folder, "the folder of generations"):
                raise error
        if stat.S_ISDIR(status.st_mode) and not is_link(status):
            continue
        kind = "a link" if is_link(status) else "a file"
        raise EnvplanError(
            Problem(
                FOREIGN,
                f"{folder.name} is {kind}, and envplan keeps environments in a folder of that name",
                found=(Said(kind, str(folder)),),
                why=(Said("what is behind it may be somebody else's; nothing was touched"),),
                cures=(f"mv {shlex.quote(str(folder))} {shlex.quote(f'{folder}.moved')}",),
            )
        )


def is_link(status: os.stat_result) -> bool:
    """Whether something is a link, or a junction of Windows, which says that it is a folder."""
    return stat.S_ISLNK(status.st_mode) or getattr(status, "st_reparse_tag", 0) == _JUNCTION

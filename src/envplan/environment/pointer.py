"""The pointer: the one name by which people and tools know an environment, moved in one step."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import shlex
import stat
import sys
from pathlib import Path

from envplan.documents.reading import shown
from envplan.documents.writing import sync_folder
from envplan.environment.model import GENERATIONS, Place
from envplan.environment.places import FOREIGN, is_link
from envplan.environment.trouble import refused, told
from envplan.problems import EnvplanError, Problem, Said
from envplan.values.records import dataclass

_OURS = re.compile(r"\.envplan[/\\](?P<name>[^/\\]+)[/\\](?P<number>[1-9][0-9]{0,8})[/\\]?")
_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFREG: "a file",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
}
_EXCHANGE = 2  # of renameat2
_HERE = -100  # AT_FDCWD


@dataclass(frozen=True)
class Nowhere:
    """Nothing is there."""


@dataclass(frozen=True)
class Ours:
    """It names a generation, which may be gone."""

    name: str
    number: int
    folder: Path


@dataclass(frozen=True)
class Foreign:
    """Something is there that envplan did not make."""

    kind: str


Pointing = Nowhere | Ours | Foreign


def pointing(pointer: Path) -> Pointing:
    """Say what is there, and look behind no link."""
    try:
        status = pointer.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return Nowhere()
    except OSError as error:  # no right to look there, or a name too long
        raise refused(pointer, error, "the pointer to the environment", cannot="looked at") from None
    if not is_link(status):
        return Foreign(_KINDS.get(stat.S_IFMT(status.st_mode), "a device"))
    text = os.readlink(pointer)  # noqa: PTH115 - the text itself tells whose it is
    return _ours(pointer, text) or Foreign(f"a link to {text}")


def _ours(pointer: Path, text: str) -> Ours | None:
    """Know a link that was made here: it leads to a generation that lies beside it."""
    beside = text.removeprefix("\\\\?\\")
    for parent in (str(pointer.parent), os.path.realpath(pointer.parent)):
        start = parent.rstrip("/\\") + os.sep
        if os.path.normcase(beside).startswith(os.path.normcase(start)):  # on Windows, Lab is lab
            beside = beside[len(start) :]
    found = _OURS.fullmatch(beside)
    if not found:
        return None
    folder = pointer.parent / GENERATIONS / found["name"] / found["number"]
    return Ours(found["name"], int(found["number"]), folder)


def refuse_foreign(place: Place, *, replace: bool) -> None:
    """Refuse a place that is taken; with `replace`, refuse only what is no environment."""
    pointer = place.pointer
    name = shown(pointer.name or str(pointer))
    match pointing(pointer):
        case Foreign("a device"):
            title = f"{name} is a device"
            why = "other programs look for it there, so that not even --replace moves it"
            cure = "envplan apply --env .venv"
        case Foreign("a folder") if not _replaceable(pointer):
            title = f"{name} is a folder with other things than an environment in it"
            why = "--replace moves an environment aside; this folder has no pyvenv.cfg, so it is none"
            cure = _instead(pointer)
        case Foreign(kind) if not replace:
            title = f"{name} is {kind} that envplan did not make"
            why = "it is never overwritten; --replace moves it aside and deletes nothing"
            cure = f"envplan apply --replace{named(pointer)}"
        case _:
            return
    found = (Said("there already", str(pointer)),)
    raise EnvplanError(Problem(FOREIGN, title, found=found, why=(Said(why),), cures=(cure,)))


def ways_past(pointer: Path) -> tuple[str, ...]:
    """Say what helps where something else is in the place of an environment."""
    for replace in (True, False):
        try:
            refuse_foreign(Place("", pointer), replace=replace)
        except EnvplanError as error:
            return error.problems[0].cures
    return ()


def _instead(folder: Path) -> str:
    """Say what to type where a folder is no environment: nobody moves the one they work in, or a project."""
    path, inside = str(folder), folder / ".venv"
    if Path.cwd().is_relative_to(folder) or isinstance(pointing(inside), Ours):
        return f"envplan apply --env {shlex.quote(str(inside))}"
    return f"mv {shlex.quote(path)} {shlex.quote(f'{path}.moved')}"


def named(pointer: Path) -> str:
    """Write the option that names a pointer, where it is not the usual one here."""
    usual = os.path.abspath(".venv")  # noqa: PTH100 - a pointer is a link, and stays one
    return "" if str(pointer) == usual else f" --env {shlex.quote(str(pointer))}"


def _replaceable(folder: Path) -> bool:
    marks = ("pyvenv.cfg", "conda-meta")
    try:
        return any((folder / mark).exists() for mark in marks) or not any(folder.iterdir())
    except OSError:
        return False


def flip(place: Place, number: int, *, replace: bool = False) -> Path | None:
    """Let the pointer name a generation; return where what was there went, if that was not ours."""
    with told(place.pointer, "the pointer to the environment"):
        refuse_foreign(place, replace=replace)
        if isinstance(pointing(place.pointer), Foreign):
            moved = _put_aside(place, number)
        else:
            moved = None
            _point(place, number)
        sync_folder(place.pointer.parent)
        return moved


def _target(place: Place, number: int) -> str:
    """A relative one: seen from elsewhere (a container, a share), it still leads beside itself."""
    return f"{GENERATIONS}/{place.name}/{number}"


def _point(place: Place, number: int) -> None:
    if sys.platform == "win32":
        _point_on_windows(place, number)
        return
    new = place.folder / "pointer"
    new.unlink(missing_ok=True)  # of one that was killed
    new.symlink_to(_target(place, number))
    try:
        new.replace(place.pointer)
    except OSError as error:
        new.unlink(missing_ok=True)
        if error.errno != errno.EXDEV:  # .envplan may be mounted from another disk
            raise
        beside = place.pointer.with_name(f"{place.pointer.name}.{os.urandom(4).hex()}")
        beside.symlink_to(_target(place, number))
        beside.replace(place.pointer)


def _put_aside(place: Place, number: int) -> Path:
    """Exchange what is there with the pointer, where the system can do that in one step."""
    aside = _free_name(place.pointer)
    if sys.platform == "linux":
        aside.symlink_to(_target(place, number))
        if _exchanged(aside, place.pointer):
            return aside
        aside.unlink()
    place.pointer.rename(aside)
    _point(place, number)
    return aside


def _free_name(pointer: Path) -> Path:
    number = 0
    while True:
        number += 1
        aside = pointer.with_name(f"{pointer.name}.old{number if number > 1 else ''}")
        match pointing(aside):
            case Nowhere():
                return aside
            case Ours():  # of an exchange that was killed before it happened
                aside.unlink()
                return aside


def _exchanged(one: Path, other: Path) -> bool:
    import ctypes

    with contextlib.suppress(AttributeError):  # a C library without it
        rename = ctypes.CDLL(None).renameat2
        return bool(rename(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _EXCHANGE) == 0)
    return False


def _point_on_windows(place: Place, number: int) -> None:
    """A junction, which needs no special right; it cannot be replaced, so for a moment there is none."""
    from importlib import import_module

    new, old = place.folder / "pointer", place.folder / "pointer.old"
    for left in (new, old):
        if os.path.lexists(left):
            left.rmdir()  # of a junction, this removes it and nothing behind it
    import_module("_winapi").CreateJunction(str(place.folder / str(number)), str(new))
    if os.path.lexists(place.pointer):
        place.pointer.rename(old)
    try:
        new.rename(place.pointer)
    except OSError:
        if os.path.lexists(old):
            old.rename(place.pointer)
        raise
    if os.path.lexists(old):
        old.rmdir()

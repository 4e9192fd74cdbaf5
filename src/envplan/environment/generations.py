"""The generations of an environment: which there are, which is garbage, which was in use before."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from pathlib import Path

from envplan.environment.model import Place, Receipt
from envplan.environment.pointer import Ours, flip, pointing
from envplan.environment.receipts import read_receipt
from envplan.environment.trouble import told
from envplan.store import paths
from envplan.values.records import dataclass

_NUMBER = re.compile(r"[1-9][0-9]{0,8}")
_LEFT = re.compile(r"[1-9][0-9]{0,8}\.gone|before\.[0-9a-f]{8}")
_BEFORE = "before"  # the file that names the generation that was in use before this one


@dataclass(frozen=True)
class Generation:
    """One that is whole."""

    number: int
    folder: Path
    receipt: Receipt


def generation(place: Place, number: int) -> Generation | None:
    """Look at one; none where it is not whole."""
    folder = place.folder / str(number)
    receipt = read_receipt(folder)
    return Generation(number, folder, receipt) if receipt else None


def whole(place: Place) -> tuple[Generation, ...]:
    """All that are whole, the oldest first."""
    found = (generation(place, number) for number in _numbers(place))
    return tuple(one for one in found if one)


def current(place: Place) -> Generation | None:
    """The one that the pointer names."""
    return generation(place, _pointed_to(place))


def previous(place: Place) -> Generation | None:
    """The one that a rollback goes to: the one in use before, else the newest that is older."""
    now, before = current(place), _read_before(place)
    others = [one for one in whole(place) if now is None or one.number != now.number]
    # A newer one may have been killed just before it was put to use; it was never "before".
    older = [one for one in others if now is None or one.number < now.number]
    likely = [one for one in others if one.number == before] or older or others
    return likely[-1] if likely else None


def next_number(place: Place) -> int:
    """A number that nothing has, nor had while the pointer named it: it must not name what is half built."""
    there = (int(name) for name in _names(place) if _NUMBER.fullmatch(name))
    return max((*there, _pointed_to(place))) + 1


def take(place: Place, number: int, *, replace: bool = False) -> Path | None:
    """Put a generation to use; return where what was in its place went, if that was not ours."""
    now = current(place)
    if now and now.number != number:
        _write_before(place, now.number)
    return flip(place, number, replace=replace)


def sweep(place: Place) -> None:
    """Remove what no rerun needs: generations that were never finished. Only with the lock held."""
    used = _pointed_to(place)  # even without a receipt: until another is built, it may still serve
    with told(place.folder, "room for the environment"):
        for number in _numbers(place):
            if number != used and read_receipt(place.folder / str(number)) is None:
                discard(place.folder / str(number))
        for name in _names(place):
            if _LEFT.fullmatch(name):
                _remove(place.folder / name)


def dissolve(place: Place) -> None:
    """Remove the folder of an environment that has no generation left, with what is ours in it."""
    if not _numbers(place):
        for name in (_BEFORE, "lock"):
            with contextlib.suppress(OSError):  # on Windows the lock is open
                (place.folder / name).unlink()
        with contextlib.suppress(OSError):  # something of others is in it
            place.folder.rmdir()


def discard(folder: Path) -> None:
    """Remove a generation: its name at once, so that none is ever seen half removed."""
    gone = folder.with_name(f"{folder.name}.gone")
    if os.path.lexists(gone):
        _remove(gone)
    folder.rename(gone)  # on Windows this fails where a file in it is in use
    _remove(gone)


def _remove(path: Path) -> None:
    paths.discard(paths.reachable(path))
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(paths.reachable(path))  # says what is in the way
    elif os.path.lexists(path):
        path.unlink()


def _pointed_to(place: Place) -> int:
    """The number that the pointer names, whether or not it is there; 0 where it names none."""
    match pointing(place.pointer):
        case Ours(name, number) if name == place.name:
            return number
    return 0


def _names(place: Place) -> list[str]:
    try:
        return os.listdir(place.folder)  # noqa: PTH208
    except OSError:
        return []


def _numbers(place: Place) -> list[int]:
    """List the folders that are generations, whole or not; a link is none."""
    named = (place.folder / name for name in _names(place) if _NUMBER.fullmatch(name))
    return sorted(int(one.name) for one in named if one.is_dir() and not one.is_symlink())


def _read_before(place: Place) -> int | None:
    with contextlib.suppress(OSError, ValueError):
        return int((place.folder / _BEFORE).read_text())
    return None


def _write_before(place: Place, number: int) -> None:
    """Not synced: where a power cut takes it, a rollback goes to the newest other one."""
    with told(place.folder, "a note of the environment before"):
        beside = place.folder / f"{_BEFORE}.{os.urandom(4).hex()}"
        paths.write_new(beside, str(number).encode())
        beside.replace(place.folder / _BEFORE)

"""Are the files those that were built? Names and sizes always; contents where dates differ, or on request."""

from __future__ import annotations

import hashlib
import os
import stat
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from envplan.environment.listing import Listing
from envplan.environment.proof.culprits import culprits
from envplan.environment.proof.report import Change, Drift, Kind
from envplan.environment.untouched import can_be_run
from envplan.problems import reason_of
from envplan.processes.parallel import in_parallel
from envplan.store.checking import expose
from envplan.store.model import Progress, Tell, untold
from envplan.values.numbers import counted
from envplan.values.records import dataclass, field

# Written when Python likes to, from the sources beside it; never a reason to doubt an environment.
_BYTECODE = "__pycache__"

# Where nothing may be that no package brought: what Python imports, and what a shell finds.
_WATCHED = ("site-packages", "bin", "Scripts")

# What an interpreter or a loader takes up by itself, in whatever folder of a package it lies.
_TAKEN_UP = (".py", ".pyc", ".pyd", ".so", ".dll", ".dylib", ".pth", ".egg-link", ".zip", ".egg")

_ALONE = 0.25  # seconds; threads help only where the disk is far away, and cost time where it is not
_THREADS = 16
_BY_DESCRIPTOR = os.stat in os.supports_dir_fd and os.listdir in os.supports_fd
_BLOCK = 1024 * 1024
_MOST_ADDED = 10_000  # entries looked at inside one added folder


@dataclass
class _Look:
    """What is expected in one generation, folder by folder, and what was found to differ."""

    root: str
    listing: Listing
    files: dict[str, dict[str, int]] = field(default_factory=dict)  # folder, name, row
    folders: dict[str, set[str]] = field(default_factory=dict)  # folder, names of folders in it
    changes: list[Change] = field(default_factory=list)
    programs: frozenset[int] = frozenset()  # rows of files that can be run
    doubtful: list[int] = field(default_factory=list)  # rows: the size is right, the date is not


def drift(folder: Path, listing: Listing, *, deep: bool = False, tell: Tell = untold) -> Drift:
    """Compare a generation with the list of its files."""
    look = _expected(folder, listing)
    _walk(look)
    rows = [row for row in range(len(listing.paths)) if _kept(listing.paths[row])] if deep else look.doubtful
    known = {one.path: one for one in look.changes}
    known |= {
        one.path: one for one in _read(look, [row for row in rows if listing.paths[row] not in known], tell)
    }
    found = [known[path] for path in sorted(known)]
    if not all(one.harmless for one in found):
        expose(folder / "pyvenv.cfg")  # `apply` glances at files it knows, and would not see one more
    blamed = culprits(folder, found) if found else ()
    return Drift(len(listing.paths) + len(listing.links), deep, tuple(found), blamed)


def _expected(folder: Path, listing: Listing) -> _Look:
    look = _Look(os.fspath(folder), listing, programs=frozenset(listing.programs))
    for path in ("", *listing.folders):
        look.files[path], look.folders[path] = {}, set()
    for path in listing.folders:
        parent, _, name = path.rpartition("/")
        look.folders.setdefault(parent, set()).add(name)
    for row, path in enumerate(listing.paths):
        parent, _, name = path.rpartition("/")
        look.files.setdefault(parent, {})[name] = row
    return look


def _walk(look: _Look) -> None:
    """Look into every folder; alone while that is quick, as on a disk of this machine it is."""
    waiting = [path for path in look.files if _kept(path)]
    end = time.monotonic() + _ALONE
    while waiting and time.monotonic() < end:
        for path in waiting[-32:]:
            _folder(look, path)
        del waiting[-32:]
    if waiting:
        in_parallel(lambda path: _folder(look, path), waiting, _THREADS)
    _links(look)


def _kept(path: str) -> bool:
    """Whether a path counts: bytecode comes and goes."""
    return _BYTECODE not in path or _BYTECODE not in path.split("/")


def _folder(look: _Look, path: str) -> None:
    """Compare one folder. Called thousands of times: no object is made for what is as it should be."""
    files, where = look.files[path], f"{look.root}/{path}"
    sizes, dates = look.listing.sizes, look.listing.mtimes
    descriptor = None
    try:
        if _BY_DESCRIPTOR:  # spares the walk to the folder for each of its files: a quarter of the time
            descriptor = os.open(where, os.O_RDONLY)
        present = set(os.listdir(where if descriptor is None else descriptor))  # noqa: PTH208
        start = "" if descriptor is not None else f"{where}/"
        for name, row in files.items():
            if name not in present:
                look.changes.append(Change(look.listing.paths[row], "missing", look.listing.owner(row)))
                continue
            status = os.stat(start + name, dir_fd=descriptor, follow_symlinks=False)
            if not status.st_mode & stat.S_IRUSR:
                look.changes.append(_closed_to_its_owner(look, row, "unreadable", status))
            elif row in look.programs and not can_be_run(status):
                look.changes.append(_closed_to_its_owner(look, row, "changed", status))
            elif status.st_size != sizes[row] or status.st_mtime_ns != dates[row]:
                _differs(look, row, status)
        for name in present.difference(files):
            _unlisted(look, path, name)
    except OSError as error:
        _closed(look, path, error)
    finally:
        if descriptor is not None:
            os.close(descriptor)


def _differs(look: _Look, row: int, status: os.stat_result) -> None:
    wanted, path, owner = look.listing.sizes[row], look.listing.paths[row], look.listing.owner(row)
    if not stat.S_ISREG(status.st_mode):
        look.changes.append(Change(path, "replaced", owner, f"it is {_what(status.st_mode)} now"))
    elif status.st_size == wanted:
        look.doubtful.append(row)
    else:
        kind: Kind = "changed" if status.st_size > wanted else "truncated" if status.st_size else "emptied"
        detail = f"{status.st_size:,} bytes, not {wanted:,}{_told(status)}"
        look.changes.append(Change(path, kind, owner, detail))


def _closed_to_its_owner(look: _Look, row: int, kind: Kind, status: os.stat_result) -> Change:
    cannot = ", so that it cannot be run" if kind == "changed" else ""
    detail = f"its mode is {stat.filemode(status.st_mode)}{cannot}"
    return Change(look.listing.paths[row], kind, look.listing.owner(row), detail)


def _told(status: os.stat_result) -> str:
    """Say when it was written, and that a file with further names is the store's own."""
    written = time.strftime("%Y-%m-%d %H:%M", time.localtime(status.st_mtime))
    further = "; the store holds the same file, and so may other environments" if status.st_nlink > 1 else ""
    return f", written {written}{further}"


def _what(mode: int) -> str:
    if stat.S_ISLNK(mode):
        return "a link"
    return "a folder" if stat.S_ISDIR(mode) else "no ordinary file"


def _closed(look: _Look, path: str, error: OSError) -> None:
    """A folder that cannot be looked into: its files are missing, or at least out of reach."""
    gone = isinstance(error, (FileNotFoundError, NotADirectoryError))
    kind: Kind = "missing" if gone else "unreadable"
    detail = "" if gone else reason_of(error)
    look.changes += [
        Change(look.listing.paths[row], kind, look.listing.owner(row), detail)
        for row in look.files[path].values()
    ]


def _unlisted(look: _Look, path: str, name: str) -> None:
    """Judge what is in a folder and not among the files of the list."""
    full = f"{path}/{name}" if path else name
    known_folder = name in look.folders[path]
    if not known_folder and (name == _BYTECODE or full in look.listing.links or not _is_watched(full)):
        return
    where = f"{look.root}/{full}"
    is_folder = stat.S_ISDIR(os.lstat(where).st_mode)
    if known_folder:
        if not is_folder:
            look.changes.append(Change(full, "replaced", "", "it was a folder"))
    elif is_folder:
        count, taken_up = _inside(where)
        if count:
            detail = counted(count, "file")
            look.changes.append(Change(f"{full}/", "added", "", detail, _inner(full) and not taken_up))
    else:
        harmless = _inner(full) and not name.endswith(_TAKEN_UP)
        look.changes.append(Change(full, "added", "", "", harmless))


def _is_watched(path: str) -> bool:
    parts = path.split("/")
    return parts[0] in _WATCHED[1:] or _WATCHED[0] in parts[:-1]


def _inner(path: str) -> bool:
    """Whether it lies inside the folder of a package, where packages keep what they make for themselves."""
    parts = path.split("/")
    if _WATCHED[0] not in parts:
        return False
    below = parts[parts.index(_WATCHED[0]) + 1 :]
    return len(below) > 1 and not below[0].endswith((".dist-info", ".egg-info"))


def _inside(path: str) -> tuple[int, bool]:
    """Count the files below an added folder, and say whether Python or a loader would take up any."""
    count, taken_up = 0, False
    for _, folders, files in os.walk(path):
        folders[:] = [name for name in folders if name != _BYTECODE]
        count += len(files)
        taken_up = taken_up or any(name.endswith(_TAKEN_UP) for name in files)
        if count > _MOST_ADDED:
            break
    return count, taken_up


def _links(look: _Look) -> None:
    for path, said in look.listing.links.items():
        try:
            found = os.readlink(f"{look.root}/{path}")  # noqa: PTH115 - as it was written
        except FileNotFoundError:
            look.changes.append(Change(path, "missing", "", f"a link to {said}"))
        except OSError:  # EINVAL: there is something, and it is no link
            look.changes.append(Change(path, "replaced", "", f"it was a link to {said}"))
        else:
            if found != said:
                look.changes.append(Change(path, "replaced", "", f"it leads to {found}, not to {said}"))


def _read(look: _Look, rows: list[int], tell: Tell) -> Iterator[Change]:
    """Read files, the largest first, and give those whose contents are others."""
    listing = look.listing
    rows.sort(key=lambda row: listing.sizes[row], reverse=True)
    total: Counter[str] = Counter()
    for row in rows:
        total[listing.owner(row)] += listing.sizes[row]
    done: Counter[str] = Counter()
    tell(Progress("verify", "", 0, sum(total.values())))

    def read(row: int) -> Change | None:
        found, owner = _judged(look, row), listing.owner(row)
        done[owner] += listing.sizes[row]
        tell(Progress("verify", owner or "the environment", done[owner], total[owner]))
        return found

    yield from filter(None, in_parallel(read, rows, os.cpu_count() or 1))


def _judged(look: _Look, row: int) -> Change | None:
    path, owner = look.listing.paths[row], look.listing.owner(row)
    file = Path(look.root, path)
    digest = hashlib.sha256()
    try:
        with file.open("rb", buffering=0) as opened:
            while block := opened.read(_BLOCK):
                digest.update(block)
            status = os.fstat(opened.fileno())
    except OSError as error:
        return Change(path, "unreadable", owner, reason_of(error))
    if digest.hexdigest() == look.listing.sha256(row):
        return None
    if status.st_mtime_ns == look.listing.mtimes[row]:
        expose(file)
    return Change(path, "changed", owner, f"of the same size, with other contents{_told(status)}")

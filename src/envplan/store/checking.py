"""Whether a wheel is still as it was unpacked: names, kinds, sizes and times of its files, or their bytes."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import stat
import sys
from collections.abc import Callable, Collection
from itertools import repeat
from pathlib import Path

from envplan.store.manifest import NAME
from envplan.store.model import Files, Scheme, Tree
from envplan.store.paths import within
from envplan.values.records import dataclass

_WINDOWS = sys.platform == "win32"
_MODES = 0o170000 if _WINDOWS else 0o177777
_Look = tuple[int, int, int]  # what a file looks like from outside: size, moment, mode


@dataclass(frozen=True)
class Change:
    """One file that is not as it was unpacked."""

    path: str  # below the tree, with slashes
    how: str


def first_change(tree: Tree, passed_over: Collection[Scheme] = ()) -> Change | None:
    """Find a file that changed, without reading any: 14,000 of them take 45 ms; some schemes may wait."""
    schemes = [str(files.scheme) for files in tree.files]
    try:
        with os.scandir(tree.folder) as entries:
            found = {entry.name: entry.is_dir(follow_symlinks=False) for entry in entries}
    except OSError as error:
        return Change("", _said(error))
    if strangers := found.keys() - {NAME, *schemes}:
        return Change(min(strangers), "it does not belong there")
    for scheme in schemes:  # also of those that are passed over: who links them opens them unseen
        if not found.get(scheme):
            return Change(f"{scheme}/", "it is no folder any more" if scheme in found else "it is gone")
    for files in tree.files:
        if files.scheme not in passed_over and (change := _scheme_change(files, tree)):
            return Change(f"{files.scheme}/{change.path}", change.how)
    return None


def first_difference(tree: Tree, read: Callable[[int], None]) -> Change | None:
    """Find a file whose bytes differ, by reading all of them; `read` hears how many were read."""
    for files in tree.files:
        for path, size, sha256 in zip(files.paths, files.sizes, files.sha256, strict=True):
            try:
                with (files.root / path).open("rb", buffering=0) as file:
                    found = hashlib.file_digest(file, "sha256").hexdigest()
            except OSError as error:
                return Change(f"{files.scheme}/{path}", _said(error))
            if found != sha256:
                expose(files.root / path)
                return Change(f"{files.scheme}/{path}", "its bytes changed, though not its size and time")
            read(size)
    return None


def expose(file: Path) -> None:
    """Give a file that changed behind its date a new one: then whoever goes by dates sees it, too.

    So what was found by reading is repaired by the next `apply`, in every environment that shares the file.
    """
    with contextlib.suppress(OSError):  # only its owner may, and whoever may write into it
        os.utime(file)


def mode_of(status: os.stat_result) -> int:
    """Give the kind of a file and, where a system knows them, who may do what with it."""
    return status.st_mode & _MODES


def _scheme_change(files: Files, tree: Tree) -> Change | None:
    """Compare all rows at once, which is quick; only where that fails, look for the one that differs."""
    moment = tree.moment
    plain, program = tree.modes
    wanted = dict(zip(files.paths, zip(files.sizes, repeat(moment), repeat(plain)), strict=True))
    for path in files.executable:
        wanted[path] = (wanted[path][0], moment, program)
    try:
        found = _looks(files)
    except OSError as error:
        folder = str(error.filename or "").removeprefix(str(files.root)).strip("/\\")
        return Change(folder, _said(error))
    if found == wanted:
        return None
    for path in sorted(found.keys() | wanted.keys()):
        if found.get(path) != wanted.get(path) and (how := _how(files, path, found, wanted)):
            return Change(path, how)
    return None


def _how(files: Files, path: str, found: dict[str, _Look], wanted: dict[str, _Look]) -> str:
    if path not in wanted:
        return "it does not belong there"
    if path not in found:
        return "it is gone"
    (size, moment, mode), (right_size, right_moment, right_mode) = found[path], wanted[path]
    if stat.S_IFMT(mode) != stat.S_IFMT(right_mode):
        return "it is no file any more"
    if size != right_size:
        return f"it has {size:,} bytes, not {right_size:,}"
    if moment != right_moment:
        return "it was written to after it was unpacked"
    try:  # chmod -R on an environment reaches all that share its files; the bytes are as they were
        (files.root / path).chmod(stat.S_IMODE(right_mode))
    except OSError as error:
        return f"its permissions changed, and cannot be put right: {_said(error)}"
    return ""


def _looks(files: Files) -> dict[str, _Look]:
    """Look at everything below the folder of a scheme, once; folders that belong there aside."""
    folders = {"", *files.folders}
    found: dict[str, _Look] = {}
    root = str(files.root)
    for folder in folders:
        prefix = f"{folder}/" if folder else ""
        place = _opened(within(root, folder) if folder else root)
        try:
            with os.scandir(place) as entries:
                for entry in entries:
                    path = prefix + entry.name
                    if entry.is_dir(follow_symlinks=False):
                        if path not in folders:
                            found[path] = (0, 0, stat.S_IFDIR)
                        continue
                    # A list of a folder tells old things on Windows, where a file has several names.
                    status = os.lstat(entry.path) if _WINDOWS else entry.stat(follow_symlinks=False)
                    found[path] = (status.st_size, status.st_mtime_ns, status.st_mode & _MODES)
        finally:
            if isinstance(place, int):
                os.close(place)
    return found


def _opened(folder: str) -> int | str:
    """Open a folder that is no link; names below an open folder are found sooner than whole paths."""
    return folder if _WINDOWS else os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)


def _said(error: OSError) -> str:
    if isinstance(error, (FileNotFoundError, NotADirectoryError)) or error.errno == errno.ELOOP:
        return "it is gone"
    return (error.strerror or "it cannot be read").lower()

"""Does a generation look as it did when it was built? Asked at every `apply`, so it may take no time.

Each file's size and date is looked at, and what lies in the folders that Python and the shell search. What
looks otherwise is for the proof to judge; what is changed under the same size and date, for `verify --deep`.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from envplan.environment.listing import Listing
from envplan.processes.forking import in_copies, portions

_BYTECODE = "__pycache__"  # comes by itself, beside what is imported
_SEARCHED = ("bin", "Scripts")
_WORTH = 4_000  # files that are worth a copy of this process


def untouched(folder: Path, listing: Listing) -> bool:
    """Whether nothing that can be seen at a glance has changed since."""
    try:
        if not (_same_links(folder, listing) and _nothing_more(folder, listing)):
            return False
        with _opened(folder) as (start, descriptor):
            if not _same_programs(listing, start, descriptor):
                return False
            look = partial(_same_files, listing, start, descriptor)
            return all(in_copies([partial(look, some) for some in portions(len(listing.paths), _WORTH)]))
    except OSError:  # missing, or out of reach
        return False


@contextlib.contextmanager
def _opened(folder: Path) -> Iterator[tuple[str, int | None]]:
    """Give what paths start with, and from where: an open folder spares a seventh of the time."""
    if os.stat not in os.supports_dir_fd:  # Windows
        yield f"{folder}/", None
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        yield "", descriptor
    finally:
        os.close(descriptor)


def _same_links(folder: Path, listing: Listing) -> bool:
    read = os.readlink
    return all(read(f"{folder}/{path}") == said for path, said in listing.links.items())


def _same_files(listing: Listing, start: str, descriptor: int | None, some: slice) -> bool:
    look, rows = os.stat, zip(listing.paths[some], listing.sizes[some], listing.mtimes[some], strict=True)
    for path, size, moment in rows:
        status = look(start + path, dir_fd=descriptor, follow_symlinks=False)
        if (
            status.st_size != size or status.st_mtime_ns != moment or not status.st_mode & stat.S_IRUSR
        ) and _BYTECODE not in path:
            return False
    return True


def _same_programs(listing: Listing, start: str, descriptor: int | None) -> bool:
    """Few enough to be looked at by themselves, so that thousands of others cost nothing more."""
    programs = (start + listing.paths[row] for row in listing.programs)
    return all(can_be_run(os.stat(path, dir_fd=descriptor, follow_symlinks=False)) for path in programs)


def can_be_run(status: os.stat_result) -> bool:
    """Whether its owner may run a file."""
    return bool(status.st_mode & stat.S_IXUSR)


def _nothing_more(folder: Path, listing: Listing) -> bool:
    """Look for what somebody installed past us: beside the metadata of packages, and beside commands."""
    known = {*listing.folders, *listing.paths, *listing.links}
    searched = {path.rpartition("/")[0] for path in listing.folders if path.endswith(".dist-info")}
    searched |= known.intersection(_SEARCHED)
    return all(
        name == _BYTECODE or f"{inside}/{name}" in known
        for inside in searched
        for name in os.listdir(f"{folder}/{inside}")  # noqa: PTH208 - names are all that is needed
    )

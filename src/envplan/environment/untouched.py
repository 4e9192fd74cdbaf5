"""Does a generation look as it did when it was built? Asked at every `apply`, so it may take no time.

Each file's size and date is looked at, and what lies in the folders that Python and the shell search. What
looks otherwise is for the proof to judge; what is changed under the same size and date, for `verify --deep`.
"""

from __future__ import annotations

import os
from pathlib import Path

from envplan.environment.listing import Listing

_BYTECODE = "__pycache__"  # comes by itself, beside what is imported
_SEARCHED = ("bin", "Scripts")


def untouched(folder: Path, listing: Listing) -> bool:
    """Whether nothing that can be seen at a glance has changed since."""
    try:
        same = _same_links(folder, listing) and _same_files(folder, listing)
        return same and _nothing_more(folder, listing)
    except OSError:  # missing, or out of reach
        return False


def _same_links(folder: Path, listing: Listing) -> bool:
    read = os.readlink
    return all(read(f"{folder}/{path}") == said for path, said in listing.links.items())


def _same_files(folder: Path, listing: Listing) -> bool:
    """Look at 20,000 files in 30 ms, nearly all of which are the kernel's."""
    rows, look, start = zip(listing.paths, listing.sizes, listing.mtimes, strict=True), os.lstat, f"{folder}/"
    for path, size, moment in rows:
        status = look(start + path)
        if (status.st_size != size or status.st_mtime_ns != moment) and _BYTECODE not in path:
            return False
    return True


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

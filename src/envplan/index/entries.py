"""Pages and metadata as the cache holds them: already taken apart, and quick to read.

A page is one line of JSON and then columns of text. To split a column is several times faster than to read
JSON tables.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from packaging.version import Version

from envplan.index.columns import BETWEEN, Columns, Lines
from envplan.index.model import Metadata, Project
from envplan.index.pages.links import Links
from envplan.values.records import dataclass

FRESH = 600.0  # most servers of wheels say nothing about it; the default index says these ten minutes

_COLUMNS = 8


@dataclass(frozen=True)
class Kept:
    """When something was read, and what to ask the server to know whether it is still so."""

    read: float  # seconds since 1970
    fresh: float  # seconds for which nobody is asked
    etag: str = ""
    modified: str = ""

    def is_fresh(self, now: float) -> bool:
        """Whether it may be used without asking; a clock that was set back makes it stale."""
        return 0 <= now - self.read < self.fresh

    def conditions(self) -> dict[str, str]:
        """Return the headers that ask whether it is still so."""
        found = {"If-None-Match": self.etag, "If-Modified-Since": self.modified}
        return {name: value for name, value in found.items() if value}


def write_page(kept: Kept, project: Project) -> bytes:
    """Write a page."""
    files = project.files
    assert isinstance(files, Columns)  # whatever was read from a page
    kinds = files.kinds()
    head = {
        "kept": vars(kept),
        "base": files.links.base,
        "status": project.status,
        "reason": project.reason,
        "count": files.names.count,
        "kinds": list(kinds),
    }
    places = "\n".join(" ".join(map(str, places)) for places in kinds.values())
    columns = BETWEEN.join([*(column.text for column in files.columns), places])
    return f"{json.dumps(head)}\n{columns}".encode("utf-8", "replace")


def read_page_entry(
    data: bytes, index: str, name: str, canonical: Callable[[str], Callable[[str], str] | None]
) -> tuple[Kept, Project] | None:
    """Read it back; an entry of another shape is none. `canonical` is given where the page was read."""
    try:
        first, _, rest = data.decode().partition("\n")
        head = json.loads(first)
        kept, count = Kept(**head["kept"]), head["count"]
        *texts, places = rest.split(BETWEEN)
        kinds = dict(zip(map(tuple, head["kinds"]), places.split("\n"), strict=count > 0))
        if len(texts) != _COLUMNS or any(text.count("\n") != max(count - 1, 0) for text in texts):
            return None
        columns = [Lines(text, count) for text in texts]
        files = Columns(Links(index, name, head["base"], canonical(head["base"])), columns, kinds)
        return kept, Project(index, name, files, head["status"], head["reason"])
    except (ValueError, KeyError, TypeError, IndexError):
        return None


def write_metadata(metadata: Metadata) -> bytes:
    """Write metadata: what was understood on one line, then the file."""
    head = {
        "name": metadata.name,
        "version": str(metadata.version),
        "requires_dist": metadata.requires_dist,
        "requires_python": metadata.requires_python,
        "extras": metadata.extras,
    }
    return json.dumps(head).encode() + b"\n" + metadata.raw


def read_metadata_entry(data: bytes) -> Metadata | None:
    """Read it back."""
    try:
        first, _, raw = data.partition(b"\n")
        head: dict[str, Any] = json.loads(first)
        return Metadata(
            head["name"],
            Version(head["version"]),
            tuple(head["requires_dist"]),
            head["requires_python"],
            tuple(head["extras"]),
            raw,
        )
    except (ValueError, KeyError, TypeError):
        return None

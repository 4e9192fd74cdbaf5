"""Pages and metadata as the cache holds them: already understood, and quick to read.

A page is one line of JSON and then columns of text. To split a column is several times faster than to read
JSON tables.
"""

from __future__ import annotations

import json
from typing import Any

from packaging.version import Version

from envplan.index.columns import NAMES, Columns
from envplan.index.model import Metadata, Project, Refused
from envplan.index.pages.reading import Page
from envplan.values.records import dataclass

FRESH = 600.0  # most servers of wheels say nothing about it; the default index says these ten minutes

_COLUMN = "\x1e"


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


def write_page(kept: Kept, page: Page) -> bytes:
    """Write a page."""
    project, files = page.project, page.project.files
    assert isinstance(files, Columns)  # whatever was read from a page
    kinds = files.kinds()
    head = {
        "kept": vars(kept),
        "index": project.index,
        "name": project.name,
        "status": project.status,
        "reason": project.reason,
        "refused": [[one.name, one.why] for one in project.refused],
        "count": len(files),
        "kinds": list(kinds),
    }
    places = [" ".join(map(str, places)) for places in kinds.values()]
    columns = [*files.columns, page.places if any(page.places) else [], places]
    return "\n".join([json.dumps(head), _COLUMN.join("\n".join(column) for column in columns)]).encode()


def read_page_entry(data: bytes) -> tuple[Kept, Page] | None:
    """Read it back; an entry of another shape is none."""
    try:
        first, _, rest = data.decode().partition("\n")
        head = json.loads(first)
        kept, count = Kept(**head["kept"]), head["count"]
        *columns, asked, places = [column.split("\n") if count else [] for column in rest.split(_COLUMN)]
        kinds = {(tags, requires): places[at] for at, (tags, requires) in enumerate(head["kinds"])}
        refused = tuple(Refused(name, why) for name, why in head["refused"])
        if len(columns) != len(NAMES) or any(len(column) != count for column in columns):
            return None
    except (ValueError, KeyError, TypeError, IndexError):
        return None
    files = Columns(head["index"], head["name"], columns, kinds)
    project = Project(head["index"], head["name"], files, head["status"], head["reason"], refused)
    return kept, Page(project, tuple(asked) if len(asked) == count else ("",) * count)


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

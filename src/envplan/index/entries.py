"""Pages and metadata as the cache holds them: already understood, and quick to read.

A page is one line of JSON and then columns of text. To split a column is several times faster than to read
JSON tables, and versions and specifiers that repeat are made once.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from envplan.index.model import File, Metadata, Project, Refused
from envplan.index.pages.reading import Page

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
    project = page.project
    head = {
        "kept": asdict(kept),
        "index": project.index,
        "name": project.name,
        "status": project.status,
        "reason": project.reason,
        "refused": [[one.name, one.why] for one in project.refused],
        "count": len(project.files),
    }
    files = project.files
    columns = [
        [file.name for file in files],
        [str(file.version) for file in files],
        [file.url for file in files],
        [file.sha256 or "" for file in files],
        ["" if file.size is None else str(file.size) for file in files],
        [file.uploaded or "" for file in files],
        [str(file.requires_python) if file.requires_python is not None else "" for file in files],
        ["" if file.yanked is None else f"={file.yanked}" for file in files],
        ["" if file.metadata is None else f"={file.metadata}" for file in files],
        list(page.places) if any(page.places) else [],
    ]
    return "\n".join([json.dumps(head), _COLUMN.join("\n".join(column) for column in columns)]).encode()


def read_page_entry(data: bytes) -> tuple[Kept, Page] | None:
    """Read it back; an entry of another shape is none."""
    try:
        first, _, rest = data.decode().partition("\n")
        head = json.loads(first)
        kept, count = Kept(**head["kept"]), head["count"]
        columns = [column.split("\n") if count else [] for column in rest.split(_COLUMN)]
        files = _files(head["index"], head["name"], columns[:9])
        places = tuple(columns[9]) if len(columns[9]) == count else ("",) * count
        refused = tuple(Refused(name, why) for name, why in head["refused"])
        if len(files) != count:
            return None
    except (ValueError, KeyError, TypeError, IndexError):
        return None
    project = Project(head["index"], head["name"], files, head["status"], head["reason"], refused)
    return kept, Page(project, places)


def _files(index: str, name: str, columns: list[list[str]]) -> tuple[File, ...]:
    versions = {text: Version(text) for text in dict.fromkeys(columns[1])}
    specifiers = {text: SpecifierSet(text) if text else None for text in dict.fromkeys(columns[6])}
    return tuple(
        _file(
            {
                "index": index,
                "project": name,
                "name": filename,
                "version": versions[version],
                "url": url,
                "sha256": sha256 or None,
                "size": int(size) if size else None,
                "uploaded": uploaded or None,
                "requires_python": specifiers[requires],
                "yanked": yanked[1:] if yanked else None,
                "metadata": metadata[1:] if metadata else None,
            }
        )
        for filename, version, url, sha256, size, uploaded, requires, yanked, metadata in zip(
            *columns, strict=True
        )
    )


def _file(values: dict[str, Any]) -> File:
    """Make a File at a third of the cost: a frozen dataclass sets each field through object.__setattr__."""
    file = File.__new__(File)
    object.__setattr__(file, "__dict__", values)
    return file


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

"""A page, whichever way it is written."""

from __future__ import annotations

from collections.abc import Callable

from envplan.index.model import File, Project
from envplan.index.pages import json
from envplan.index.pages.links import Links, UnreadableError, line
from envplan.index.trouble import CUT, LARGE, NO_INDEX, Trouble
from envplan.values.records import dataclass

ACCEPT = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.01"

_HTML_LIMIT = 16 * 1024 * 1024  # html.parser needs a second for a hostile megabyte

_STATUSES = ("active", "archived", "quarantined", "deprecated")


@dataclass(frozen=True)
class Page:
    """A project, and where its files are asked for where that is not their canonical address."""

    project: Project
    places: tuple[str, ...]

    def place(self, file: File) -> str:
        """Return where to ask for a file of this project, empty where nothing is known."""
        for known, place in zip(self.project.files, self.places, strict=True):
            if known.name == file.name and (known.sha256 or file.sha256) in (file.sha256, known.sha256):
                if known.sha256 and file.sha256 and known.sha256 != file.sha256:
                    continue
                return place
        return ""


def read_page(
    data: bytes,
    kind: str,
    *,
    index: str,
    name: str,
    url: str,
    canonical: Callable[[str], str] | None = None,
) -> Page:
    """Read a page that came from `url`; `kind` is its Content-Type."""
    if not data.strip():
        raise Trouble(NO_INDEX, "an empty answer", "a page without files would still say so", url)
    links = Links(index, name, url, canonical)
    is_json = data.lstrip()[:1] in (b"{", b"[")
    try:
        if not is_json and "json" in kind:
            raise UnreadableError("it says it is JSON, and it is not")
        said = json.read(data, links) if is_json else _read_html(data, links, url)
        if links.refused and not links.found:
            first = links.refused[0]
            raise UnreadableError(f"not one link on it can be used: {first.name}: {first.why}")
    except UnreadableError as error:
        why = "a network that wants a login first, or a proxy, may have answered in its place"
        raise Trouble(NO_INDEX, str(error), why if not is_json else "", url) from None
    status = said["status"] if said["status"] in _STATUSES else "active"
    files, places = links.files()
    project = Project(index, name, files, status, line(said["reason"]), refused=tuple(links.refused))
    return Page(project, places)


def _read_html(data: bytes, links: Links, url: str) -> dict[str, str]:
    if len(data) > _HTML_LIMIT:
        raise Trouble(LARGE, f"{len(data):,} bytes of HTML", f"no index has over {_HTML_LIMIT:,}", url)
    head, tail = data[:1024].lower(), data[-4096:].lower()
    if b"<html" in head and b"</html" not in tail and b"<a" in data:  # all of it would look complete
        raise Trouble(CUT, "a page without its end", url=url, passing=True)
    from envplan.index.pages import html

    return html.read(data, links)

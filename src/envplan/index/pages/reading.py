"""A page, whichever way it is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from envplan.index.columns import Columns, Lines
from envplan.index.model import Project
from envplan.index.pages import json
from envplan.index.pages.links import Links, UnreadableError, line
from envplan.index.trouble import CUT, LARGE, NO_INDEX, Trouble

ACCEPT = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.01"

_HTML_LIMIT = 16 * 1024 * 1024  # html.parser needs a second for a hostile megabyte

_STATUSES = ("active", "archived", "quarantined", "deprecated")


def read_page(
    data: bytes,
    kind: str,
    *,
    index: str,
    name: str,
    url: str,
    canonical: Callable[[str], str] | None = None,
) -> Project:
    """Read a page that came from `url`; `kind` is its Content-Type."""
    if not data.strip():
        raise Trouble(NO_INDEX, "an empty answer", "a page without files would still say so", url)
    is_json = data.lstrip()[:1] in (b"{", b"[")
    try:
        if not is_json and "json" in kind:
            raise UnreadableError("it says it is JSON, and it is not")
        columns, said, base = (*json.read(data, name), url) if is_json else _read_html(data, url)
        files = Columns(Links(index, name, base, canonical), [Lines.of(column) for column in columns])
        _refuse_pages_of_nothing(files, said, is_json)
    except UnreadableError as error:
        why = "a network that wants a login first, or a proxy, may have answered in its place"
        raise Trouble(NO_INDEX, str(error), why if not is_json else "", url) from None
    status = said["status"] if said["status"] in _STATUSES else "active"
    return Project(index, name, files, status, line(said["reason"]))


def _refuse_pages_of_nothing(files: Columns, said: Mapping[str, str], is_json: bool) -> None:
    """Refuse a page of which no link can be used: it is another page than it looks like."""
    if next(iter(files), None) is not None:
        return
    if refused := files.refused:
        raise UnreadableError(f"not one link on it can be used: {refused[0].name}: {refused[0].why}")
    if not is_json and not said["marked"]:
        title = f", titled {said['title']!r}" if said["title"] else ""
        raise UnreadableError(f"a web page{title}, and no file of any project on it")


def _read_html(data: bytes, url: str) -> tuple[list[list[str]], dict[str, str], str]:
    if len(data) > _HTML_LIMIT:
        raise Trouble(LARGE, f"{len(data):,} bytes of HTML", f"no index has over {_HTML_LIMIT:,}", url)
    head, tail = data[:1024].lower(), data[-4096:].lower()
    if b"<html" in head and b"</html" not in tail and b"<a" in data:  # all of it would look complete
        raise Trouble(CUT, "a page without its end", url=url, passing=True)
    from envplan.index.pages import html

    return html.read(data, url)

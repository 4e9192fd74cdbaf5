"""Pages as PEP 503 has them: every link is a file."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from urllib.parse import urljoin

from envplan.index.pages.links import UnreadableError, named_by

_CHUNK = 64 * 1024
_NAMED = re.compile(r"[^/\s]+\.(?:whl|tar\.gz|zip)")  # a link's text, where it is the name of a file
_LONGEST_TAG = 1024 * 1024  # html.parser takes quadratic time over a tag that does not end


class Page(HTMLParser):
    """Collects links and what the page says of itself."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.links: list[tuple[dict[str, str | None], str]] = []
        self.base: str | None = None
        self.meta: dict[str, str] = {}
        self.title = ""
        self._open: list[str] | None = None  # text of the link that is open
        self._titled = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note links, base and meta."""
        said = dict(reversed(attrs))  # of two with the same name, the first counts
        if tag == "a":
            self._end_link()
            self._open = []
            self.links.append((said, ""))
        elif tag == "base" and self.base is None:
            self.base = said.get("href")
        elif tag == "meta" and said.get("name"):
            self.meta[str(said["name"]).lower()] = said.get("content") or ""
        elif tag in ("title", "h1") and not self.title:
            self._titled = True

    def handle_endtag(self, tag: str) -> None:
        """Note where a link ends."""
        if tag == "a":
            self._end_link()
        elif tag in ("title", "h1"):
            self._titled = False

    def handle_data(self, data: str) -> None:
        """Note the text of links and the title."""
        if self._open is not None:
            self._open.append(data)
        elif self._titled:
            self.title = (self.title + data)[:200]

    def _end_link(self) -> None:
        if self._open is not None:
            self.links[-1] = (self.links[-1][0], "".join(self._open).strip())
            self._open = None

    def finish(self) -> None:
        """Take what is left."""
        self._end_link()


def parse(data: bytes) -> Page:
    """Read HTML of any kind; hostile markup costs no more time than honest one."""
    text, page = data.decode("utf-8", "replace"), Page()
    try:
        for start in range(0, len(text), _CHUNK):
            page.feed(text[start : start + _CHUNK])
            if len(page.rawdata) > _LONGEST_TAG:
                raise UnreadableError("a tag in it does not end")
    except AssertionError:  # html.parser's answer to <![x
        raise UnreadableError("its markup is broken") from None
    page.finish()
    return page


def read(data: bytes, base: str) -> tuple[list[list[str]], dict[str, str], str]:
    """Return the links of a page in columns, what it says of itself, and what its links are relative to."""
    page = parse(data)
    version = page.meta.get("pypi:repository-version", "1.0")
    if not re.fullmatch(r"1(\.\d+)*", version):
        raise UnreadableError(f"it speaks version {version[:20]!r} of the protocol, and we speak 1")
    if page.base:
        try:
            base = urljoin(base, page.base)
        except ValueError:
            raise UnreadableError("its <base> is not an address") from None
    rows = [_row(said, text) for said, text in page.links if said.get("href")]
    told = {
        "status": page.meta.get("pypi:project-status", ""),
        "reason": page.meta.get("pypi:project-status-reason", ""),
        "marked": "yes"
        if "pypi:repository-version" in page.meta or page.title.lower().startswith("links for")
        else "",
        "title": page.title.strip()[:60],
    }
    return [list(column) for column in zip(*rows, strict=True)] or [[] for _ in range(8)], told, base


def _row(said: dict[str, str | None], text: str) -> tuple[str, ...]:
    address = said["href"] or ""
    found = re.search(r"#(?:.*&)?sha256=([^&]*)", address)
    metadata = said.get("data-core-metadata", said.get("data-dist-info-metadata"))
    present = "data-core-metadata" in said or "data-dist-info-metadata" in said
    return (
        text if _NAMED.fullmatch(text) else named_by(address),
        address,
        (found[1] or "empty") if found else "",
        "",
        "",
        said.get("data-requires-python") or "",
        f"={said['data-yanked'] or ''}" if "data-yanked" in said else "",
        f"={(metadata or '').removeprefix('sha256=')}" if present and metadata != "false" else "",
    )

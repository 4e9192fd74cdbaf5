"""One request for a file or a range of it, and whether the answer is one that may be used."""

from __future__ import annotations

import codecs
import contextlib
import itertools
import re
from collections.abc import Callable, Iterator
from typing import Literal

from envplan.index.shape import begins_right
from envplan.index.trouble import NO_WHEEL, REFUSED, Trouble
from envplan.index.web.client import Stream, Web
from envplan.values.records import dataclass

# As it lies on the server: ranges and lengths count the bytes of the file, not of what packs it on the way.
_PLAIN = {"Accept-Encoding": "identity"}
_LENGTH = re.compile(r"[0-9]{1,15}")
_TEXT = re.compile(r"text/|application/([a-z.-]+\+)?(json|xml)")
_RANGE = re.compile(r"bytes ([0-9]{1,15})-([0-9]{1,15})/([0-9]{1,15})")


# In pieces, side by side; in one, which can be resumed; or whole, from a server whose ranges cannot be used.
Way = Literal["pieces", "one", "whole"]


class Unranged(Exception):  # noqa: N818
    """The server gives no ranges, or others than it says: it must be asked in another way."""

    def __init__(self, way: Way = "whole") -> None:
        super().__init__(way)
        self.way = way


class Changed(Exception):  # noqa: N818
    """The server has another version than the one that is on disk."""


@dataclass(frozen=True)
class Span:
    """A range that is asked for; without an end, to the end of the file."""

    start: int
    end: int | None

    def __str__(self) -> str:
        return f"bytes={self.start}-{'' if self.end is None else self.end - 1}"


@dataclass(frozen=True)
class Answer:
    """What came, so far as its head tells."""

    url: str
    whole: bool  # all of the file, from its start; else the range that was asked for, or its beginning
    total: int | None  # of the file, as the server says
    room: int | None  # the bytes to come, as the server says
    sign: str
    framed: bool  # the end is told, and not only the end of the connection
    text: bool  # the server says that it is something to read
    upto: Callable[[int | None], Iterator[bytes]]


@contextlib.contextmanager
def ask(web: Web, place: str, span: Span | None, sign: str, slowest: Callable[[], float]) -> Iterator[Answer]:
    """Ask for all of a file or for a range of the version that has this sign."""
    headers = dict(_PLAIN)
    if span is not None:
        headers["Range"] = str(span)
        if sign:
            headers["If-Range"] = sign
    try:
        with web.open(place, headers, slowest=slowest) as stream:
            yield _answer(stream, span)
    except Trouble as trouble:
        # 416: the file is shorter here than it should be; the others come from servers that know no ranges.
        if span is not None and trouble.status in (400, 416, 501):
            raise Unranged from None
        raise


def _answer(stream: Stream, span: Span | None) -> Answer:
    said = stream.headers
    packed = said.get("content-encoding", "").lower() not in ("", "identity")
    etag = said.get("etag", "")
    sign = etag if etag.startswith('"') else said.get("last-modified", "")
    length = int(said["content-length"]) if _LENGTH.fullmatch(said.get("content-length", "")) else None
    text = _TEXT.match(said.get("content-type", "").lower()) is not None
    framed = length is not None or "chunked" in said.get("transfer-encoding", "").lower()
    if stream.status == 200:
        total = None if packed else length
        return Answer(stream.url, True, total, total, "" if packed else sign, framed, text, stream.upto)
    if stream.status != 206:
        raise Trouble(REFUSED, f"status {stream.status}, which was not asked for", url=stream.url)
    if span is None:
        raise Trouble(REFUSED, "a part of the file, where all of it was asked for", url=stream.url)
    found = _RANGE.fullmatch(said.get("content-range", ""))
    if packed or found is None:
        raise Unranged
    first, last, total = (int(number) for number in found.groups())
    if first != span.start or not first <= last < total or (span.end is not None and last >= span.end):
        raise Unranged
    return Answer(stream.url, False, total, last + 1 - first, sign, framed, text, stream.upto)


def without_pages(answer: Answer, name: str, limit: int | None) -> Iterator[bytes]:
    """Read a whole file, unless what comes is a page: some network's, that answers in its place."""
    parts = answer.upto(limit)
    first = next(parts, b"")
    page = first.removeprefix(codecs.BOM_UTF8).lstrip()[:1] == b"<"
    if page or (answer.text and not begins_right(name, first)):
        why = "a network that wants a login first, or a proxy, may have answered in its place"
        words = " ".join(first[:200].decode("utf-8", "replace").split())
        found = "a web page" if page else f"words ({words[:60]})"
        raise Trouble(NO_WHEEL, f"{found} where a file should be", why, answer.url)
    return itertools.chain((first,) if first else (), parts)

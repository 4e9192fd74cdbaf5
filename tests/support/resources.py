"""What the local index holds under a path, and the answer it gives when nothing goes wrong."""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

Body = bytes | Callable[[], bytes]  # or made when it is first asked for


@dataclass(frozen=True)
class Request:
    """One request, as it arrived."""

    method: str
    path: str  # decoded, without the query
    headers: Mapping[str, str]  # names in lower case
    target: str = ""  # as it stood in the request line
    connection: int = 0  # which one it came over: keep-alive shows here


@dataclass(frozen=True)
class Response:
    """What is sent, before a fault spoils it."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass
class Resource:
    """A file, or one way to write a page."""

    body: Body
    content_type: str
    headers: Mapping[str, str] = field(default_factory=dict)
    ranges: bool = True
    gzip: bool = False

    @cached_property
    def content(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else self.body()

    @cached_property
    def squeezed(self) -> bytes:
        return gzip.compress(self.content, mtime=0)

    @cached_property
    def etag(self) -> str:
        return '"' + hashlib.sha256(self.content).hexdigest()[:24] + '"'


def answer(found: list[Resource], request: Request) -> Response:
    """The answer of an honest server that holds these ways to write what was asked for."""
    resource = negotiated(found, request.headers.get("accept", "*/*"))
    if resource is None:
        return Response(406, {"content-type": "text/plain"}, b"none of the formats you accept\n")
    squeeze = resource.gzip and "gzip" in request.headers.get("accept-encoding", "")
    etag = resource.etag if not squeeze else resource.etag[:-1] + '-gzip"'
    headers = {"content-type": resource.content_type, "etag": etag, **resource.headers}
    if resource.gzip:
        headers["vary"] = "Accept, Accept-Encoding"
    if resource.ranges:
        headers["accept-ranges"] = "bytes"
    headers = {name: value for name, value in headers.items() if value}
    if headers.get("etag") and headers["etag"] in _listed(request.headers.get("if-none-match", "")):
        return Response(304, headers)
    if squeeze:
        return Response(200, {**headers, "content-encoding": "gzip"}, resource.squeezed)
    asked = request.headers.get("range")
    condition = request.headers.get("if-range")
    signs = (None, headers.get("etag"), headers.get("last-modified"))
    if not resource.ranges or asked is None or condition not in signs:
        return Response(200, headers, resource.content)
    return _part(resource.content, asked, headers)


def span(asked: str, length: int) -> tuple[int, int] | None:
    """First byte and end of `bytes=a-b`, `a-` or `-n`; None where nothing of it exists."""
    match = re.fullmatch(r"bytes=(\d*)-(\d*)", asked.strip())
    if match is None or match.groups() == ("", ""):
        return (0, length)  # what cannot be read is ignored, as RFC 9110 has it
    first, last = match.groups()
    if first == "":
        return (max(0, length - int(last)), length) if int(last) and length else None
    start, end = int(first), min(int(last) + 1, length) if last else length
    return (start, end) if start < min(end, length) else None


def _part(content: bytes, asked: str, headers: dict[str, str]) -> Response:
    if "," in asked or not asked.strip().startswith("bytes="):
        return Response(200, headers, content)
    part = span(asked, len(content))
    if part is None:
        return Response(416, {**headers, "content-range": f"bytes */{len(content)}"})
    start, end = part
    bounds = {"content-range": f"bytes {start}-{end - 1}/{len(content)}"}
    return Response(206, headers | bounds, content[start:end])


def negotiated(found: list[Resource], accept: str) -> Resource | None:
    """The way to write it that the client likes best; the first, where it likes several alike."""
    likes = [(like, resource) for resource in found if (like := _liking(accept, resource.content_type)) > 0]
    return max(likes, key=lambda pair: pair[0])[1] if likes else None


def _liking(accept: str, content_type: str) -> float:
    kind = content_type.split(";")[0].strip()
    best = (-1, 0.0)
    for entry in accept.split(","):
        pattern, *parameters = (part.strip() for part in entry.split(";"))
        weight = next((float(p[2:]) for p in parameters if p.startswith("q=")), 1.0)
        exact = 2 if pattern == kind else 1 if pattern == kind.split("/")[0] + "/*" else 0
        if exact or pattern == "*/*":
            best = max(best, (exact, weight))
    return best[1]


def _listed(condition: str) -> list[str]:
    return [tag.strip().removeprefix("W/") for tag in condition.split(",")]

"""What can go wrong between an index and its client, one function a kind."""

from __future__ import annotations

import base64
import gzip
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Any

from tests.support.resources import Request, Response, span


@dataclass(frozen=True)
class Delivery:
    """How a response goes over the wire. The plain values are those of an honest server."""

    wait: float = 0.0  # seconds before the first byte
    cut: int | None = None  # bytes of the body after which the connection ends
    reset: bool = False  # … with a RST instead of a FIN
    stall: int | None = None  # bytes of the body after which nothing comes any more; -1: not even headers
    stall_for: float | None = None  # … and then it goes on; None: until the server closes
    rate: float | None = None  # bytes a second
    length_off: int = 0  # what Content-Length adds to the truth
    chunked: bool = False  # no Content-Length
    unframed: bool = False  # neither that: the body ends with the connection


@dataclass
class Fault:
    """A kind of failure, for the paths that a pattern names."""

    pattern: str
    kind: str
    times: int | None
    how: Mapping[str, Any]
    method: str | None = None
    seen: int = field(default=0)

    def meets(self, request: Request, crowd: int) -> bool:
        """Whether this request is to fail; counts those that do. `crowd`: how many are being answered."""
        if self.method is not None and request.method != self.method:
            return False
        if not fnmatchcase(request.path, self.pattern) or (
            self.times is not None and self.seen >= self.times
        ):
            return False
        if self.kind == "crowded" and crowd <= self.how.get("most", 2):
            return False
        if self.kind == "auth" and _right(request, **self.how):
            return False
        self.seen += 1
        return True


def faults_met(faults: Iterable[Fault], request: Request, crowd: int) -> Iterator[Fault]:
    """Those that strike, in order, up to the first that leaves nothing of the answer."""
    for fault in faults:
        if fault.meets(request, crowd):
            yield fault
            if fault.kind in _REPLACED:
                return


def spoil(
    fault: Fault, request: Request, response: Response, delivery: Delivery
) -> tuple[Response, Delivery]:
    """The response and its delivery once the fault has been at them."""
    how = dict(fault.how)
    if fault.kind in _DELIVERIES:
        return response, _DELIVERIES[fault.kind](delivery, **how)
    return _RESPONSES[fault.kind](request, response, **how), delivery


def _cut(delivery: Delivery, after: int = 0, reset: bool = False) -> Delivery:
    return replace(delivery, cut=after, reset=reset)


def _stall(delivery: Delivery, after: int = 0, seconds: float | None = None) -> Delivery:
    return replace(delivery, stall=after, stall_for=seconds)


def _slow(delivery: Delivery, rate: float = 1000) -> Delivery:
    return replace(delivery, rate=rate)


def _wait(delivery: Delivery, seconds: float = 0.05) -> Delivery:
    return replace(delivery, wait=seconds)


def _lie_length(delivery: Delivery, by: int = 100) -> Delivery:
    return replace(delivery, length_off=by)


def _chunked(delivery: Delivery) -> Delivery:
    return replace(delivery, chunked=True)


def _unframed(delivery: Delivery) -> Delivery:
    return replace(delivery, unframed=True)


def _status(
    request: Request,
    response: Response,
    code: int = 503,
    headers: Mapping[str, str] | None = None,
    body: bytes = b"no\n",
) -> Response:
    return Response(code, {"content-type": "text/plain", **_lower(headers)}, body)


def _redirect(request: Request, response: Response, to: str = "/", code: int = 302) -> Response:
    """`{path}` in the address is the path that was asked for, as it stood in the request."""
    return Response(code, {"location": to.replace("{path}", request.target)}, b"over there\n")


def _auth(request: Request, response: Response, user: str = "", password: str = "") -> Response:
    return Response(401, {"www-authenticate": 'Basic realm="tests"', "content-type": "text/plain"}, b"who?\n")


def _crowded(request: Request, response: Response, most: int = 2, code: int = 503) -> Response:
    """As servers answer that take so many requests of one client at once."""
    return Response(code, {"content-type": "text/plain"}, b"one after the other\n")


def _right(request: Request, user: str = "", password: str = "") -> bool:
    token = base64.b64encode(f"{user}:{password}".encode()).decode()
    return request.headers.get("authorization") == f"Basic {token}"


def _wrong_206(
    request: Request, response: Response, shift: int = 1, honest: bool = True, total_off: int = 0
) -> Response:
    """Another part than was asked for; `honest=False` claims in Content-Range that it is the right one.

    `total_off` is what it adds to the size of the whole.
    """
    if response.status != 206:
        return response
    total = int(response.headers["content-range"].rpartition("/")[2])
    start, end = span(request.headers["range"], total) or (0, total)
    if start + shift < 0:
        return response
    body = response.body[shift:] + b"\0" * shift if not honest else response.body
    said = (start, end - 1) if not honest else (start + shift, end - 1 + shift)
    bounds = f"bytes {said[0]}-{said[1]}/{total + total_off}"
    return Response(206, response.headers | {"content-range": bounds}, body)


def _short_206(request: Request, response: Response, most: int = 70_000) -> Response:
    """Less of the range than was asked for, and said so: servers may do that."""
    if response.status != 206 or len(response.body) <= most:
        return response
    span, _, total = response.headers["content-range"].partition("/")
    start = int(span.removeprefix("bytes ").partition("-")[0])
    bounds = f"bytes {start}-{start + most - 1}/{total}"
    return Response(206, response.headers | {"content-range": bounds}, response.body[:most])


def _html(request: Request, response: Response, body: bytes = b"", code: int = 200) -> Response:
    portal = b"<!DOCTYPE html><html><title>Welcome</title><body>Accept the terms to go online.</body></html>"
    return Response(code, {"content-type": "text/html; charset=utf-8"}, body or portal)


def _empty(request: Request, response: Response) -> Response:
    return Response(200, {"content-type": response.headers.get("content-type", "text/html")}, b"")


_COUNT = itertools.count(1)


def _change_etag(request: Request, response: Response, body: bytes | None = None) -> Response:
    """A new ETag each time, as after an upload in between; with `body`, other bytes too."""
    headers = response.headers | {"etag": f'"changed-{next(_COUNT)}"'}
    if body is None:
        return replace(response, headers=headers)
    part = span(request.headers.get("range", ""), len(body)) if response.status == 206 else None
    if part is None:
        return Response(200, {k: v for k, v in headers.items() if k != "content-range"}, body)
    start, end = part
    headers["content-range"] = f"bytes {start}-{end - 1}/{len(body)}"
    return Response(206, headers, body[start:end])


def _corrupt(request: Request, response: Response, at: int = -1) -> Response:
    body = bytearray(response.body)
    if body:
        body[at] ^= 0xFF
    return replace(response, body=bytes(body))


def _headers(request: Request, response: Response, **headers: str) -> Response:
    """Headers added or, with an empty value, taken away; `_` stands for `-`."""
    changed = response.headers | {name.replace("_", "-").lower(): value for name, value in headers.items()}
    return replace(response, headers={name: value for name, value in changed.items() if value})


def _gzip(request: Request, response: Response) -> Response:
    return replace(
        response,
        headers=response.headers | {"content-encoding": "gzip"},
        body=gzip.compress(response.body, mtime=0),
    )


def _lower(headers: Mapping[str, str] | None) -> dict[str, str]:
    return {name.lower(): value for name, value in (headers or {}).items()}


def _same(request: Request, response: Response) -> Response:
    return response


_DELIVERIES: dict[str, Callable[..., Delivery]] = {
    "cut": _cut,
    "stall": _stall,
    "slow": _slow,
    "wait": _wait,
    "lie-length": _lie_length,
    "chunked": _chunked,
    "unframed": _unframed,
}
_RESPONSES: dict[str, Callable[..., Response]] = {
    "status": _status,
    "redirect": _redirect,
    "auth": _auth,
    "crowded": _crowded,
    "no-ranges": _same,  # the server looks at these two before it answers
    "no-conditions": _same,  # If-Range and If-None-Match are not heard
    "wrong-206": _wrong_206,
    "short-206": _short_206,
    "html": _html,
    "empty": _empty,
    "change-etag": _change_etag,
    "corrupt": _corrupt,
    "headers": _headers,
    "gzip": _gzip,
}
_REPLACED = frozenset({"status", "redirect", "auth", "crowded", "html", "empty"})
KINDS = frozenset(_DELIVERIES) | frozenset(_RESPONSES)

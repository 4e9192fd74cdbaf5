"""Asking for addresses: redirects, logins, deadlines, further attempts."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar
from urllib.parse import urljoin, urlsplit

import urllib3

from envplan.index.addresses import origin
from envplan.index.trouble import LARGE, REDIRECT, SILENT, SLOW, Trouble
from envplan.index.web.connections import Connections
from envplan.index.web.logins import Logins
from envplan.index.web.patience import Patience
from envplan.index.web.status import trouble_of_error, trouble_of_status
from envplan.settings.model import Login
from envplan.values.numbers import whole_number
from envplan.values.records import dataclass, replace

T = TypeVar("T")

_HOPS = 10
_CHUNK = 256 * 1024
_AGENT = "envplan"


@dataclass(frozen=True)
class Reply:
    """A whole answer: 200, 206 or 304."""

    status: int
    headers: Mapping[str, str]  # names in lower case
    url: str  # where it came from, after redirects
    body: bytes


@dataclass(frozen=True)
class Stream:
    """An answer whose body is read as it comes."""

    status: int
    headers: Mapping[str, str]
    url: str
    upto: Callable[[int | None], Iterator[bytes]]  # the body, or as many bytes of it: no more is taken in

    @property
    def parts(self) -> Iterator[bytes]:
        """The body."""
        return self.upto(None)


class Web:
    """Asks servers; may be used by many threads at once."""

    def __init__(
        self,
        connections: Connections,
        logins: Logins,
        patience: Patience,
        is_public: Callable[[str], bool] = lambda address: False,
    ) -> None:
        """`is_public` tells addresses where everybody may publish: no other leads there."""
        self._connections = connections
        self._logins = logins
        self.patience = patience
        self._is_public = is_public

    def close(self) -> None:
        """Close all connections."""
        self._connections.close()

    def hang_up(self) -> None:
        """End what is under way, in whatever thread; each request fails at once. Later ones go well."""
        self._connections.hang_up()

    def get(self, url: str, headers: Mapping[str, str], *, limit: int, method: str = "GET") -> Reply:
        """Read a whole answer of at most `limit` bytes."""
        until = time.monotonic() + self.patience.page

        def once() -> Reply:
            with self.open(url, headers, method=method, until=until) as stream:
                return Reply(stream.status, stream.headers, stream.url, _whole(stream, limit))

        return self.again(once, until)

    def again(self, once: Callable[[], T], until: float | None = None) -> T:
        """Try; where the trouble may pass, try again after a while."""
        attempt = 1
        while True:
            try:
                return once()
            except Trouble as trouble:
                pause = self.patience.before(attempt, trouble.wait)
                late = until is not None and time.monotonic() + pause > until
                if not trouble.passing or attempt >= self.patience.attempts or late:
                    tried = f" ({attempt} attempts)" if attempt > 1 else ""
                    raise replace(trouble, found=trouble.found + tried) from None
            time.sleep(pause)
            attempt += 1

    @contextlib.contextmanager
    def open(
        self,
        url: str,
        headers: Mapping[str, str],
        *,
        method: str = "GET",
        until: float | None = None,
        slowest: Callable[[], float] | None = None,
    ) -> Iterator[Stream]:
        """Ask, follow redirects, and hand out the body while it comes.

        `slowest` takes the place of the floor on the rate, where several bodies share one line.
        """
        response, place = self._follow(method, url, headers, until)
        floor = slowest or (lambda: self.patience.slowest)
        ended: list[bool] = []
        try:
            said = {name.lower(): value for name, value in response.headers.items()}

            def upto(limit: int | None) -> Iterator[bytes]:
                yield from self._parts(response, place, until, limit, floor)
                ended.append(limit is None)

            yield Stream(response.status, said, place, upto)
        finally:
            # A connection with the rest of a body in it cannot be used again.
            if not any(ended) and response.length_remaining != 0:
                response.close()
            response.release_conn()

    def _follow(
        self, method: str, url: str, headers: Mapping[str, str], until: float | None
    ) -> tuple[urllib3.BaseHTTPResponse, str]:
        place = url
        for _ in range(_HOPS):
            response = self._ask(method, place, headers, until)
            if response.status not in (301, 302, 303, 307, 308):
                return response, place
            location = response.headers.get("location", "")
            _discard(response)
            place = _hop(place, location)
            if self._is_public(place) and not self._is_public(url):
                host = urlsplit(place).netloc
                why = "everybody may publish there, also a package of this name that is another one"
                raise Trouble(REDIRECT, f"a redirect to {host}, the default index", why, url)
        raise Trouble(REDIRECT, f"more than {_HOPS} redirects, one after the other", url=url)

    def _ask(
        self, method: str, url: str, headers: Mapping[str, str], until: float | None
    ) -> urllib3.BaseHTTPResponse:
        login = self._logins.of(url)
        response = self._send(method, url, headers, login, until)
        if response.status == 401 and login is None:
            login = self._logins.when_asked(url)
            if login is not None:
                _discard(response)
                response = self._send(method, url, headers, login, until)
        if response.status in (200, 206, 304, 301, 302, 303, 307, 308):
            return response
        trouble = trouble_of_status(response, url, login)
        _discard(response)
        raise trouble

    def _send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        login: Login | None,
        until: float | None,
    ) -> urllib3.BaseHTTPResponse:
        sent = {"User-Agent": _AGENT, "Accept-Encoding": "gzip", **headers}
        if login is not None:
            sent |= urllib3.make_headers(basic_auth=f"{login.user}:{login.password}")
        left = self.patience.first_byte if until is None else max(0.05, until - time.monotonic())
        waits = urllib3.Timeout(
            connect=min(self.patience.connect, left), read=min(self.patience.first_byte, left)
        )
        try:
            return self._connections.to(url).request(
                method, url, headers=sent, timeout=waits, redirect=False, retries=False, preload_content=False
            )
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            raise trouble_of_error(error, url) from None

    def _parts(
        self,
        response: urllib3.BaseHTTPResponse,
        url: str,
        until: float | None,
        limit: int | None,
        slowest: Callable[[], float],
    ) -> Iterator[bytes]:
        """Read as it comes, and give up on what takes too long in all or comes too slowly."""
        patience = self.patience
        started, since, received = time.monotonic(), time.monotonic(), 0
        left = limit
        while left is None or left > 0:
            try:
                part = response.read1(_CHUNK if left is None else min(_CHUNK, left), decode_content=True)
            except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
                raise trouble_of_error(error, url) from None
            if not part:
                return
            yield part
            left = None if left is None else left - len(part)
            now, received = time.monotonic(), received + len(part)
            if until is not None and now > until:
                found = f"not complete after {now - started:.0f} seconds"
                raise Trouble(SILENT, found, "a page or metadata takes seconds", url)
            if now - since >= patience.window:
                rate, floor = received / (now - since), slowest()
                if rate < floor:
                    found = f"{rate:,.0f} bytes per second, for {now - since:.0f} seconds"
                    raise Trouble(SLOW, found, f"less than {floor:,.0f} is as good as nothing", url)
                since, received = now, 0


def _whole(stream: Stream, limit: int) -> bytes:
    found, size = [], 0
    told = whole_number(stream.headers.get("content-length", ""))
    if told is not None and told > limit:
        raise _too_large(stream, told, limit)
    for part in stream.parts:
        found.append(part)
        size += len(part)
        if size > limit:
            raise _too_large(stream, size, limit)
    return b"".join(found)


def _too_large(stream: Stream, size: int, limit: int) -> Trouble:
    return Trouble(LARGE, f"{size:,} bytes or more", f"nothing of this kind is over {limit:,}", stream.url)


def _hop(place: str, location: str) -> str:
    """Return where a redirect leads, if we go there."""
    if not location or any(character <= " " or character == "\\" for character in location):
        raise Trouble(REDIRECT, "a redirect to no address", url=place)
    try:
        there = urljoin(place, location)
        parts = urlsplit(there)
        origin(there)
    except ValueError:
        raise Trouble(REDIRECT, "a redirect to what is no address", url=place) from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Trouble(REDIRECT, f"a redirect to {parts.scheme}:", "only https and http are followed", place)
    if parts.scheme == "http" and urlsplit(place).scheme == "https":
        why = "anybody on the way could change what http brings"
        raise Trouble(REDIRECT, f"a redirect from https to http://{parts.hostname}", why, place)
    if parts.username or parts.password:
        raise Trouble(REDIRECT, f"a redirect with a login, to {parts.hostname}", url=place)
    return there


def _discard(response: urllib3.BaseHTTPResponse) -> None:
    """Keep the connection where what is left is small, as it is with redirects and refusals."""
    length = whole_number(response.headers.get("content-length", ""))
    if length is not None and length <= 4096:
        with contextlib.suppress(urllib3.exceptions.HTTPError, OSError):
            response.drain_conn()
    else:
        response.close()
    response.release_conn()

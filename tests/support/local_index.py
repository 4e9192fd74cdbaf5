"""A real HTTP/1.1 server on loopback that can be made to fail in every way an index fails."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import threading
from collections import Counter
from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import unquote

from tests.support.faults import KINDS, Delivery, Fault, faults_met, spoil
from tests.support.resources import Body, Request, Resource, Response, answer
from tests.support.wire import deliver, end, read_request

JSON = "application/vnd.pypi.simple.v1+json"
HTML = "text/html"
CERTIFICATE = Path(__file__).parent / "data" / "loopback.pem"

_IDLE = 30.0  # seconds after which a silent connection is dropped


class LocalIndex:
    """Pages and files by path; a log of what was asked; faults by pattern. Used in a `with`."""

    def __init__(self, host: str = "127.0.0.1", *, tls: bool = False) -> None:
        self.log: list[Request] = []
        self.sent: Counter[str] = Counter()  # bytes of bodies, by path
        self.statuses: list[tuple[str, int]] = []  # (path, status), in the order of the answers
        self.connections = 0
        self._answering = 0
        self._tls = tls
        self._resources: dict[str, list[Resource]] = {}
        self._faults: list[Fault] = []
        self._lock = threading.RLock()
        self._closing = threading.Event()
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._socket = socket.create_server((host, 0), backlog=128)
        self.host, self.port = host, int(self._socket.getsockname()[1])
        self.url = f"{'https' if tls else 'http'}://{host}:{self.port}"

    # --- what it holds

    def put(
        self,
        path: str,
        body: Body,
        headers: Mapping[str, str] | None = None,
        ranges: bool = True,
        content_type: str = "application/octet-stream",
    ) -> str:
        """Hold a file; `body` may be a function, called once, when it is first asked for. Returns its URL.

        `headers` are added; one with an empty value is taken away (`{"etag": ""}`).
        """
        added = {name.lower(): value for name, value in (headers or {}).items()}
        with self._lock:
            self._resources[unquote(path)] = [Resource(body, content_type, added, ranges)]
        return self.url + path

    def page(self, path: str, text: str | Body, content_type: str = HTML) -> str:
        """Hold a page of an index; once for each content type. The client's Accept decides."""
        body = text.encode() if isinstance(text, str) else text
        made = Resource(body, content_type, {}, ranges=False, gzip=True)
        with self._lock:
            others = [one for one in self._resources.get(path, []) if one.content_type != content_type]
            self._resources[path] = [*others, made]
        return self.url + path

    def json(self, path: str, document: object) -> str:
        """Hold a page in JSON."""
        return self.page(path, json.dumps(document), JSON)

    def without_signs(self) -> None:
        """Give pages no ETag any more: many mirrors say nothing by which a page could be kept."""
        with self._lock:
            for one in (one for several in self._resources.values() for one in several if one.gzip):
                one.headers = {**one.headers, "etag": ""}

    def remove(self, path: str) -> None:
        """Hold it no more: 404."""
        with self._lock:
            self._resources.pop(unquote(path), None)

    def fault(
        self, pattern: str, kind: str, times: int | None = None, *, method: str | None = None, **how: Any
    ) -> Fault:
        """Make paths that match the glob fail; `times` bounds how often. Its `seen` counts."""
        if kind not in KINDS:
            raise ValueError(f"no fault {kind!r}; there are {', '.join(sorted(KINDS))}")
        fault = Fault(pattern, kind, times, how, method)
        with self._lock:
            self._faults.append(fault)
        return fault

    def heal(self) -> None:
        """Take all faults away."""
        with self._lock:
            self._faults.clear()

    # --- what was asked

    def paths(self, pattern: str = "*", method: str | None = None) -> list[str]:
        """The paths asked for, in order."""
        return [request.path for request in self.requests(pattern, method)]

    def requests(self, pattern: str = "*", method: str | None = None) -> list[Request]:
        """The requests for paths that match, in order."""
        with self._lock:
            kept = list(self.log)
        return [one for one in kept if fnmatchcase(one.path, pattern) and method in (None, one.method)]

    def forget(self) -> None:
        """Empty the log and the counters."""
        with self._lock:
            self.log.clear()
            self.sent.clear()
            self.statuses.clear()
            self.connections = 0

    # --- its life

    def __enter__(self) -> Self:
        thread = threading.Thread(target=self._accept, name=f"local-index-{self.port}", daemon=True)
        self._threads.append(thread)
        thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End it, and every response under way."""
        self._closing.set()
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        with self._lock:
            still = list(self._open)
        for connection in still:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in list(self._threads):
            thread.join(5)

    def _accept(self) -> None:
        while not self._closing.is_set():
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with self._lock:
                self.connections += 1
                number = self.connections
                self._open.add(connection)
                self._threads = [thread for thread in self._threads if thread.is_alive()]
                thread = threading.Thread(target=self._talk, args=(connection, number), daemon=True)
                self._threads.append(thread)
            thread.start()

    def _talk(self, connection: socket.socket, number: int) -> None:
        wire = connection
        try:
            connection.settimeout(_IDLE)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._tls:
                wire = _secured(connection)
                with self._lock:
                    self._open.add(wire)
            reader = wire.makefile("rb")
            with contextlib.closing(reader):
                while not self._closing.is_set():
                    request = read_request(reader.readline, reader.read, number)
                    if request is None or not self._serve(wire, request):
                        break
        except (OSError, ValueError):
            pass  # the client went away, or we did
        finally:
            with self._lock:
                self._open -= {connection, wire}
            end(wire)

    def _serve(self, wire: socket.socket, request: Request) -> bool:
        """Answer; whether the connection may be used again."""
        with self._lock:
            self.log.append(request)
            self._answering += 1
            met = list(faults_met(self._faults, request, self._answering))
        try:
            return self._answer(wire, request, met)
        finally:
            with self._lock:
                self._answering -= 1

    def _answer(self, wire: socket.socket, request: Request, met: list[Fault]) -> bool:
        response, delivery = self._respond(request, met)
        with self._lock:
            self.statuses.append((request.path, response.status))

        def count(sent: int) -> None:
            with self._lock:
                self.sent[request.path] += sent

        alive = deliver(wire, request, response, delivery, self._closing, count)
        return alive and request.headers.get("connection", "").lower() != "close"

    def _respond(self, request: Request, met: list[Fault]) -> tuple[Response, Delivery]:
        whole = request
        kinds = {fault.kind for fault in met}
        if kinds & {"no-ranges", "change-etag", "no-conditions"}:
            no_ranges = "no-ranges" in kinds or ("change-etag" in kinds and "if-range" in request.headers)
            unheard = {"if-none-match"} | ({"range"} if no_ranges else set())
            unheard |= {"if-range"} if "no-conditions" in kinds else set()
            headers = {k: v for k, v in request.headers.items() if k not in unheard}
            whole = Request(request.method, request.path, headers, request.target, request.connection)
        response, delivery = self._honest(whole), Delivery()
        if any(fault.kind == "no-ranges" for fault in met):
            response.headers.pop("accept-ranges", None)
        for fault in reversed(met):  # the one that was declared first has the last word
            response, delivery = spoil(fault, request, response, delivery)
        return response, delivery

    def _honest(self, request: Request) -> Response:
        if request.method not in ("GET", "HEAD"):
            return Response(405, {"allow": "GET, HEAD"})
        found = self._find(request.path)
        if found is not None:
            return answer(found, request)
        if self._find(request.path + "/") is not None:
            return Response(301, {"location": request.target + "/"})
        return Response(404, {"content-type": "text/plain"}, b"not here\n")

    def _find(self, path: str) -> list[Resource] | None:
        with self._lock:
            return self._resources.get(path)


def _secured(connection: socket.socket) -> socket.socket:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    return context.wrap_socket(connection, server_side=True)

"""One loopback server for the views of all targets; who does not know the secret in the path gets nothing.

It speaks as much HTTP/1.1 as solvers need (GET and HEAD, kept-alive connections): the standard library's
server takes longer to read the headers than a view takes to answer.
"""

from __future__ import annotations

import contextlib
import secrets
import socket
import threading
from collections.abc import Iterator
from types import TracebackType
from typing import Self
from urllib.parse import unquote

from packaging.version import InvalidVersion, Version

from envplan.problems import EnvplanError
from envplan.solver.standin import NOT_USABLE, file_name, metadata_text, page_json, wheel_bytes
from envplan.solver.view import View

_JSON = "application/vnd.pypi.simple.v1+json"
_BYTES = "application/octet-stream"
_REASONS = {
    200: "OK",
    400: "Bad Request",
    404: "Not Found",
    405: "Method Not Allowed",
    500: "Internal Server Error",
}
_LONGEST_HEAD = 65536

_Reply = tuple[int, str, bytes]
_NOT_FOUND: _Reply = (404, "text/plain", b"")


class Server:
    """Serves every view mounted on it, until it is closed."""

    def __init__(self) -> None:
        self._secret = secrets.token_urlsafe(24)
        self._views: dict[str, View] = {}
        self._connections: set[socket.socket] = set()
        self._closed = False
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._authority = f"127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.close()

    def mount(self, view: View) -> str:
        """Serve a view, and give the address of its index."""
        key = str(len(self._views))
        self._views[key] = view
        return f"http://{self._authority}/{self._secret}/{key}/simple/"

    def close(self) -> None:
        """Stop listening, and hang up."""
        self._closed = True
        for one in (self._listener, *list(self._connections)):
            with contextlib.suppress(OSError):  # not connected (any more)
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self) -> None:
        while not self._closed:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._connections.add(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            with connection:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                for head in _heads(connection):
                    connection.sendall(self._answer(head))
        except OSError:
            return  # the solver has gone
        finally:
            self._connections.discard(connection)

    def _answer(self, head: bytes) -> bytes:
        method, path, host = _read(head)
        if method not in ("GET", "HEAD"):
            status, kind, body = (405 if method else 400), "text/plain", b""
        elif host != self._authority:  # a web page that has bound its own name to loopback
            status, kind, body = 400, "text/plain", b""
        else:
            status, kind, body = self._route(path)
        lines = (
            f"HTTP/1.1 {status} {_REASONS[status]}\r\nContent-Type: {kind}\r\n"
            f"Content-Length: {len(body)}\r\nCache-Control: no-store\r\n\r\n"
        )
        return lines.encode() + (b"" if method == "HEAD" else body)

    def _route(self, path: str) -> _Reply:
        parts = path.partition("?")[0].split("/")
        if len(parts) < 5 or not secrets.compare_digest(parts[1].encode(), self._secret.encode()):
            return _NOT_FOUND
        view = self._views.get(parts[2])
        if view is None or view.stop.is_set():
            return _NOT_FOUND
        try:
            match parts[3:]:
                case ["simple", name] | ["simple", name, ""]:
                    return _page(view, unquote(name))
                case ["files", name, version, file]:
                    return _file(view, unquote(name), unquote(version), unquote(file))
        except EnvplanError:
            return (500, "text/plain", b"")  # the view keeps what went wrong
        except Exception as error:  # a bug must end the solving too, not only this thread
            view.broken(error)
            return (500, "text/plain", b"")
        return _NOT_FOUND


def _page(view: View, name: str) -> _Reply:
    if name == NOT_USABLE:
        return (200, _JSON, b'{"meta":{"api-version":"1.0"},"name":"envplan-not-usable","files":[]}')
    return (200, _JSON, page_json(view.page(name)))


def _file(view: View, name: str, text: str, file: str) -> _Reply:
    page = view.pages.get(name)  # a file is only known by a page that was served
    version = _version(text)
    if (
        page is None
        or version is None
        or version not in page.files
        or file.removesuffix(".metadata") != file_name(name, version)
    ):
        return _NOT_FOUND
    metadata = metadata_text(name, version, view.release(name, version))
    return (200, _BYTES, metadata if file.endswith(".metadata") else wheel_bytes(name, version, metadata))


def _version(text: str) -> Version | None:
    try:
        return Version(text)
    except InvalidVersion:
        return None


def _heads(connection: socket.socket) -> Iterator[bytes]:
    """Take the heads of requests off a connection, one after the other."""
    waiting = b""
    while True:
        while b"\r\n\r\n" not in waiting:
            piece = connection.recv(65536)
            waiting += piece
            if not piece or len(waiting) > _LONGEST_HEAD:
                return
        head, _, waiting = waiting.partition(b"\r\n\r\n")
        yield head


def _read(head: bytes) -> tuple[str, str, str]:
    """Read method, path and host; an empty method where it is no request."""
    first, *lines = head.decode("latin-1").split("\r\n")
    words = first.split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        return "", "", ""
    headers = {
        key.strip().lower(): value.strip() for key, _, value in (line.partition(":") for line in lines)
    }
    if "transfer-encoding" in headers or headers.get("content-length", "0") != "0":
        return "", "", ""
    return words[0], words[1], headers.get("host", "")

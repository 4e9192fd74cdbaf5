"""An index on this computer alone, in the shapes of the real ones.

PyTorch's part is HTML without sizes or metadata, so that these are found out by ranges; the default index is
JSON with all of it.
"""

from __future__ import annotations

import hashlib
import html
import json
import re
import sys
import threading
from collections.abc import Iterable, Mapping
from functools import cache, partial
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from typing import Any, Self
from urllib.parse import quote, unquote

from envplan.catalog.places import DEFAULT_INDEX
from envplan.demo.packages import TORCH, Upload
from envplan.values.names import normal
from envplan.values.records import dataclass

_HTML, _JSON, _BYTES = "text/html", "application/vnd.pypi.simple.v1+json", "application/octet-stream"
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


@dataclass(frozen=True)
class Held:
    """What is served under one path."""

    kind: str
    body: bytes

    @property
    def etag(self) -> str:
        """A name for these bytes."""
        return f'"{hashlib.sha256(self.body).hexdigest()[:32]}"'


class Index:
    """Serves uploads until it is closed; used in a `with`."""

    def __init__(self, uploads: Iterable[Upload]) -> None:
        self._server = _Server(_shelves(uploads))
        self._url = f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def mirrors(self) -> dict[str, str]:
        """What [mirrors] of a user's settings says, for all this to be found under its real addresses."""
        return {"default": f"{self._url}/simple", TORCH: f"{self._url}/whl"}

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def _shelves(uploads: Iterable[Upload]) -> dict[str, partial[Held]]:
    """Say how to make what is served under each path; it is made when it is asked for."""
    found: dict[str, partial[Held]] = {}
    projects: dict[tuple[str, str], list[Upload]] = {}
    for one in uploads:
        found[_path(one)] = partial(_file, one)
        projects.setdefault((one.index, normal(one.project)), []).append(one)
        if one.index == DEFAULT_INDEX:
            found[f"{_path(one)}.metadata"] = partial(Held, _BYTES, one.metadata)
    for (index, project), files in projects.items():
        write = _json_page if index == DEFAULT_INDEX else _html_page
        found[f"{_folder(index)}/{project}/"] = partial(write, project, tuple(files))
    return found


def _folder(index: str) -> str:
    return "/simple" if index == DEFAULT_INDEX else f"/whl{index.removeprefix(TORCH)}"


def _path(upload: Upload) -> str:
    return f"{'/files' if upload.index == DEFAULT_INDEX else _folder(upload.index)}/{upload.name}"


@cache
def _file(upload: Upload) -> Held:
    return Held(_BYTES, upload.body)


def _sha256(upload: Upload) -> str:
    return hashlib.sha256(_file(upload).body).hexdigest()


@cache
def _html_page(project: str, files: tuple[Upload, ...]) -> Held:
    lines = [
        f'    <a href="{quote(_path(one))}#sha256={_sha256(one)}"'
        f' data-requires-python="{html.escape(one.requires_python or "")}">{html.escape(one.name)}</a><br/>\n'
        for one in files
    ]
    text = f"<!DOCTYPE html>\n<html>\n  <body>\n    <h1>Links for {project}</h1>\n{''.join(lines)}  </body>\n"
    return Held(_HTML, f"{text}</html>\n".encode())


@cache
def _json_page(project: str, files: tuple[Upload, ...]) -> Held:
    page: dict[str, Any] = {"meta": {"api-version": "1.1"}, "name": project}
    page["versions"] = list(dict.fromkeys(one.version for one in files))
    page["files"] = [
        {
            "filename": one.name,
            "url": quote(_path(one)),
            "hashes": {"sha256": _sha256(one)},
            "size": len(_file(one).body),
            "upload-time": f"{one.uploaded}T12:00:00Z",
            "requires-python": one.requires_python,
            "core-metadata": {"sha256": hashlib.sha256(one.metadata).hexdigest()},
            "yanked": False,
        }
        for one in files
    ]
    return Held(_JSON, json.dumps(page).encode())


class _Server(ThreadingTCPServer):
    """Not http.server's own, which asks the network for the name of 127.0.0.1."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, shelves: Mapping[str, partial[Held]]) -> None:
        self.shelves = shelves
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Whoever hangs up is no news; anything else is a bug."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    """GET and HEAD, with ranges and names for what is already known."""

    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 60

    def do_GET(self) -> None:
        """Answer with what is held."""
        make = self.server.shelves.get(unquote(self.path.partition("?")[0]))
        if make is None:
            self._answer(404, Held("text/plain", b"not here\n"))
            return
        held = make()
        if self.headers.get("If-None-Match") == held.etag:
            self._answer(304, held)
        elif (part := self._part(held)) is None:
            self._answer(200, held)
        elif part:
            self._answer(206, held, part)
        else:
            self._answer(416, Held("text/plain", b""), length=len(held.body))

    do_HEAD = do_GET  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: stderr belongs to the story."""

    def _part(self, held: Held) -> range | None:
        """Say which bytes are asked for: none, all of it; empty, none of those that there are."""
        asked = _RANGE.fullmatch(self.headers.get("Range", "").strip())
        if asked is None or self.headers.get("If-Range", held.etag) != held.etag:
            return None
        first, last = asked.groups()
        length = len(held.body)
        if first:
            return range(int(first), min(int(last) + 1, length) if last else length)
        return range(max(0, length - int(last)), length) if last else None

    def _answer(self, status: int, held: Held, part: range | None = None, length: int | None = None) -> None:
        body = held.body if part is None else held.body[part.start : part.stop]
        self.send_response(status)
        self.send_header("Content-Type", held.kind)
        self.send_header("ETag", held.etag)
        self.send_header("Accept-Ranges", "bytes")
        if part is not None:
            self.send_header("Content-Range", f"bytes {part.start}-{part.stop - 1}/{len(held.body)}")
        if length is not None:
            self.send_header("Content-Range", f"bytes */{length}")
        if status != 304:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD" and status != 304:
            self.wfile.write(body)

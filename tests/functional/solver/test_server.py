"""The views' server answers solvers, and nobody else."""

from __future__ import annotations

import http.client
import io
import json
import socket
import zipfile
from collections.abc import Iterator
from urllib.parse import urljoin, urlsplit

import pytest

from envplan.solver.model import Bindings, Need, Question
from envplan.solver.server import Server
from envplan.solver.source import Memory
from envplan.solver.view import View
from envplan.values.platforms import Platform
from envplan.values.targets import Target
from envplan.values.variants import CPU
from envplan.values.versions import Python
from tests.support.shelf import DEFAULT, Shelf


@pytest.fixture
def url() -> Iterator[str]:
    shelf = Shelf()
    shelf.put("My_Lib", "1.0+cu121", ["dep>=1", "gone; python_version < '3'", "more; extra == 'x'"])
    shelf.put("my-lib", "2.0", tags="cp311-cp311-win_amd64")
    target = Target(CPU, Platform("linux", "x86_64"), Python(3, 11))
    view = View(Question(target, (Need("my-lib", ""),), Bindings({}, (), DEFAULT)), Memory(shelf))
    with Server() as server:
        yield server.mount(view)


def ask(url: str, method: str = "GET", **headers: str) -> tuple[int, bytes]:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=5)
    connection.request(method, parts.path, headers={name.capitalize(): one for name, one in headers.items()})
    answer = connection.getresponse()
    found = answer.status, answer.read()
    connection.close()
    return found


def test_a_page_leads_to_metadata_and_to_a_wheel_that_holds_it(url: str) -> None:
    status, body = ask(f"{url}my-lib/")
    [file] = json.loads(body)["files"]
    assert status == 200
    assert file["filename"] == "my_lib-1.0+cu121-py3-none-any.whl"
    where = urljoin(f"{url}my-lib/", file["url"])
    status, metadata = ask(where + ".metadata")
    assert status == 200
    assert metadata.decode().splitlines()[1:] == [
        "Name: my-lib",
        "Version: 1.0+cu121",
        "Provides-Extra: x",
        "Requires-Dist: dep>=1",
        "Requires-Dist: more ; extra == 'x'",
    ]
    status, wheel = ask(where)
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        assert archive.read("my_lib-1.0+cu121.dist-info/METADATA") == metadata


def test_who_does_not_know_the_secret_gets_nothing(url: str) -> None:
    parts = urlsplit(url)
    secret = parts.path.split("/")[1]
    for wrong in (secret[:-1], secret.upper() + "x", "", "é"):
        assert ask(f"http://{parts.netloc}/{wrong.encode().hex()}/0/simple/my-lib/")[0] == 404
    assert ask(f"http://{parts.netloc}/{secret}/7/simple/my-lib/")[0] == 404


def test_a_web_page_that_points_its_own_name_at_us_gets_nothing(url: str) -> None:
    assert ask(f"{url}my-lib/", host="evil.example")[0] == 400


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "CONNECT"])
def test_it_can_only_be_read(url: str, method: str) -> None:
    assert ask(f"{url}my-lib/", method)[0] in (400, 405)


@pytest.mark.parametrize(
    "path",
    [
        "../files/my-lib/9.9/my_lib-9.9-py3-none-any.whl",
        "../files/my-lib/1.0+cu121/x.whl",
        "../../x",
        "a/b/c/d",
    ],
)
def test_what_was_not_offered_cannot_be_had(url: str, path: str) -> None:
    ask(f"{url}my-lib/")
    assert ask(urljoin(url, path))[0] == 404


@pytest.mark.parametrize(
    "sent",
    [
        b"\r\n\r\n",
        b"GET\r\n\r\n",
        b"\x16\x03\x01" * 40 + b"\r\n\r\n",
        b"GET / HTTP/9\r\n\r\n",
        b"A" * 100_000,
    ],
)
def test_what_is_no_request_harms_nothing(url: str, sent: bytes) -> None:
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=5) as raw:
        raw.sendall(sent)
        try:
            first = raw.recv(100)
        except ConnectionError:
            first = b""
    assert first == b"" or first.startswith(b"HTTP/1.1 4")
    assert ask(f"{url}my-lib/")[0] == 200


def test_a_connection_is_kept_for_many_requests(url: str) -> None:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=5)
    for _ in range(20):
        connection.request("GET", f"{parts.path}my-lib/")
        assert connection.getresponse().read()
    connection.close()


def test_closing_it_frees_the_port(url: str) -> None:
    with Server() as server:
        where = urlsplit(server.mount(View(Question(TARGET, (), Bindings({})), Memory(Shelf()))))
        address = (where.hostname or "", where.port or 0)
        socket.create_connection(address, timeout=5).close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address, timeout=5)


TARGET = Target(CPU, Platform("linux", "x86_64"), Python(3, 11))

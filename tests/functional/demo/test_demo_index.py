"""The demo's index as clients meet it."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection
from urllib.parse import unquote, urlsplit

import pytest

from envplan.demo.index import Index
from envplan.demo.packages import TORCH, Upload, uploads


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


class Client:
    """One connection that is kept, as ours and the solvers' are."""

    def __init__(self, index: Index) -> None:
        self._connection = HTTPConnection(urlsplit(index.mirrors["default"]).netloc, timeout=10)

    def close(self) -> None:
        self._connection.close()

    def ask(self, path: str, method: str = "GET", **headers: str) -> Answer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self._connection.request(method, path, headers=named)
        answer = self._connection.getresponse()
        return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())


@pytest.fixture(scope="module")
def held() -> tuple[Upload, ...]:
    return uploads()


@pytest.fixture
def client(held: tuple[Upload, ...]) -> Iterator[Client]:
    with Index(held) as index, closing(Client(index)) as client:
        yield client


def test_a_page_of_torch_is_html_in_the_shape_of_the_real_one(client: Client) -> None:
    page = client.ask("/whl/cu121/torch/")
    links = re.findall(r'<a href="([^"#]+)#sha256=([0-9a-f]{64})"[^>]*>([^<]+)</a><br/>', page.body.decode())
    assert (page.status, page.headers["content-type"]) == (200, "text/html")
    assert any("torch-2.2.2%2Bcu121-cp311-cp311-linux_x86_64.whl" in href for href, _, _ in links)
    for href, digest, name in links:
        assert unquote(href) == f"/whl/cu121/{name}"
        assert hashlib.sha256(client.ask(href).body).hexdigest() == digest


def test_the_default_index_is_json_with_sizes_hashes_and_metadata(client: Client) -> None:
    page = json.loads(client.ask("/simple/numpy/").body)
    file = page["files"][0]
    body = client.ask(file["url"]).body
    metadata = client.ask(file["url"] + ".metadata").body
    assert file["size"] == len(body)
    assert file["hashes"]["sha256"] == hashlib.sha256(body).hexdigest()
    assert file["core-metadata"]["sha256"] == hashlib.sha256(metadata).hexdigest()


@pytest.mark.parametrize(
    ("asked", "part"),
    [("bytes=0-9", slice(0, 10)), ("bytes=5-", slice(5, None)), ("bytes=-7", slice(-7, None))],
)
def test_a_part_of_a_wheel_can_be_asked_for(
    client: Client, held: tuple[Upload, ...], asked: str, part: slice
) -> None:
    upload = next(one for one in held if one.index == f"{TORCH}/cu121")
    path = f"/whl/cu121/{upload.name}"
    answer = client.ask(path, Range=asked)
    assert (answer.status, answer.body) == (206, upload.body[part])
    whole = client.ask(path, Range=asked, If_Range='"another"')
    assert (whole.status, whole.body) == (200, upload.body)


def test_a_part_that_is_not_there_is_refused_with_the_length(client: Client) -> None:
    answer = client.ask("/simple/numpy/", Range="bytes=99999999-")
    assert answer.status == 416
    assert re.fullmatch(r"bytes \*/\d+", answer.headers["content-range"])


def test_what_is_known_already_is_not_sent_again(client: Client) -> None:
    etag = client.ask("/simple/numpy/").headers["etag"]
    assert client.ask("/simple/numpy/", If_None_Match=etag).status == 304
    assert client.ask("/simple/numpy/", If_None_Match='"old"').status == 200


def test_a_head_is_all_but_the_body(client: Client) -> None:
    answer = client.ask("/simple/numpy/", "HEAD")
    assert (answer.status, answer.body) == (200, b"")
    assert int(answer.headers["content-length"]) == len(client.ask("/simple/numpy/").body)


def test_what_it_does_not_hold_is_not_found(client: Client) -> None:
    assert client.ask("/whl/cu121/numpy/").status == 404
    assert client.ask("/../etc/passwd").status == 404


def test_nobody_answers_once_it_is_closed(held: tuple[Upload, ...]) -> None:
    with Index(held) as index:
        pass
    with closing(Client(index)) as client, pytest.raises(ConnectionRefusedError):
        client.ask("/simple/numpy/")

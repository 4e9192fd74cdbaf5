from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import urllib3

from tests.support.local_index import CERTIFICATE, HTML, JSON, LocalIndex

BODY = bytes(range(256)) * 8


@pytest.fixture
def web() -> Iterator[LocalIndex]:
    with LocalIndex() as index:
        index.put("/f/a%2Bb.whl", BODY)
        yield index


@pytest.fixture
def http() -> Iterator[urllib3.PoolManager]:
    with urllib3.PoolManager(retries=False, timeout=2) as pool:
        yield pool


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [("bytes=0-9", 0, 10), ("bytes=2000-", 2000, 2048), ("bytes=-48", 2000, 2048), ("bytes=-9999", 0, 2048)],
)
def test_a_range_gives_that_part(
    web: LocalIndex, http: urllib3.PoolManager, asked: str, start: int, end: int
) -> None:
    reply = http.request("GET", web.url + "/f/a+b.whl", headers={"Range": asked})
    assert (reply.status, reply.data) == (206, BODY[start:end])
    assert reply.headers["content-range"] == f"bytes {start}-{end - 1}/2048"


def test_a_range_beyond_the_end_is_416(web: LocalIndex, http: urllib3.PoolManager) -> None:
    reply = http.request("GET", web.url + "/f/a+b.whl", headers={"Range": "bytes=2048-"})
    assert (reply.status, reply.headers["content-range"]) == (416, "bytes */2048")


def test_if_range_with_an_old_etag_gives_the_whole(web: LocalIndex, http: urllib3.PoolManager) -> None:
    etag = http.request("HEAD", web.url + "/f/a+b.whl").headers["etag"]
    web.put("/f/a+b.whl", BODY[::-1])
    reply = http.request("GET", web.url + "/f/a+b.whl", headers={"Range": "bytes=9-", "If-Range": etag})
    assert (reply.status, reply.data) == (200, BODY[::-1])


def test_head_has_the_length_and_no_body(web: LocalIndex, http: urllib3.PoolManager) -> None:
    reply = http.request("HEAD", web.url + "/f/a+b.whl")
    assert (reply.headers["content-length"], reply.data) == ("2048", b"")


def test_what_was_not_changed_is_304(web: LocalIndex, http: urllib3.PoolManager) -> None:
    url = web.page("/simple/x/", "<html></html>")
    first = http.request("GET", url)
    again = http.request("GET", url, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status, again.data) == (304, b"")


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        (f"{JSON}, {HTML};q=0.1", JSON),
        (f"{JSON};q=0.1, {HTML}", HTML),
        ("text/*", HTML),
        ("*/*", HTML),
        ("application/vnd.pypi.simple.v2+json, */*;q=0.01", HTML),
    ],
)
def test_the_client_says_which_format_it_likes(
    web: LocalIndex, http: urllib3.PoolManager, accept: str, kind: str
) -> None:
    web.page("/simple/x/", "<html></html>")
    web.json("/simple/x/", {})
    assert (
        http.request("GET", web.url + "/simple/x/", headers={"Accept": accept}).headers["content-type"]
        == kind
    )


def test_pages_are_squeezed_for_those_who_can_read_it(web: LocalIndex, http: urllib3.PoolManager) -> None:
    url = web.page("/simple/x/", "<html></html>")
    reply = http.request("GET", url, headers={"Accept-Encoding": "gzip"})
    assert (reply.headers["content-encoding"], reply.data) == ("gzip", b"<html></html>")
    assert "content-encoding" not in http.request("GET", url).headers


def test_a_connection_serves_many_requests(web: LocalIndex, http: urllib3.PoolManager) -> None:
    for _ in range(5):
        http.request("GET", web.url + "/f/a+b.whl")
    assert web.connections == 1
    assert web.paths() == ["/f/a+b.whl"] * 5
    assert web.sent["/f/a+b.whl"] == 5 * 2048


def test_a_lazy_body_is_made_once_and_only_when_asked_for(web: LocalIndex, http: urllib3.PoolManager) -> None:
    made: list[int] = []

    def body() -> bytes:
        made.append(1)
        return b"here"

    web.put("/lazy", body)
    assert not made
    assert [http.request("GET", web.url + "/lazy").data for _ in range(2)] == [b"here"] * 2
    assert len(made) == 1


@pytest.mark.parametrize(
    ("kind", "how", "error"),
    [
        ("cut", {"after": 100}, urllib3.exceptions.ProtocolError),
        ("cut", {"after": 100, "reset": True}, urllib3.exceptions.ProtocolError),
        ("lie-length", {"by": 10}, urllib3.exceptions.ProtocolError),
        ("stall", {"after": 100}, urllib3.exceptions.ReadTimeoutError),
        ("stall", {"after": -1}, urllib3.exceptions.ReadTimeoutError),
        ("slow", {"rate": 500}, urllib3.exceptions.TimeoutError),
    ],
)
def test_a_response_that_does_not_arrive_whole(
    web: LocalIndex, http: urllib3.PoolManager, kind: str, how: dict[str, Any], error: type[Exception]
) -> None:
    web.fault("/f/*", kind, **how)
    with pytest.raises(error):
        _read_within(http, web.url + "/f/a+b.whl", 0.3)


def _read_within(http: urllib3.PoolManager, url: str, seconds: float) -> bytes:
    reply = http.request("GET", url, timeout=seconds, preload_content=False)
    end, read = time.monotonic() + seconds, b""
    while piece := reply.read(64):
        read += piece
        if time.monotonic() > end:
            reply.close()
            raise urllib3.exceptions.TimeoutError
    return read


@pytest.mark.parametrize(
    ("kind", "how", "status", "body"),
    [
        ("status", {"code": 503, "headers": {"Retry-After": "7"}}, 503, b"no\n"),
        ("redirect", {"to": "file:///etc/passwd"}, 302, b"over there\n"),
        ("empty", {}, 200, b""),
        ("corrupt", {"at": 0}, 206, b"\xff" + BODY[1:10]),
        ("no-ranges", {}, 200, BODY),
        ("wrong-206", {"shift": 3, "honest": False}, 206, BODY[3:10] + b"\0\0\0"),
        ("lie-length", {"by": -4}, 206, BODY[:6]),
        ("chunked", {}, 206, BODY[:10]),
        ("gzip", {}, 206, BODY[:10]),
        ("wait", {"seconds": 0.01}, 206, BODY[:10]),
        ("stall", {"after": 5, "seconds": 0.05}, 206, BODY[:10]),
    ],
)
def test_an_answer_that_is_not_the_one_asked_for(
    web: LocalIndex, http: urllib3.PoolManager, kind: str, how: dict[str, Any], status: int, body: bytes
) -> None:
    web.fault("/f/*", kind, times=1, **how)
    url, ranged = web.url + "/f/a+b.whl", {"Range": "bytes=0-9"}
    reply = http.request("GET", url, headers=ranged, redirect=False)
    assert (reply.status, reply.data) == (status, body)
    assert http.request("GET", url, headers=ranged).data == BODY[:10]  # once was asked for


def test_a_captive_portal_answers_200_in_html(web: LocalIndex, http: urllib3.PoolManager) -> None:
    web.fault("*", "html")
    reply = http.request("GET", web.url + "/anything")
    assert (reply.status, reply.headers["content-type"]) == (200, "text/html; charset=utf-8")


def test_an_honest_wrong_206_says_which_part_it_is(web: LocalIndex, http: urllib3.PoolManager) -> None:
    web.fault("/f/*", "wrong-206", shift=5)
    reply = http.request("GET", web.url + "/f/a+b.whl", headers={"Range": "bytes=0-9"})
    assert reply.headers["content-range"] == "bytes 5-14/2048"


def test_a_changed_etag_makes_if_range_start_again(web: LocalIndex, http: urllib3.PoolManager) -> None:
    url = web.url + "/f/a+b.whl"
    etag = http.request("GET", url).headers["etag"]
    web.fault("/f/*", "change-etag", body=b"other bytes")
    reply = http.request("GET", url, headers={"Range": "bytes=4-", "If-Range": etag})
    assert (reply.status, reply.data) == (200, b"other bytes")
    assert reply.headers["etag"] != etag


def test_credentials_are_asked_for_before_any_other_fault_strikes(
    web: LocalIndex, http: urllib3.PoolManager
) -> None:
    web.fault("*", "auth", user="me", password="s3cret")
    cut = web.fault("*", "status", times=1, code=500)
    url = web.url + "/f/a+b.whl"
    assert http.request("GET", url).status == 401
    assert cut.seen == 0
    right = urllib3.make_headers(basic_auth="me:s3cret")
    assert [http.request("GET", url, headers=right).status for _ in range(2)] == [500, 200]


def test_closing_ends_every_stalled_response() -> None:
    with LocalIndex() as web:
        web.put("/f", BODY)
        web.fault("/f", "stall")
        with socket.create_connection((web.host, web.port)) as client:
            client.sendall(b"GET /f HTTP/1.1\r\nHost: x\r\n\r\n")
            assert client.recv(10)
            start = time.monotonic()
            threading.Timer(0.1, web.close).start()
            while client.recv(4096):
                pass
    assert time.monotonic() - start < 2


def test_it_speaks_tls_with_a_certificate_for_loopback() -> None:
    with LocalIndex("127.0.0.2", tls=True) as web, urllib3.PoolManager(ca_certs=str(CERTIFICATE)) as pool:
        web.put("/f", BODY)
        assert pool.request("GET", web.url + "/f").data == BODY
    assert web.url.startswith("https://127.0.0.2:")


def test_an_unknown_fault_is_a_mistake_of_the_test(web: LocalIndex) -> None:
    with pytest.raises(ValueError, match="no fault 'cutt'"):
        web.fault("*", "cutt")

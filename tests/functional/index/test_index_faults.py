"""Servers that fail, each in its own way."""

from __future__ import annotations

import hashlib
import threading
import time
from typing import Any

import pytest

from envplan.index.web.patience import Patience
from tests.functional.index.serving import Make, problem, serve, words
from tests.support.local_index import CERTIFICATE, JSON, LocalIndex


@pytest.mark.parametrize(
    ("kind", "how", "code"),
    [
        ("status", {"code": 404}, "EP330"),
        ("status", {"code": 410}, "EP330"),
        ("status", {"code": 403}, "EP331"),
        ("status", {"code": 401}, "EP332"),
        ("status", {"code": 500}, "EP337"),
        ("status", {"code": 503}, "EP337"),
        ("status", {"code": 418}, "EP337"),
        ("stall", {"after": -1}, "EP334"),
        ("stall", {"after": 10}, "EP334"),
        ("slow", {"rate": 40}, "EP335"),
        ("cut", {"after": 10}, "EP336"),
        ("cut", {"after": 0, "reset": True}, "EP336"),
        ("lie-length", {"by": 50}, "EP336"),
        ("lie-length", {"by": -20}, "EP336"),
        ("html", {}, "EP338"),
        ("empty", {}, "EP338"),
        ("redirect", {"to": "file:///etc/passwd"}, "EP340"),
        ("redirect", {"to": "{path}"}, "EP340"),
        ("redirect", {"to": ""}, "EP340"),
        ("redirect", {"to": "http://user:secret@127.0.0.1/"}, "EP340"),
        ("redirect", {"to": "http://[::bad/"}, "EP340"),
    ],
)
def test_what_goes_wrong_with_a_page_is_named(
    web: LocalIndex, client: Make, kind: str, how: dict[str, Any], code: str
) -> None:
    serve(web)
    web.fault("/simple/*", kind, **how)
    started = time.monotonic()
    found = problem(lambda: client().project(f"{web.url}/simple", "torch"))
    assert found.code == code
    assert "torch" in words(found)
    assert "no other index" in words(found)
    assert "secret" not in words(found)
    assert time.monotonic() - started < 5


def test_a_server_that_drips_headers_is_given_up(client: Make) -> None:
    import socket

    listening = socket.create_server(("127.0.0.1", 0))
    done = threading.Event()

    def drip() -> None:
        connection, _ = listening.accept()
        with connection:
            connection.recv(4096)
            for letter in b"HTTP/1.1 200 OK\r\nX-Long: " + b"a" * 10_000:
                if done.wait(0.1):
                    return
                try:
                    connection.send(bytes([letter]))
                except OSError:
                    return

    thread = threading.Thread(target=drip, daemon=True)
    thread.start()
    started = time.monotonic()
    found = problem(lambda: client().project(f"http://127.0.0.1:{listening.getsockname()[1]}/simple", "x"))
    done.set()
    thread.join(2)
    listening.close()
    assert found.code == "EP334"
    assert time.monotonic() - started < 3


@pytest.mark.parametrize(
    ("kind", "how"),
    [
        ("status", {"code": 503}),
        ("status", {"code": 429, "headers": {"Retry-After": "86400"}}),
        ("status", {"code": 502, "headers": {"Retry-After": "Fri, 31 Dec 9999 23:59:59 GMT"}}),
        ("status", {"code": 504, "headers": {"Retry-After": "soon"}}),
        ("cut", {"after": 20}),
        ("cut", {"after": 0, "reset": True}),
    ],
)
def test_what_passes_is_asked_again_and_no_longer_than_it_should(
    web: LocalIndex, client: Make, kind: str, how: dict[str, Any]
) -> None:
    serve(web)
    web.fault("/simple/*", kind, times=2, **how)
    started = time.monotonic()
    assert client().project(f"{web.url}/simple", "torch").files
    assert len(web.log) == 3
    assert time.monotonic() - started < 2


@pytest.mark.parametrize("code", [401, 403, 404, 410, 500])
def test_a_definite_no_is_not_asked_again(web: LocalIndex, client: Make, code: int) -> None:
    serve(web)
    web.fault("/simple/*", "status", code=code)
    problem(lambda: client().project(f"{web.url}/simple", "torch"))
    assert len(web.log) == 1


def test_nobody_listening_and_no_such_host_are_named(client: Make) -> None:
    with LocalIndex() as gone:
        url = gone.url
    assert problem(lambda: client().project(f"{url}/simple", "torch")).code == "EP333"
    missing = problem(lambda: client().project("http://no-such-host.invalid/simple", "torch"))
    assert missing.code == "EP333"
    assert "no such host" in words(missing)


def test_a_certificate_that_nobody_vouches_for_is_named(client: Make) -> None:
    with LocalIndex(tls=True) as web:
        serve(web)
        assert problem(lambda: client().project(f"{web.url}/simple", "torch")).code == "EP339"
        assert web.log == []


def test_a_company_s_own_authority_is_trusted_where_the_system_trusts_it(
    client: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    with LocalIndex(tls=True) as web, LocalIndex() as plain:
        serve(web)
        assert client().project(f"{web.url}/simple", "torch").files
        serve(plain)
        web.fault("/simple/torch/", "redirect", to=f"{plain.url}/simple/torch/")
        found = problem(lambda: client(refresh=True).project(f"{web.url}/simple", "torch"))
        assert found.code == "EP340"
        assert plain.log == []


def test_json_is_preferred_and_html_where_it_says_json_is_named(web: LocalIndex, client: Make) -> None:
    filename, body = serve(web)
    sha256 = hashlib.sha256(body).hexdigest()
    file = {"filename": filename, "url": f"../../files/{filename}", "hashes": {"sha256": sha256}}
    page = {"meta": {"api-version": "1.4"}, "name": "torch", "files": [{**file, "size": len(body)}]}
    web.json("/simple/torch/", page)
    (found,) = client().project(f"{web.url}/simple", "torch").files
    assert (found.size, found.sha256) == (len(body), sha256)
    assert found.url == f"{web.url}/files/{filename}"
    web.fault("/simple/torch/", "html")
    web.fault("/simple/torch/", "headers", content_type=JSON)
    assert problem(lambda: client(refresh=True).project(f"{web.url}/simple", "torch")).code == "EP338"


def test_a_page_that_unpacks_without_end_is_refused_early(web: LocalIndex, client: Make) -> None:
    serve(web)
    web.page("/simple/torch/", b" " * (70 * 1024 * 1024))
    found = problem(lambda: client(patience=Patience()).project(f"{web.url}/simple", "torch"))
    assert found.code == "EP343"
    assert web.sent["/simple/torch/"] < 1024 * 1024


def test_an_answer_without_a_length_is_the_same_answer(web: LocalIndex, client: Make) -> None:
    serve(web)
    web.fault("/simple/*", "chunked")
    assert client().project(f"{web.url}/simple", "torch").files[0].name == "torch-2.2.0-py3-none-any.whl"


def test_a_failure_is_the_answer_for_the_whole_run(web: LocalIndex, client: Make) -> None:
    indexes = client()
    first = problem(lambda: indexes.project(f"{web.url}/simple", "absent"))
    assert problem(lambda: indexes.project(f"{web.url}/simple", "absent")) == first
    assert len(web.log) == 1

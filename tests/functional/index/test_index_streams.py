"""Bodies that are read as they come: up to a limit, with a shared floor, and ended from elsewhere."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from envplan.index.trouble import CUT, SLOW, Trouble
from envplan.index.web.client import Web
from envplan.index.web.connections import Connections
from envplan.index.web.logins import Logins
from tests.functional.index.serving import QUICK
from tests.support.local_index import CERTIFICATE, LocalIndex

BODY = bytes(range(256)) * 400


@pytest.fixture
def asking() -> Iterator[Web]:
    web = Web(Connections({}), Logins({}, {}), replace(QUICK, first_byte=20))
    yield web
    web.close()


@pytest.mark.parametrize("limit", [0, 1, 5000, len(BODY), len(BODY) + 1])
@pytest.mark.parametrize("fault", ["wait", "chunked", "unframed", "gzip"])
def test_no_more_is_read_than_is_wanted(web: LocalIndex, asking: Web, limit: int, fault: str) -> None:
    url = web.put("/file", BODY)
    web.fault("/file", fault)
    for _ in range(3):  # what is left of one answer must not be taken for the next
        with asking.open(url, {}) as stream:
            assert b"".join(stream.upto(limit)) == BODY[:limit]
    assert asking.get(url, {}, limit=len(BODY)).body == BODY


def test_a_connection_is_used_again_when_all_was_read(web: LocalIndex, asking: Web) -> None:
    url = web.put("/file", BODY)
    for _ in range(3):
        with asking.open(url, {}) as stream:
            assert b"".join(stream.upto(len(BODY))) == BODY
    assert web.connections == 1


def test_the_floor_can_be_another_than_the_usual(web: LocalIndex, asking: Web) -> None:
    url = web.put("/file", BODY[:3000])
    web.fault("/file", "slow", rate=2000)
    with asking.open(url, {}, slowest=lambda: 500) as stream:
        assert b"".join(stream.parts) == BODY[:3000]
    with pytest.raises(Trouble) as caught, asking.open(url, {}, slowest=lambda: 9000) as stream:
        list(stream.parts)
    assert caught.value.code == SLOW


@pytest.mark.parametrize("after", [-1, 1000], ids=["before-the-headers", "in-the-body"])
@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
def test_what_another_thread_waits_for_can_be_ended(
    monkeypatch: pytest.MonkeyPatch, asking: Web, after: int, tls: bool
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    with LocalIndex(tls=tls) as web:
        url = web.put("/file", BODY)
        web.fault("/file", "stall", times=1, after=after)
        failed: list[Trouble] = []

        def read() -> None:
            try:
                with asking.open(url, {}) as stream:
                    list(stream.parts)
            except Trouble as trouble:
                failed.append(trouble)

        thread = threading.Thread(target=read)
        thread.start()
        time.sleep(0.3)
        assert thread.is_alive()
        started = time.monotonic()
        asking.hang_up()
        thread.join(5)
        assert time.monotonic() - started < 1
        assert [one.code for one in failed] == [CUT]
        assert asking.get(url, {}, limit=len(BODY)).body == BODY

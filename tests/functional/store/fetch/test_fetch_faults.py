"""Servers and lines that fail, each in its own way: what passes is survived, what does not is named."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest

from envplan.store.fetch.manner import Manner
from tests.functional.store.fetch.fetching import CALM, KIB, LARGE, QUICK, SIZES, Shop, fetchers, words

PASSING = [
    ("status", {"code": 503}),
    ("status", {"code": 429, "headers": {"Retry-After": "86400"}}),
    ("status", {"code": 502}),
    ("cut", {"after": 0}),
    ("cut", {"after": 5000}),
    ("cut", {"after": 5000, "reset": True}),
    ("stall", {"after": -1}),
    ("stall", {"after": 5000}),
    ("slow", {"rate": 900}),
    ("lie-length", {"by": -3000}),
    ("lie-length", {"by": 3000}),
    ("empty", {}),
    ("wrong-206", {}),
    ("wrong-206", {"honest": False}),
    ("wrong-206", {"total_off": 10}),
    ("wrong-206", {"total_off": -10}),
    ("change-etag", {}),
    ("gzip", {}),
    ("no-ranges", {}),
]


@SIZES
@pytest.mark.parametrize(("kind", "how"), PASSING)
def test_a_fault_that_passes_is_survived(shop: Shop, kind: str, how: dict[str, Any], size: int) -> None:
    file = shop.put(size=size)
    tries_patience = kind in ("stall", "slow")
    shop.patience = QUICK if tries_patience else CALM
    shop.web.fault("/files/*", kind, times=1 if tries_patience else 2, **how)
    assert shop.get(file) == [file.name]


ALWAYS = [
    ("no-ranges", {}),
    ("chunked", {}),
    ("unframed", {}),
    ("gzip", {}),
    ("wrong-206", {}),
    ("wrong-206", {"honest": False}),
    ("wrong-206", {"total_off": 10}),
    ("change-etag", {}),
    ("lie-length", {"by": 3000}),
    ("headers", {"etag": ""}),
    ("headers", {"etag": 'W/"weak"'}),
    ("headers", {"etag": "", "last_modified": "Mon, 02 Nov 2026 10:00:00 GMT"}),
    ("headers", {"content_type": "text/html"}),
    ("slow", {"rate": 300 * KIB}),
    ("redirect", {"to": "/elsewhere{path}"}),
]


@SIZES
@pytest.mark.parametrize(("kind", "how"), ALWAYS)
@pytest.mark.parametrize("sized", [True, False], ids=["size-locked", "size-unknown"])
def test_odd_servers_still_give_their_wheels(
    shop: Shop, kind: str, how: dict[str, Any], size: int, sized: bool
) -> None:
    file = shop.put(size=size, sized=sized)
    if kind == "redirect":
        shop.web.put(f"/elsewhere/files/{file.name}", shop.bodies[file.name])
    shop.web.fault("/files/*", kind, **how)
    assert shop.get(file) == [file.name]


@SIZES
@pytest.mark.parametrize(
    ("kind", "how", "code"),
    [
        ("status", {"code": 404}, "EP330"),
        ("status", {"code": 403}, "EP331"),
        ("status", {"code": 401}, "EP332"),
        ("stall", {"after": -1}, "EP334"),
        ("stall", {"after": 3000}, "EP334"),
        ("slow", {"rate": 400}, "EP335"),
        ("cut", {"after": 0}, "EP336"),
        ("cut", {"after": 1000, "reset": True}, "EP336"),
        ("empty", {}, "EP336"),
        ("status", {"code": 500}, "EP337"),
        ("status", {"code": 503}, "EP337"),
        ("redirect", {"to": "file:///etc/passwd"}, "EP340"),
        ("html", {}, "EP342"),
    ],
)
def test_a_fault_of_the_way_is_named_as_one(
    shop: Shop, kind: str, how: dict[str, Any], code: str, size: int
) -> None:
    file = shop.put(size=size)
    shop.web.fault("/files/*", kind, **how)
    shop.patience = replace(QUICK if kind in ("stall", "slow") else CALM, attempts=2)
    started = time.monotonic()
    found = shop.refused(file)
    assert (found.code, found.exit) == (code, 3)
    assert file.name in words(found)
    assert time.monotonic() - started < 5
    assert fetchers() == []
    shop.web.heal()
    assert shop.get(file) == [file.name]


def test_nobody_listening_is_named(shop: Shop) -> None:
    file = shop.put()
    shop.web.close()
    assert shop.refused(file).code == "EP333"


def test_a_server_that_gives_wrong_ranges_is_not_believed_again(shop: Shop) -> None:
    file = shop.put(size=LARGE)
    shop.web.fault("/files/*", "wrong-206", shift=-1)
    assert shop.get(file) == [file.name]
    assert len(shop.web.requests()) <= shop.manner.a_file + 2


def test_what_lies_about_its_length_and_gives_no_ranges_is_cut_short(shop: Shop) -> None:
    file = shop.put()
    shop.web.fault("/files/*", "no-ranges")
    shop.web.fault("/files/*", "lie-length", by=-3000)
    found = shop.refused(file)
    assert found.code == "EP336"
    assert f"{file.size:,}" in words(found)


@pytest.mark.parametrize("sized", [True, False], ids=["size-locked", "size-unknown"])
@pytest.mark.parametrize(
    "faults",
    [{"unframed": {}, "cut": {"after": 9000}}, {"lie-length": {"by": -9000}}],
    ids=["no-length", "wrong-length"],
)
def test_an_end_that_may_be_a_cut_is_not_believed(
    shop: Shop, faults: dict[str, dict[str, Any]], sized: bool
) -> None:
    file = shop.put(sized=sized)
    shop.web.fault("/files/*", "no-ranges")
    for kind, how in faults.items():
        shop.web.fault("/files/*", kind, times=1, **how)
    assert shop.get(file) == [file.name]


def test_a_line_that_is_cut_again_and_again_gets_there_if_it_gets_on(shop: Shop) -> None:
    file = shop.put(size=900 * KIB)
    shop.manner = Manner()  # in one piece
    shop.web.fault("/files/*", "cut", after=70 * KIB)
    assert shop.get(file) == [file.name]
    assert len(shop.web.requests()) == 13
    assert shop.sent(file) == file.size


def test_a_server_that_gives_less_than_it_is_asked_for_is_asked_for_the_rest_at_once(shop: Shop) -> None:
    file = shop.put(size=900 * KIB, sized=False)
    shop.manner, shop.patience = Manner(), replace(CALM, pause=5, longest_pause=5)
    shop.web.fault("/files/*", "short-206")
    started = time.monotonic()
    assert shop.get(file) == [file.name]
    assert time.monotonic() - started < 5
    assert len(shop.web.requests()) == 14


def test_one_that_gets_nowhere_is_given_up(shop: Shop) -> None:
    file = shop.put(size=LARGE)
    shop.web.fault("/files/*", "no-ranges")
    shop.web.fault("/files/*", "cut", after=100 * KIB)
    assert shop.refused(file).code == "EP336"
    assert len(shop.web.requests()) <= 2 * shop.patience.attempts


def test_a_message_names_neither_mirror_nor_secret(shop: Shop) -> None:
    file = shop.put()
    mirrored = replace(file, url=f"https://files.example/{file.name}?token=secret")
    shop.web.fault("/files/*", "status", code=404)
    found = shop.refused(mirrored, place=lambda one: f"{shop.web.url}/files/{one.name}")
    assert "127.0.0.1" not in words(found).replace(file.index, "")
    assert "secret" not in words(found)
    assert "a mirror in your settings" in words(found)
    assert "files.example" in words(found)

"""Who is to blame: what goes wrong on the way is never called another file, nor another file a bad line."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from envplan.index.model import File
from tests.functional.store.fetch.fetching import CALM, LARGE, SIZES, SMALL, Shop, leave_half, words
from tests.support.wheels import noise, wheel

RESUMED = pytest.mark.parametrize("resumed", [False, True], ids=["fresh", "resumed"])
SIZED = pytest.mark.parametrize("sized", [True, False], ids=["size-locked", "size-unknown"])
WORDS = {"content-type": "text/plain"}

ON_THE_WAY: list[tuple[str, list[tuple[str, dict[str, Any]]]]] = [
    ("EP336", [("no-ranges", {}), ("lie-length", {"by": -3000})]),
    ("EP336", [("no-ranges", {}), ("cut", {"after": 9000})]),
    ("EP336", [("no-ranges", {}), ("chunked", {}), ("cut", {"after": 9000})]),
    ("EP336", [("no-ranges", {}), ("unframed", {}), ("cut", {"after": 9000})]),
    ("EP336", [("no-ranges", {}), ("cut", {"after": 9000}), ("gzip", {})]),
    ("EP336", [("no-ranges", {}), ("cut", {"after": 9000}), ("change-etag", {})]),
    ("EP336", [("empty", {})]),
    ("EP337", [("status", {"code": 416})]),
    ("EP337", [("status", {"code": 400})]),
    ("EP342", [("html", {})]),
    ("EP342", [("html", {"body": b"\xef\xbb\xbf\r\n<html>"})]),
    ("EP342", [("status", {"code": 200, "headers": WORDS, "body": b"quota exceeded\n"})]),
    (
        "EP342",
        [("status", {"code": 200, "headers": {"content-type": "application/json"}, "body": b'{"e": 1}'})],
    ),
    ("EP342", [("redirect", {"to": "/login"})]),
]


def spoilt(shop: Shop, faults: list[tuple[str, dict[str, Any]]]) -> None:
    shop.web.put("/login", b"<!doctype html><title>Log in</title>", headers={"content-type": "text/html"})
    shop.patience = replace(CALM, attempts=3)
    for kind, how in faults:
        shop.web.fault("/files/*", kind, **how)


@RESUMED
@SIZED
@SIZES
@pytest.mark.parametrize(
    ("code", "faults"), ON_THE_WAY, ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_lasting_fault_of_the_way_is_not_called_another_file(
    shop: Shop, code: str, faults: list[tuple[str, dict[str, Any]]], size: int, sized: bool, resumed: bool
) -> None:
    file = shop.put(size=size, sized=sized)
    if resumed and sized:
        leave_half(shop, file)
    spoilt(shop, faults)
    found = shop.refused(file)
    assert found.code == code, words(found)
    shop.web.heal()
    assert shop.get(file) == [file.name]


def test_words_in_place_of_a_file_are_quoted(shop: Shop) -> None:
    file = shop.put()
    shop.web.fault("/files/*", "status", code=200, headers=WORDS, body=b"quota exceeded,\ntry tomorrow")
    assert "words (quota exceeded, try tomorrow)" in shop.refused(file).found[0].text


def test_a_refusal_that_would_come_again_is_not_called_a_matter_of_the_moment(shop: Shop) -> None:
    file = shop.put()
    shop.web.fault("/files/*", "status", code=416)
    found = shop.refused(file)
    assert "refuses what it was asked for" in found.title
    assert len(shop.web.requests()) == 1, "asked again with a range, or at all, it would say the same"


def other(size: int) -> bytes:
    return wheel("torch", "2.2.0", size=size)[1]


ANOTHER: dict[str, Callable[[int], bytes]] = {
    "smaller": lambda size: other(size // 2),
    "larger": lambda size: other(2 * size),
    "as large": lambda size: bytes(len(other(size))),
    "smaller, and no wheel": lambda size: bytes(size // 2),
    "larger, and no wheel": lambda size: bytes(2 * size),
}
DELIVERIES: list[list[tuple[str, dict[str, Any]]]] = [
    [],
    [("no-ranges", {})],
    [("no-ranges", {}), ("chunked", {})],
    [("no-ranges", {}), ("gzip", {})],
    [("no-conditions", {})],
    [("headers", {"etag": ""})],
]


@RESUMED
@SIZES
@pytest.mark.parametrize("delivery", DELIVERIES, ids=lambda faults: "-".join(kind for kind, _ in faults))
@pytest.mark.parametrize("kind", ANOTHER)
def test_another_file_is_called_that_however_it_comes(
    shop: Shop, kind: str, delivery: list[tuple[str, dict[str, Any]]], size: int, resumed: bool
) -> None:
    file = shop.put(size=size)
    if resumed:
        leave_half(shop, file)
    shop.web.put(f"/files/{file.name}", ANOTHER[kind](size))
    spoilt(shop, delivery)
    found = shop.refused(file)
    assert found.code == "EP341", words(found)
    assert not list((shop.store / "parts").iterdir()), "nothing of it may stay"


def test_a_version_that_took_the_place_of_the_one_that_was_begun_is_said_to_have(shop: Shop) -> None:
    file = shop.put(size=SMALL)
    leave_half(shop, file)
    later = other(SMALL)[:9000]  # not even a wheel: without its ETag it would pass for one that was cut off
    shop.web.put(f"/files/{file.name}", later)
    found = shop.refused(file)
    assert found.code == "EP341"
    assert "9,000 bytes, which are all of it" in words(found)
    assert "it was replaced after its download had begun" in words(found)


def test_a_file_that_is_larger_than_the_locked_one_is_said_to_be(shop: Shop) -> None:
    file = shop.put(size=SMALL)
    shop.web.put(f"/files/{file.name}", other(LARGE))
    assert f"{len(other(LARGE)):,} bytes, as the server says" in words(shop.refused(file))


def archive(shop: Shop, body: bytes) -> File:
    name = "tool-2.2.0.tar.gz"
    url = shop.web.put(f"/files/{name}", body)
    shop.bodies[name] = body
    return shop.locked(name, body, url)


def test_a_source_archive_that_is_cut_off_is_told_from_another_one(shop: Shop) -> None:
    whole = gzip.compress(noise("tool", 30_000), mtime=0)
    file = archive(shop, whole)
    spoilt(shop, [("no-ranges", {}), ("lie-length", {"by": -3000})])
    assert shop.refused(file).code == "EP336"
    shop.web.heal()
    shop.web.put(f"/files/{file.name}", gzip.compress(noise("other", 20_000), mtime=0))
    assert shop.refused(file).code == "EP341"
    shop.web.put(f"/files/{file.name}", whole)
    assert shop.get(file) == [file.name]

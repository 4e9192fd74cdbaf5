"""Other bytes than the lock holds: called that, never used, and never confused with a bad line."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.functional.store.fetch.fetching import KIB, LARGE, MIB, SIZES, SMALL, Shop, leave_half, words
from tests.support.wheels import wheel


@SIZES
@pytest.mark.parametrize("sized", [True, False], ids=["size-locked", "size-unknown"])
@pytest.mark.parametrize("change", ["one-byte", "larger", "smaller", "no-zip"])
def test_another_file_is_called_that(shop: Shop, size: int, sized: bool, change: str) -> None:
    file = shop.put(size=size, sized=sized)
    right = shop.bodies[file.name]
    other = {
        "one-byte": right[:5000] + bytes([right[5000] ^ 1]) + right[5001:],
        "larger": wheel("torch", "2.2.0", size=2 * size)[1],
        "smaller": wheel("torch", "2.2.0", size=size // 2)[1],
        "no-zip": bytes(len(right)),
    }[change]
    shop.web.put(f"/files/{file.name}", other)
    found = shop.refused(file)
    assert (found.code, found.exit) == ("EP341", 3)
    assert "not the file that the lock holds" in found.title
    assert str(file.sha256) in words(found)
    assert "envplan lock --upgrade-package torch" in found.cures
    assert not list((shop.store / "parts").iterdir()), "nothing of it may stay"
    assert shop.sent(file) < 4 * size + 64 * KIB, "a second look at most"


def test_no_more_is_read_than_the_lock_says(shop: Shop) -> None:
    file = shop.put(size=SMALL)
    endless = shop.bodies[file.name] + bytes(64 * MIB)
    shop.web.put(f"/files/{file.name}", endless)
    assert shop.get(file) == [file.name], "the bytes that are wanted are right, whatever follows them"
    assert shop.sent(file) < 16 * MIB, "what is more lies in the system's buffers at most"


def test_no_more_is_read_than_there_can_be_where_the_size_is_not_known(shop: Shop) -> None:
    file = shop.put(size=LARGE, sized=False)
    shop.web.fault("/files/*", "wrong-206", shift=0, total_off=1 << 45)
    found = shop.refused(file)
    assert found.code == "EP343"
    assert shop.sent(file) < 2 * LARGE


def test_all_of_it_is_asked_for_once_more_before_pieces_are_called_tampered_with(shop: Shop) -> None:
    """A server that changes its file between two pieces, and has no signs to tell: a splice."""
    file = shop.put(size=LARGE, headers={"etag": ""})
    shop.web.fault("/files/*", "corrupt", times=3, at=7)
    assert shop.get(file) == [file.name]
    assert "range" not in shop.web.requests()[-1].headers


def test_a_part_of_a_file_of_another_size_is_not_taken_for_a_part_of_this_one(shop: Shop) -> None:
    """Even where the server has no signs by which to tell the one from the other."""
    file = shop.put(size=LARGE, headers={"etag": ""})
    there = leave_half(shop, file)
    assert there > 0
    other = wheel("torch", "2.2.0", size=2 * LARGE)[1]
    shop.web.put(f"/files/{file.name}", other, headers={"etag": ""})
    assert shop.refused(file).code == "EP341"
    assert len(shop.ranges()) == 1


def test_a_file_that_changes_while_it_is_fetched_is_never_spliced(shop: Shop) -> None:
    file = shop.put(size=LARGE)
    other = wheel("torch", "2.2.0", size=LARGE, files={"torch/other.py": b"#" * LARGE})[1]
    shop.web.fault("/files/*", "change-etag", times=4, body=other[: len(shop.bodies[file.name])])
    assert shop.get(file) == [file.name]


def test_the_second_of_two_bad_wheels_does_not_matter(shop: Shop) -> None:
    good, bad = shop.put("good"), shop.put("bad", size=LARGE)
    shop.web.put(f"/files/{bad.name}", bytes(LARGE))
    found = shop.refused(good, replace(bad))
    assert bad.name in found.title

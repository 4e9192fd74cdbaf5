"""What is left behind can be listed, and deleted unless somebody is at it."""

from __future__ import annotations

import time

from envplan.store.alone import alone
from envplan.store.fetch import fetch
from envplan.store.fetch.leftovers import drop, leftovers
from tests.functional.store.fetch.fetching import KIB, Shop, leave_half


def test_a_store_that_is_not_there_has_none(shop: Shop) -> None:
    assert list(leftovers(shop.store)) == []


def test_half_and_whole_files_are_listed_and_deleted(shop: Shop) -> None:
    half, whole = shop.put("half", size=100 * KIB), shop.put("whole", size=100 * KIB)
    there = leave_half(shop, half)
    list(fetch([whole], shop.store, shop.client(), lambda one: one.url))
    (shop.store / "parts" / "notes.txt").write_text("not ours")
    found = {one.sha256: one for one in leftovers(shop.store)}
    assert set(found) == {half.sha256, whole.sha256}
    assert found[str(half.sha256)].size >= there
    assert found[str(whole.sha256)].size == whole.size
    assert all(time.time() - one.changed < 60 for one in found.values())
    assert all(drop(shop.store, one) for one in found.values())
    assert [path.name for path in (shop.store / "parts").iterdir()] == ["notes.txt"]
    assert list(leftovers(shop.store)) == []


def test_what_a_process_is_at_stays(shop: Shop) -> None:
    file = shop.put()
    leave_half(shop, file)
    (left,) = leftovers(shop.store)
    with alone(shop.store, left.sha256):
        assert not drop(shop.store, left)
    assert list(leftovers(shop.store)) == [left]
    assert shop.get(file) == [file.name]

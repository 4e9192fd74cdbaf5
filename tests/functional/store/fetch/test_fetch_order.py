"""What comes when, how much at once, and what is told of it."""

from __future__ import annotations

import threading
import time
from collections import Counter
from dataclasses import replace

import pytest

from envplan.index.web.patience import Patience
from envplan.store.alone import alone
from envplan.store.fetch import fetch
from envplan.store.fetch.manner import Manner
from envplan.store.model import Progress
from tests.functional.store.fetch.fetching import (
    KIB,
    LARGE,
    MIB,
    SIZES,
    EnoughError,
    Shop,
    fetchers,
    leave_half,
)


def test_nothing_is_nothing(shop: Shop) -> None:
    assert list(fetch([], shop.store, shop.client(), lambda one: one.url)) == []
    assert not shop.store.exists()


@SIZES
def test_a_wheel_comes_whole(shop: Shop, size: int) -> None:
    file = shop.put(size=size)
    assert shop.get(file) == [file.name]
    assert shop.sent(file) == file.size


def test_a_small_wheel_is_one_request_without_ranges(shop: Shop) -> None:
    shop.get(shop.put())
    (request,) = shop.web.requests()
    assert "range" not in request.headers
    assert request.headers["accept-encoding"] == "identity"


def test_a_large_one_comes_over_several_connections_at_once(shop: Shop) -> None:
    file = shop.put(size=LARGE)
    shop.web.fault("/files/*", "slow", rate=256 * KIB)
    started = time.monotonic()
    shop.get(file)
    took = time.monotonic() - started
    assert len({one.connection for one in shop.web.requests()}) == shop.manner.a_file
    assert took < LARGE / (256 * KIB) * 0.7, "faster than one connection can be"
    assert shop.sent(file) == file.size
    assert all(one.headers.get("if-range") for one in shop.web.requests()[1:])


def test_connections_are_kept(shop: Shop) -> None:
    files = [shop.put(f"w{n}") for n in range(60)]
    assert len(shop.get(*files)) == 60
    assert shop.web.connections <= shop.manner.lanes


def test_the_largest_is_asked_for_first(shop: Shop) -> None:
    sizes = [30, 10, 90, 50, 70]
    files = [shop.put(f"w{size}", size=size * KIB) for size in sizes]
    shop.manner = Manner(lanes=1)
    names = [name.partition("-")[0] for name in shop.get(*files)]
    assert names == ["w90", "w70", "w50", "w30", "w10"]


def test_small_ones_do_not_wait_for_the_large(shop: Shop) -> None:
    large = [shop.put(f"l{n}", size=400 * KIB) for n in range(3)]
    small = [shop.put(f"s{n}") for n in range(10)]
    shop.web.fault("/files/l*", "slow", rate=200 * KIB)
    names = shop.get(*large, *small)
    assert [name[0] for name in names] == ["s"] * 10 + ["l"] * 3


def test_each_is_handed_out_when_it_is_whole(shop: Shop) -> None:
    quick, slow = shop.put("quick"), shop.put("slow", size=200 * KIB)
    shop.web.fault("/files/slow*", "stall", after=100, seconds=0.25)
    came = fetch([slow, quick], shop.store, shop.client(), lambda one: one.url, manner=Manner())
    file, path = next(came)
    assert file == quick
    assert path.read_bytes() == shop.bodies[quick.name]
    assert next(came)[0] == slow


def test_work_goes_on_while_the_caller_is_busy(shop: Shop) -> None:
    files = [shop.put(f"w{n}", size=30 * KIB) for n in range(12)]
    came = fetch(files, shop.store, shop.client(), lambda one: one.url, manner=shop.manner)
    next(came)
    until = time.monotonic() + 5
    while len(shop.web.requests()) < 12 and time.monotonic() < until:
        time.sleep(0.02)
    assert len(shop.web.requests()) == 12
    assert len(list(came)) == 11


def test_two_files_of_one_hash_are_fetched_once(shop: Shop) -> None:
    file = shop.put()
    again = replace(file, index="https://other.example/simple")
    came = [one for one, _ in fetch([file, again], shop.store, shop.client(), lambda one: one.url)]
    assert came == [file, again]
    assert len(shop.web.requests()) == 1


@pytest.mark.parametrize("fault", [{"kind": "stall", "after": 1000}, {"kind": "stall", "after": -1}])
@SIZES
def test_whoever_stops_listening_waits_for_nobody(shop: Shop, fault: dict[str, object], size: int) -> None:
    shop.patience = Patience()
    first, *others = [shop.put("first"), *(shop.put(f"w{n}", size=size) for n in range(4))]
    shop.web.fault("/files/w*", **fault)  # type: ignore[arg-type]
    came = fetch([first, *others], shop.store, shop.client(), lambda one: one.url, manner=shop.manner)
    assert next(came)[0] == first
    time.sleep(0.1)
    started = time.monotonic()
    came.close()
    assert time.monotonic() - started < 1
    assert fetchers() == []
    shop.web.heal()
    with alone(shop.store, str(others[0].sha256), wait=0):
        pass
    assert len(shop.get(first, *others)) == 5


def test_a_caller_whose_progress_fails_hears_of_it(shop: Shop) -> None:
    def tell(_: Progress) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        list(fetch([shop.put()], shop.store, shop.client(), lambda one: one.url, tell))
    assert fetchers() == []


@SIZES
def test_progress_rises_to_the_whole_and_is_told_twenty_times_a_second(shop: Shop, size: int) -> None:
    file = shop.put(size=size)
    shop.web.fault("/files/*", "slow", rate=size * 2)
    started = time.monotonic()
    shop.get(file)
    took = time.monotonic() - started
    done = [one.done for one in shop.heard]
    assert done == sorted(done)
    assert done[-1] == file.size
    assert {(one.stage, one.what, one.total) for one in shop.heard} == {("fetch", file.name, file.size)}
    assert 3 <= len(done) <= took * 20 + 2


def test_progress_begins_where_the_last_run_ended(shop: Shop) -> None:
    file = shop.put(size=100 * KIB)
    there = leave_half(shop, file)
    shop.get(file)
    assert shop.heard[0].done == there


def test_what_another_process_unpacked_meanwhile_is_not_fetched(shop: Shop) -> None:
    file, other = shop.put(), shop.put("other")
    came = list(
        fetch([file, other], shop.store, shop.client(), lambda one: one.url, unneeded=lambda one: one == file)
    )
    assert {one.name: path.exists() for one, path in came} == {file.name: False, other.name: True}
    assert Counter(shop.web.paths()) == {f"/files/{other.name}": 1}


def test_who_is_busy_with_a_wheel_is_waited_for_while_others_come(shop: Shop) -> None:
    mine, theirs = shop.put("mine"), shop.put("theirs", size=100 * KIB)
    gone = threading.Event()

    def hold() -> None:
        with alone(shop.store, str(theirs.sha256)):
            held.set()
            gone.wait(5)

    held = threading.Event()
    thread = threading.Thread(target=hold)
    thread.start()
    held.wait(5)
    came = fetch([theirs, mine], shop.store, shop.client(), lambda one: one.url)
    assert next(came)[0] == mine
    gone.set()
    assert next(came)[0] == theirs
    thread.join()


def test_a_slow_line_that_many_share_is_not_given_up(shop: Shop) -> None:
    """The floor is one for all: together they bring more than 4 kB a second, each of them less."""
    shop.patience = Patience(slowest=4000, window=0.25, first_byte=5, attempts=1)
    files = [shop.put(f"w{n}") for n in range(8)]
    shop.web.fault("/files/*", "slow", rate=1500)
    until = time.monotonic() + 1.2

    def tell(_: Progress) -> None:
        if time.monotonic() > until:
            raise EnoughError

    with pytest.raises(EnoughError):
        list(fetch(files, shop.store, shop.client(), lambda one: one.url, tell, manner=shop.manner))


@pytest.mark.parametrize("code", [429, 503])
def test_a_server_that_takes_few_requests_at_once_is_asked_again(shop: Shop, code: int) -> None:
    """Many times in a row; as long as it serves others of ours, that is no failure."""
    files = [shop.put(f"w{n}", size=60 * KIB) for n in range(6)] + [shop.put("large", size=LARGE)]
    shop.web.fault("/files/*", "slow", rate=512 * KIB)
    shop.web.fault("/files/*", "crowded", most=2, code=code)
    shop.patience = replace(shop.patience, pause=0.1, longest_pause=0.2)
    assert len(shop.get(*files)) == 7
    assert (f"/files/{files[-1].name}", code) in shop.web.statuses


def test_memory_does_not_grow_with_the_wheel(shop: Shop) -> None:
    import tracemalloc

    shop.manner = Manner(a_file=4, a_lane=MIB, piece=MIB)
    shop.patience = Patience()
    file = shop.put(size=24 * MIB)
    peak = 0
    tracemalloc.start()
    base = tracemalloc.get_traced_memory()[0]
    for _, path in fetch([file], shop.store, shop.client(), lambda one: one.url, manner=shop.manner):
        peak = tracemalloc.get_traced_memory()[1] - base
        path.unlink()
    tracemalloc.stop()
    assert peak < 30 * MIB  # the server's own copies of the pieces are in it

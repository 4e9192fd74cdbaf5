"""Processes that are killed, interrupted, or at the same wheels at the same time."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from dataclasses import replace

import pytest

from envplan.index.model import File
from envplan.store.fetch import fetch
from envplan.store.fetch.manner import Manner
from envplan.store.fetch.part import Part
from tests.functional.store.fetch.fetching import KIB, MIB, Shop, asked, child

ONE = Manner(a_file=1)
IN_PIECES = Manner(a_file=4, a_lane=MIB, piece=MIB)


def kill_at(running: subprocess.Popen[str], done: int) -> int:
    """Kill it once so many bytes are on disk; how many it said there are."""
    assert running.stdout is not None
    for line in running.stdout:
        there = int(line.rpartition(" ")[2])
        if there >= done:
            break
    os.kill(running.pid, signal.SIGKILL)
    running.wait()
    running.stdout.close()
    return there


@pytest.mark.parametrize(
    ("manner", "sized"),
    [(ONE, True), (IN_PIECES, True), (IN_PIECES, False)],
    ids=["one", "pieces", "pieces-of-an-unknown-size"],
)
def test_hardly_a_byte_is_fetched_twice_after_kills(shop: Shop, manner: Manner, sized: bool) -> None:
    """A hundredth for each kill, counted where they are sent.

    What is on its way to the dead is in it; the best of three counts: a busy machine only adds to that.
    """
    shop.manner = manner
    file = shop.put(size=24 * MIB, sized=sized)
    total = len(shop.bodies[file.name])
    wasted: list[int] = []
    while not wasted or (wasted[-1] > total / 100 * 2 and len(wasted) < 3):
        shop.web.forget()
        shop.web.fault("/files/*", "slow", rate=12 * MIB / manner.a_file)
        for part in (0.4, 0.8):
            there = kill_at(child(shop, file), int(total * part))
            state = Part(shop.store / "parts", str(file.sha256)).read()
            assert state is not None
            assert sum(one.done for one in state.pieces) >= there, "all that was told of is there"
        shop.web.heal()
        assert shop.get(file) == [file.name]
        wasted.append(shop.sent(file) - total)
    assert wasted[-1] <= total / 100 * 2


@pytest.mark.parametrize("seed", range(6))
def test_a_kill_at_any_moment_leaves_what_the_next_run_completes(shop: Shop, seed: int) -> None:
    chance = random.Random(seed)
    files = [shop.put(f"w{n}", size=chance.choice([30, 300, 3000]) * KIB) for n in range(6)]
    running = child(shop, *files)
    assert running.stdout is not None
    running.stdout.readline()
    time.sleep(chance.random() * 0.15)
    os.kill(running.pid, signal.SIGKILL)
    running.wait()
    running.stdout.close()
    left = [file for file in files if not (shop.store / "trees" / str(file.sha256)).exists()]
    assert sorted(shop.get(*left)) == sorted(file.name for file in left)


def test_small_wheels_are_resumed_too(shop: Shop) -> None:
    file = shop.put(size=100 * KIB)
    shop.manner = Manner()
    shop.web.fault("/files/*", "slow", rate=400 * KIB)
    kill_at(child(shop, file), 40 * KIB)
    state = Part(shop.store / "parts", str(file.sha256)).read()
    assert state is not None
    shop.web.heal()
    shop.web.forget()
    shop.get(file)
    assert asked(shop, file) == (file.size or 0) - state.pieces[0].done


def test_an_interrupt_ends_it_at_once_and_loses_nothing(shop: Shop) -> None:
    file = shop.put(size=4 * MIB)
    shop.manner = IN_PIECES
    shop.web.fault("/files/*", "stall", after=600 * KIB)
    running = child(shop, file)
    assert running.stdout is not None
    while shop.sent(file) < 4 * 600 * KIB and running.poll() is None:
        time.sleep(0.02)
    time.sleep(0.2)
    started = time.monotonic()
    os.kill(running.pid, signal.SIGINT)
    assert running.wait(10) == 130
    assert time.monotonic() - started < 2
    assert "Traceback" not in running.stdout.read()
    running.stdout.close()
    shop.web.heal()
    shop.web.forget()
    assert shop.get(file) == [file.name]
    assert asked(shop, file) < 2.1 * MIB


@pytest.mark.parametrize("processes", [2, 6])
def test_processes_at_the_same_wheels_share_the_work(shop: Shop, processes: int) -> None:
    files = [shop.put(f"w{n}", size=200 * KIB) for n in range(5)] + [shop.put("big", size=2 * MIB)]
    shop.manner = replace(shop.manner, lanes=4)
    shop.web.fault("/files/*", "slow", rate=2 * MIB)
    running = [child(shop, *files, unpacking=0.1) for _ in range(processes)]
    for one in running:
        output, _ = one.communicate(timeout=30)
        assert one.returncode == 0, output
    for file in files:
        assert (shop.store / "trees" / str(file.sha256)).read_bytes() == shop.bodies[file.name]
        assert shop.sent(file) == file.size, "fetched once"
    assert not list((shop.store / "parts").iterdir())


@pytest.mark.parametrize("lanes", [1, 4])
def test_processes_that_take_the_same_wheels_in_opposite_orders_do_not_wait_for_each_other(
    shop: Shop, lanes: int
) -> None:
    """Wheels of one size are taken in the order of the lock, here each one first by another process."""
    files = [shop.put(name, size=200 * KIB) for name in ("ab", "ba", "cd", "dc")]
    shop.manner = replace(shop.manner, lanes=lanes)
    shop.web.fault("/files/*", "slow", rate=MIB)
    running = [child(shop, *order, unpacking=0.1) for order in (files, files[::-1])]
    for one in running:
        output, _ = one.communicate(timeout=30)
        assert one.returncode == 0, output
    assert [shop.sent(file) for file in files] == [file.size for file in files], "fetched once"


def test_what_another_process_unpacks_at_that_moment_is_not_fetched_again(shop: Shop) -> None:
    """It shows the tree and deletes the wheel after this one asked whether there is a tree."""
    file = shop.put()
    list(fetch([file], shop.store, shop.client(), lambda one: one.url))
    shop.web.forget()
    tree = shop.store / "tree"

    def unneeded(_: File) -> bool:
        seen = tree.exists()
        tree.mkdir(exist_ok=True)
        Part(shop.store / "parts", str(file.sha256)).whole.unlink(missing_ok=True)
        return seen

    (found,) = fetch([file], shop.store, shop.client(), lambda one: one.url, unneeded=unneeded)
    assert not found[1].exists()
    assert shop.sent(file) == 0


def test_whoever_waits_for_a_process_that_is_killed_goes_on_where_it_was(shop: Shop) -> None:
    file = shop.put(size=2 * MIB)
    shop.web.fault("/files/*", "slow", rate=MIB)
    first = child(shop, file)
    assert first.stdout is not None
    first.stdout.readline()
    second = child(shop, file)
    kill_at(first, MIB)
    output, _ = second.communicate(timeout=30)
    assert second.returncode == 0, output
    assert shop.sent(file) - (file.size or 0) < 300 * KIB

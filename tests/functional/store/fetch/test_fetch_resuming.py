"""What an earlier run left on disk, whole, half or damaged."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from envplan.index.model import File
from envplan.store.fetch import fetch
from envplan.store.fetch.part import Part, State, layout
from tests.functional.store.fetch.fetching import KIB, LARGE, SIZES, SMALL, Shop, asked, leave_half, words


@SIZES
def test_only_what_is_missing_is_asked_for(shop: Shop, size: int) -> None:
    file = shop.put(size=size)
    before = leave_half(shop, file)
    assert shop.get(file) == [file.name]
    assert before + asked(shop, file) == file.size
    assert all("if-range" in one.headers for one in shop.web.requests())


def test_a_date_serves_where_there_is_no_strong_etag(shop: Shop) -> None:
    when = "Mon, 02 Nov 2026 10:00:00 GMT"
    file = shop.put(headers={"etag": 'W/"weak"', "last-modified": when})
    before = leave_half(shop, file)
    shop.get(file)
    assert [one.headers["if-range"] for one in shop.web.requests()] == [when]
    assert before + asked(shop, file) == file.size


def test_ranges_without_any_sign_are_resumed_and_judged_by_the_hash(shop: Shop) -> None:
    file = shop.put(headers={"etag": ""})
    before = leave_half(shop, file)
    shop.get(file)
    assert before + asked(shop, file) == file.size


@SIZES
def test_a_version_that_changed_is_fetched_from_its_start(shop: Shop, size: int) -> None:
    file = shop.put(size=size)
    leave_half(shop, file)
    shop.web.put(f"/files/{file.name}", shop.bodies[file.name], headers={"etag": '"uploaded again"'})
    assert shop.get(file) == [file.name]
    assert asked(shop, file) <= 2 * file.size  # type: ignore[operator]


def test_a_version_that_changed_is_noticed_although_the_server_heeds_no_conditions(shop: Shop) -> None:
    file = shop.put(size=LARGE)
    right = shop.bodies[file.name]
    shop.web.put(f"/files/{file.name}", bytes(len(right)))
    leave_half(shop, file)
    shop.web.put(f"/files/{file.name}", right)
    shop.web.fault("/files/*", "no-conditions")
    assert shop.get(file) == [file.name]
    assert len(shop.ranges()) == len(shop.web.requests()), (
        "no splice had to be undone by asking for all of it"
    )


@SIZES
def test_a_server_that_lost_its_ranges_is_asked_for_all_of_it(shop: Shop, size: int) -> None:
    file = shop.put(size=size)
    leave_half(shop, file)
    shop.web.fault("/files/*", "no-ranges")
    assert shop.get(file) == [file.name]


@SIZES
def test_a_web_page_in_between_costs_nothing_that_was_there(shop: Shop, size: int) -> None:
    file = shop.put(size=size)
    before = leave_half(shop, file)
    shop.web.fault("/files/*", "html")
    assert shop.refused(file).code == "EP342"
    shop.web.heal()
    shop.web.forget()
    assert shop.get(file) == [file.name]
    assert before + asked(shop, file) == file.size


def flip(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at % len(data)] ^= 0x55
    path.write_bytes(data)


DAMAGE: dict[str, Callable[[Path, Path], object]] = {
    "first-byte": lambda part, state: flip(part, 0),
    "a-byte": lambda part, state: flip(part, 7777),
    "cut-off": lambda part, state: part.write_bytes(part.read_bytes()[:4000]),
    "zeros": lambda part, state: part.write_bytes(bytes(part.stat().st_size)),
    "emptied": lambda part, state: part.write_bytes(b""),
    "gone": lambda part, state: part.unlink(),
    "state-gone": lambda part, state: state.unlink(),
    "state-emptied": lambda part, state: state.write_bytes(b""),
    "state-cut": lambda part, state: state.write_bytes(state.read_bytes()[:-7]),
    "state-zeros": lambda part, state: state.write_bytes(bytes(state.stat().st_size)),
    "state-head": lambda part, state: flip(state, 20),
    "state-slot": lambda part, state: flip(state, -12),
    "state-of-noise": lambda part, state: state.write_bytes(random.Random(7).randbytes(300)),
}


@SIZES
@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_on_disk_is_no_tampering(shop: Shop, damage: str, size: int) -> None:
    file = shop.put(size=size)
    leave_half(shop, file)
    parts = shop.store / "parts"
    DAMAGE[damage](parts / f"{file.sha256}.part", parts / f"{file.sha256}.state")
    assert shop.get(file) == [file.name]


def test_one_damaged_piece_costs_one_piece(shop: Shop) -> None:
    file = shop.put(size=LARGE)
    everything_but_the_last_step(shop, file)
    part = shop.store / "parts" / f"{file.sha256}.part"
    flip(part, 200 * KIB)
    shop.web.forget()
    assert shop.get(file) == [file.name]
    assert shop.ranges() == [f"bytes={192 * KIB}-{256 * KIB - 1}"]


def everything_but_the_last_step(shop: Shop, file: File) -> None:
    """All bytes on disk, as a kill just before the end leaves them."""
    (parts := shop.store / "parts").mkdir(parents=True, exist_ok=True)
    ((_, path),) = fetch([file], shop.store, shop.client(), lambda one: one.url, manner=shop.manner)
    part = Part(parts, str(file.sha256))
    body = path.read_bytes()
    path.unlink()
    piece = shop.manner.piece_of(len(body))
    pieces = layout(len(body), piece)
    part.begin(State(len(body), piece, "", pieces))
    for one in pieces:
        with part.writer(one) as out:
            out.write(body[one.start : one.end])


@SIZES
def test_a_part_that_only_needed_its_name_is_not_fetched_again(shop: Shop, size: int) -> None:
    file = shop.put(size=size)
    everything_but_the_last_step(shop, file)
    shop.web.forget()
    assert shop.get(file) == [file.name]
    assert shop.web.requests() == []


@SIZES
def test_a_wheel_that_was_whole_and_not_taken_is_not_fetched_again(shop: Shop, size: int) -> None:
    file = shop.put(size=size)
    list(fetch([file], shop.store, shop.client(), lambda one: one.url))
    (shop.store / "parts" / f"{file.sha256}.state").write_bytes(b"as a kill leaves it after the last rename")
    shop.web.forget()
    assert shop.get(file) == [file.name]
    assert shop.web.requests() == []


@pytest.mark.parametrize("damage", [lambda path: flip(path, 99), lambda path: path.write_bytes(b"")])
def test_a_whole_wheel_that_was_damaged_is_fetched_again(
    shop: Shop, damage: Callable[[Path], object]
) -> None:
    file = shop.put()
    ((_, path),) = fetch([file], shop.store, shop.client(), lambda one: one.url)
    damage(path)
    assert shop.get(file) == [file.name]
    assert shop.sent(file) == 2 * (file.size or 0)


def test_bytes_that_were_wrong_all_along_are_fetched_once_more(shop: Shop) -> None:
    """Their own CRC is right, as if memory had failed: only the sha256 can tell."""
    file = shop.put(size=LARGE)
    right = shop.bodies[file.name]
    shop.bodies[file.name] = right[:70000] + b"\x00\xff" + right[70002:]
    shop.web.put(f"/files/{file.name}", shop.bodies[file.name])
    wrong = shop.locked(file.name, shop.bodies[file.name], file.url)
    everything_but_the_last_step(shop, wrong)
    parts = shop.store / "parts"
    for path in list(parts.iterdir()):
        path.rename(parts / path.name.replace(str(wrong.sha256), str(file.sha256)))
    shop.bodies[file.name] = right
    shop.web.put(f"/files/{file.name}", right)
    shop.web.forget()
    assert shop.get(file) == [file.name]
    assert shop.sent(file) == file.size


def test_nothing_is_resumed_for_another_file_of_the_same_name(shop: Shop) -> None:
    file = shop.put()
    leave_half(shop, file)
    other = shop.put("torch", SMALL + 1)
    ((_, path),) = fetch([other], shop.store, shop.client(), lambda one: one.url)
    assert path.read_bytes() == shop.bodies[other.name]
    assert "range" not in words(shop.refused(file))

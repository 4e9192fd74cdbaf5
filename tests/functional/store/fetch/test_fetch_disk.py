"""Disks that are full, small or closed."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from envplan.problems import AGAIN
from envplan.store.fetch import fetch
from envplan.store.model import Progress
from tests.functional.store.fetch.fetching import KIB, LARGE, MIB, SIZES, Shop, child, words


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of one megabyte."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1M", "none", str(place)]
    if os.name != "posix" or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("file systems cannot be mounted here")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_too_little_room_is_said_before_the_first_byte(shop: Shop) -> None:
    files = [shop.put(), replace(shop.put("huge"), size=1 << 60)]
    found = shop.refused(*files)
    assert (found.code, found.exit) == ("EP401", 4)
    assert f"{(1 << 60) + (files[0].size or 0):,} bytes for 2 wheels" in words(found)
    assert "bytes are free" in words(found)
    assert f"ENVPLAN_STORE=/a/disk/with/room {AGAIN}" in found.cures
    assert shop.web.requests() == []


def test_a_disk_that_takes_wheels_but_not_what_they_hold_is_refused_before_the_first_byte(
    shop: Shop, disk: Path
) -> None:
    shop.store = disk
    file = shop.put(size=600 * KIB)
    found = shop.refused(file, unpacked=True)
    assert f"{2 * (file.size or 0):,} bytes for {file.name}, packed and unpacked" in words(found)
    assert shop.web.requests() == []
    assert shop.get(file) == [file.name], "where it is not to be unpacked, as for a bundle, it fits"


def test_room_is_looked_for_when_a_server_tells_the_size(shop: Shop, disk: Path) -> None:
    shop.store = disk
    file = shop.put(size=2 * MIB, sized=False)
    assert shop.refused(file).code == "EP401"
    assert len(shop.web.requests()) == 1


def test_what_lies_there_already_needs_no_room_again(shop: Shop, disk: Path) -> None:
    shop.store = disk
    file = shop.put(size=600 * KIB)
    list(fetch([file], shop.store, shop.client(), lambda one: one.url))
    assert shop.get(file) == [file.name]


@pytest.mark.parametrize("room", [0, 30 * KIB, 300 * KIB])
def test_a_disk_that_fills_up_is_said_and_loses_nothing(shop: Shop, disk: Path, room: int) -> None:
    shop.store = disk
    file = shop.put(size=LARGE)
    filled: list[Path] = []

    def tell(progress: Progress) -> None:
        shop.heard.append(progress)
        if not filled:  # somebody else needs the room, just now
            free = os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize
            filled.append(disk / "others")
            filled[0].write_bytes(bytes(free - room))

    shop.heard.clear()
    with pytest.raises(Exception, match="EP401"):
        list(fetch([file], disk, shop.client(), lambda one: one.url, tell, manner=shop.manner))
    filled[0].unlink()
    assert shop.get(file) == [file.name]
    assert shop.sent(file) <= 2 * (file.size or 0) - room // 2


@SIZES
def test_a_limit_on_files_is_said_too(shop: Shop, size: int) -> None:
    file = shop.put(size=size)
    running = child(shop, file, limit=size // 2)
    output, _ = running.communicate(timeout=20)
    assert running.returncode == 4, output
    found = json.loads(output.splitlines()[-1])
    assert found["code"] == "EP401"
    assert "envplan cache gc" in found["try"]
    assert shop.get(file) == [file.name]


def test_a_store_that_is_a_file_is_said(shop: Shop) -> None:
    shop.store.write_text("")
    found = shop.refused(shop.put())
    assert found.code == "EP401"
    assert str(shop.store) in words(found)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="to root, nothing is closed")
def test_a_store_that_is_closed_is_said(shop: Shop) -> None:
    shop.store.mkdir(mode=0o500)
    assert shop.refused(shop.put()).code == "EP401"


def test_a_disk_that_is_read_only_is_said(shop: Shop, disk: Path) -> None:
    shop.store = disk
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    assert shop.refused(shop.put()).code == "EP401"
    assert shop.web.requests() == []

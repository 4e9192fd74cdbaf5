"""What is named as the store and cannot be one: every command says so, with something to type that works."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.functional.apply.conftest import Applied

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the lock is for Linux")


def a_loop(place: Path) -> Path:
    place.symlink_to(place.name)
    return place


def a_file(place: Path) -> Path:
    place.write_text("x")
    return place


def nowhere(place: Path) -> Path:
    place.symlink_to("/proc/nowhere/at/all")
    return place


STORES: dict[str, Callable[[Path], Path]] = {
    "a link to itself": a_loop,
    "a file": a_file,
    "in a file": lambda place: a_file(place) / "store",
    "a device": lambda _: Path("/dev/null"),
    "where nothing can be made": lambda _: Path("/proc/nowhere/store"),
    "a link to there": nowhere,
    "a name too long": lambda place: place / ("x" * 300),
}


@pytest.mark.parametrize("made", STORES.values(), ids=STORES)
@pytest.mark.parametrize(
    "command", [["apply"], ["apply", "--dry-run"], ["cache", "gc"], ["bundle"], ["cache"]]
)
def test_it_is_said_to_be_of_no_use(
    bare: Applied, tmp_path: Path, made: Callable[[Path], Path], command: list[str]
) -> None:
    bare.environ["ENVPLAN_STORE"] = str(made(tmp_path / "store"))
    done = bare.envplan(*command, "--json")
    answer = json.loads(done.stdout)
    if done.returncode == 0:
        assert command in (["cache"], ["apply", "--dry-run"]), "what writes nothing may find nothing"
        return
    (problem,) = answer["problems"]
    assert (done.returncode, problem["code"]) == (4, "EP401")
    listing, elsewhere = problem["try"]
    assert elsewhere.startswith("ENVPLAN_STORE=/a/disk/with/room envplan ")
    assert subprocess.run(listing, shell=True, check=False, capture_output=True).returncode == 0
    assert not bare.pointer.exists()

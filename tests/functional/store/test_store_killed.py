"""Killed, or refused by the disk, at every call: what can be seen is whole, and the next run works."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.killing import preloaded

# Calls there are at least; fewer would mean that they are not counted.
_CALLS = {"bring in": 50, "repair": 30, "clean up": 20}


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("killer")


def at_every_call(library: Path, work: str, fault: str) -> None:
    """Where there is a folder in memory, use it: a hundred syncs of a real disk take a minute."""
    place = "/dev/shm" if os.access("/dev/shm", os.W_OK) else str(library)
    calls = int(preloaded(library, "tests.functional.store.crashing", work, fault, place))
    assert calls >= _CALLS[work]


@pytest.mark.parametrize("work", _CALLS)
def test_killed_at_any_call_nothing_half_done_is_seen_and_the_next_run_cleans_up(
    library: Path, work: str
) -> None:
    at_every_call(library, work, "killed")


@pytest.mark.parametrize(
    ("work", "fault"),
    [
        ("bring in", "no room"),
        ("bring in", "a broken disk"),
        ("repair", "read-only"),
        ("repair", "no room once"),
        ("clean up", "read-only"),
        ("clean up", "a broken disk"),
    ],
)
def test_refused_by_the_disk_at_any_call_it_is_a_problem_and_the_next_run_works(
    library: Path, work: str, fault: str
) -> None:
    at_every_call(library, work, fault)

"""Killed, or refused by the disk, at every step: the old environment or the new one, and it is whole."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.killing import preloaded

DEEDS = {"first": 40, "second": 45, "replacing": 40, "rolling_back": 5, "collecting": 20}


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("killer")


@pytest.fixture
def room() -> Iterator[Path]:
    """A folder in memory where there is one: thousands of syncs of a real disk take minutes."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as folder:
        yield Path(folder)


def calls(library: Path, folder: Path, deed: str, error: str = "", lasting: str = "") -> int:
    words = (str(folder), deed, error, lasting)
    return int(preloaded(library, "tests.functional.environment.crashing", *words))


@pytest.mark.parametrize("deed", DEEDS)
def test_killed_at_any_step_one_of_both_is_whole_and_a_second_try_succeeds(
    library: Path, room: Path, deed: str
) -> None:
    assert calls(library, room, deed) >= DEEDS[deed]


@pytest.mark.parametrize(
    ("deed", "error"),
    [
        ("first", "EROFS"),
        ("second", "ENOSPC"),
        ("replacing", "EIO"),
        ("rolling_back", "ENOSPC"),
        ("collecting", "EIO"),
    ],
)
def test_refused_by_the_disk_from_any_step_on_it_says_so_and_leaves_the_old_one(
    library: Path, room: Path, deed: str, error: str
) -> None:
    assert calls(library, room, deed, error, "lasting") >= DEEDS[deed]


@pytest.mark.parametrize(("deed", "error"), [("second", "EDQUOT"), ("replacing", "EIO")])
def test_a_single_failure_of_the_disk_is_no_more_than_that(
    library: Path, room: Path, deed: str, error: str
) -> None:
    assert calls(library, room, deed, error) >= DEEDS[deed]

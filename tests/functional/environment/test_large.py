"""Environments of many files: copies of the process link parts of them, and it is as if there were none."""

from __future__ import annotations

import json
import os
import pickle
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from envplan.environment.listing import read_listing
from envplan.store.model import Tree
from tests.functional.environment.large import FILES, made

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or len(os.sched_getaffinity(0)) < 2, reason="there are no copies elsewhere"
)
MEMORY = Path("/dev/shm")


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> list[Tree]:
    store = tmp_path_factory.mktemp("large")
    return [made("one", store), made("two", store)]


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Path]:
    """A folder on another disk."""
    if not os.access(MEMORY, os.W_OK) or MEMORY.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("there is no other disk")
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        yield Path(folder)


def started(*words: Path) -> subprocess.Popen[str]:
    """Start a process of one thread, which the tests themselves are not."""
    command: list[str | Path] = [sys.executable, "-m", "tests.functional.environment.large", *words]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def result(process: subprocess.Popen[str]) -> Any:
    out, errors = process.communicate(timeout=60)
    assert not errors
    return json.loads(out.splitlines()[-1])


def building(folder: Path, trees: list[Tree]) -> subprocess.Popen[str]:
    """Build an environment of these packages in `folder / "project"`."""
    (folder / "project").mkdir(exist_ok=True)
    (folder / "pickled").write_bytes(pickle.dumps(trees))
    return started(folder / "project", folder / "pickled")


def generations(folder: Path) -> list[Path]:
    return list((folder / "project" / ".envplan" / "train").glob("[0-9]*"))


def test_every_file_is_linked(tmp_path: Path, two: list[Tree]) -> None:
    files, linked = result(building(tmp_path, two))
    assert files >= 2 * FILES
    assert linked >= 2 * FILES


@pytest.mark.parametrize("last", [False, True])
def test_what_cannot_be_linked_is_copied(
    tmp_path: Path, two: list[Tree], elsewhere: Path, last: bool
) -> None:
    other = made("other", elsewhere, 10)
    files, linked = result(building(tmp_path, [*two, other] if last else [two[0], other, two[1]]))
    assert linked >= 2 * FILES
    assert files >= linked + 10


@pytest.mark.parametrize("last", [False, True])
def test_a_file_that_changed_ends_it_and_nothing_is_left(tmp_path: Path, two: list[Tree], last: bool) -> None:
    other = made("other", tmp_path, 10)
    path = other.files[0].root / other.files[0].paths[-1]
    path.chmod(0o644)
    path.write_text("x = 'something else'")
    assert result(building(tmp_path, [*two, other] if last else [other, *two])) == ["EP453"]
    assert not generations(tmp_path)


def test_killed_at_any_moment_the_next_one_builds_it(tmp_path: Path, two: list[Tree]) -> None:
    chance = random.Random(4)
    for _ in range(6):
        process = building(tmp_path, two)
        assert process.stdout
        assert process.stdout.readline() == "begins\n"
        time.sleep(chance.random() * 0.12)
        process.send_signal(signal.SIGKILL)
        process.communicate()
    assert result(building(tmp_path, two))[0] >= 2 * FILES


@pytest.fixture(scope="module")
def generation(tmp_path_factory: pytest.TempPathFactory, two: list[Tree]) -> Path:
    folder = tmp_path_factory.mktemp("harmed")
    result(building(folder, two))
    return generations(folder)[0]


@pytest.mark.parametrize("row", [0, FILES, -1])
def test_harm_to_any_part_is_seen(generation: Path, row: int) -> None:
    listing = read_listing(generation)
    assert listing
    file = generation / listing.paths[row]
    assert result(started(generation)) is True
    file.rename(file.with_name("away"))
    try:
        assert result(started(generation)) is False
    finally:
        file.with_name("away").rename(file)

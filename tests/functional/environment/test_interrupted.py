"""Ctrl-C at any moment: the old environment is in use, or the new one, and nothing is in the way."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from envplan.environment.generations import current, whole
from envplan.environment.listing import read_listing
from envplan.store.model import Tree
from tests.functional.environment.conftest import Project
from tests.support.trees import tree

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="timers of POSIX")


@pytest.fixture(scope="module")
def large(store: Path) -> Tree:
    files = {f"large/part{n % 40}/file{n}.py": f"x = {n}" for n in range(3000)}
    return tree("large", "1.0", store, files=files)


def after(seconds: float, work: Callable[[], object]) -> bool:
    """Interrupt the work after a while; return whether it was still at it."""
    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    try:
        try:
            signal.setitimer(signal.ITIMER_REAL, seconds)
            work()
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    except KeyboardInterrupt:  # it may also come between the work and the end of its timer
        return True
    finally:
        signal.signal(signal.SIGALRM, before)
    return False


def test_interrupted_at_any_moment_the_old_one_or_the_new_one_is_whole(
    project: Project, small: tuple[Tree, ...], large: Tree
) -> None:
    project.build(*small)
    interrupted = 0
    for tick in range(1, 25):
        interrupted += after(tick * 0.003, lambda: project.build(large))
        now = current(project.place)
        assert now
        listing = read_listing(now.folder)
        assert listing
        assert all((now.folder / path).exists() for path in listing.paths)
    assert interrupted
    project.build(large)
    names = {path.name for path in project.place.folder.iterdir()}
    assert names - {"lock", "before"} == {str(one.number) for one in whole(project.place)}

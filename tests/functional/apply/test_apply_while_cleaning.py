"""Applies while others clean up: nothing that is in use goes, and nobody waits for ever."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from envplan.store.alone import alone
from tests.functional.apply.conftest import Applied, Locked, computer
from tests.functional.lock.conftest import code_of

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the lock is for Linux")

_ROUNDS = 2


def age(store: Path) -> None:
    """Let an hour pass for all that is there, so that only its being in use protects it."""
    for manifest in store.glob("trees/*/*/manifest"):
        try:
            os.utime(manifest, (time.time() - 3600,) * 2)
        except FileNotFoundError:
            continue


def until(done: threading.Event, act: Callable[[], None]) -> int:
    count = 0
    while not done.is_set():
        act()
        count += 1
    return count


def test_applies_and_those_that_clean_the_store_leave_each_other_whole(bare: Applied) -> None:
    store = bare.computer / "store"
    projects = [bare, Applied(bare.folder.with_name("second"), bare.computer, dict(bare.environ))]
    shutil.copytree(bare.folder, projects[1].folder)
    done = threading.Event()
    codes: list[str] = []

    def clean() -> None:
        age(store)
        cleaned = bare.envplan("cache", "gc")
        codes.append(code_of(cleaned) if cleaned.returncode else "")

    def apply(project: Applied) -> None:
        for _ in range(_ROUNDS):
            answer = project.applied()
            assert answer["outcome"] == "applied"
            assert project.envplan("verify", "--deep").returncode == 0
            shutil.rmtree(project.folder / ".envplan")  # so that nothing of the store is used any more
            project.pointer.unlink()

    with ThreadPoolExecutor() as pool:
        cleaning = pool.submit(until, done, clean)
        try:
            list(pool.map(apply, projects))
        finally:
            done.set()
        assert cleaning.result() > 0
    assert set(codes) <= {"", "EP434"}
    assert not list(store.glob("building/*"))
    assert not list(store.glob("locks/*"))


def test_an_environment_that_is_applied_keeps_what_it_uses_whoever_cleans_meanwhile(
    tmp_path: Path, locked: Locked, filled: Path
) -> None:
    project = computer(tmp_path, locked, filled)
    store = project.computer / "store"
    said = []
    with project.beginning() as applying:
        while applying.poll() is None:
            age(store)
            said.append(project.envplan("cache", "gc").returncode)
        assert applying.returncode == 0, applying.communicate()
    assert set(said) <= {0, 4}
    assert project.envplan("verify", "--deep").returncode == 0
    age(store)
    assert project.envplan("cache", "gc").returncode == 0
    assert project.applied("--env", "another", "--offline")["outcome"] == "applied"


def test_who_waits_for_another_says_for_whom(project: Applied) -> None:
    with contextlib.ExitStack() as at_work:
        at_work.enter_context(alone(project.computer / "store", "gate"))
        with project.beginning() as applying:
            assert applying.stderr is not None
            said = applying.stderr.readline()
            at_work.close()
            assert applying.wait(60) == 0
    assert said.startswith(f"waiting for another envplan: busy, held by pid {os.getpid()}")

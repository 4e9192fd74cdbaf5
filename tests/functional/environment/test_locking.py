"""One at a time for each environment, and nobody is kept out by the dead."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from envplan.environment.locking import held
from envplan.environment.model import Place
from envplan.problems import EnvplanError
from envplan.store.model import Tree
from envplan.verbs.gc import collect
from envplan.verbs.rollback import roll_back
from tests.functional.environment.conftest import Project

ROOT = Path(__file__).parents[3]
HOLDER = """
import sys, time
from pathlib import Path
from envplan.environment.locking import held
from envplan.environment.model import Place
sys.argv[1:] = ["apply", *sys.argv[1:]]
with held(Place("train", Path(sys.argv[2]))):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(project: Project) -> Iterator[subprocess.Popen[str]]:
    line = [sys.executable, "-c", HOLDER, str(project.pointer)]
    with subprocess.Popen(line, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_second_one_is_told_who_holds_it(project: Project, holder: subprocess.Popen[str]) -> None:
    with pytest.raises(EnvplanError) as raised, held(project.place):
        pass
    (problem,) = raised.value.problems
    assert problem.code == "EP443"
    assert problem.found[0].text == f"busy, held by pid {holder.pid} (envplan apply)"
    assert problem.cures == (f"ps -fp {holder.pid}",)


def test_rollback_and_gc_wait_their_turn_too(
    project: Project, small: tuple[Tree, ...], holder: subprocess.Popen[str]
) -> None:
    for verb in (roll_back, collect):
        with pytest.raises(EnvplanError, match="EP443"):
            verb(project.pointer)


def test_another_environment_beside_it_is_free(project: Project, holder: subprocess.Popen[str]) -> None:
    with held(Place("other", project.pointer)):
        pass


def test_the_dead_hold_nothing(project: Project, holder: subprocess.Popen[str]) -> None:
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    with held(project.place):
        pass


def test_a_child_that_outlives_its_parent_does_not_inherit_the_lock(project: Project) -> None:
    with held(project.place):
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], close_fds=False)
    try:
        with held(project.place):
            pass
    finally:
        child.kill()
        child.wait()


def test_an_empty_note_of_the_holder_is_no_failure(project: Project, holder: subprocess.Popen[str]) -> None:
    (project.place.folder / "lock").write_text("")
    with pytest.raises(EnvplanError) as raised, held(project.place):
        pass
    assert raised.value.problems[0].found[0].text == "busy, held by another process"

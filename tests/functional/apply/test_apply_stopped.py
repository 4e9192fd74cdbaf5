"""Interrupted, killed, refused by an index, or not alone: what was in use stays, and a rerun succeeds."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.functional.apply.conftest import CUDA, TORCH, Applied, Locked
from tests.functional.lock.conftest import code_of

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="signals of POSIX, and a lock for Linux")
WHEEL = "*requests-*.whl"


@pytest.fixture
def old(project: Applied) -> str:
    """An environment is there; the next apply has to fetch everything anew."""
    project.applied()
    project.environ = {**project.environ, "ENVPLAN_STORE": str(project.computer / "empty")}
    return project.generation


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not true() and time.monotonic() < end:
        time.sleep(0.005)
    assert true()


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -9)]
)
def test_stopped_while_it_fetches_it_leaves_the_old_one_in_use(
    project: Applied, old: str, locked: Locked, number: signal.Signals, status: int
) -> None:
    locked.web.fault(WHEEL, "stall", after=10)
    process = project.beginning("--group", "dev")
    until(lambda: bool(locked.web.paths(WHEEL)))
    process.send_signal(number)
    _, complained = process.communicate(timeout=30)
    assert process.returncode == status, complained
    assert "Traceback" not in complained
    if number != signal.SIGKILL:
        assert "the old environment is intact" in complained
    assert project.generation == old
    assert project.python("import torch; print(torch.__version__)") == f"{TORCH}+cpu"
    locked.web.heal()
    project.applied("--group", "dev")
    assert project.python("import six; print(six.__name__)") == "six"


@pytest.mark.parametrize(
    ("kind", "how", "code"),
    [
        ("status", {"code": 404}, "EP330"),
        ("status", {"code": 403}, "EP331"),
        ("corrupt", {}, "EP341"),
    ],
    ids=["gone", "forbidden", "altered"],
)
def test_what_an_index_refuses_or_alters_is_named_and_changes_nothing(
    project: Applied, old: str, locked: Locked, kind: str, how: dict[str, Any], code: str
) -> None:
    locked.web.fault(WHEEL, kind, **how)
    done = project.apply("--group", "dev")
    assert code_of(done) == code, done.stderr
    assert "requests" in done.stderr
    assert project.generation == old
    assert done.returncode == 3


@pytest.mark.parametrize(
    "words",
    [
        ["apply", "--group", "dev"],
        ["bundle", "--variant", CUDA, "--output", "a b.zip"],
        ["apply", "--env", "elsewhere"],
    ],
    ids=" ".join,
)
def test_after_a_fault_of_the_network_the_command_that_was_typed_is_offered_again(
    bare: Applied, locked: Locked, words: list[str]
) -> None:
    locked.web.fault("*.whl", "status", code=500)
    done = bare.envplan(*words)
    assert shlex.join(["envplan", *words]) in done.stderr + done.stdout
    assert done.returncode == 3


def test_what_offline_refuses_is_offered_without_it(bare: Applied) -> None:
    done = bare.apply("--group", "dev", "--offline", "--json")
    (problem,) = json.loads(done.stdout)["problems"]
    assert problem["code"] == "EP481"
    assert problem["try"][0] == "envplan apply --group dev"


@pytest.mark.parametrize("words", [["apply", "--group", "dev"], ["bundle", "--variant", "cu118"]])
def test_another_store_is_offered_for_the_command_that_was_typed(
    project: Applied, tmp_path: Path, words: list[str]
) -> None:
    place = tmp_path / "a file"
    place.write_text("in the way")
    project.environ = {**project.environ, "ENVPLAN_STORE": str(place)}
    done = project.envplan(*words)
    assert f"ENVPLAN_STORE=/a/disk/with/room envplan {' '.join(words)}" in done.stderr


def test_two_at_once_on_one_environment(project: Applied, old: str, locked: Locked) -> None:
    locked.web.fault(WHEEL, "stall", after=10)
    first = project.beginning("--group", "dev")
    try:
        until(lambda: bool(locked.web.paths(WHEEL)))
        second = project.apply("--group", "dev")
        assert second.returncode == 4
        assert f"busy, held by pid {first.pid}" in second.stderr
    finally:
        first.kill()
        first.communicate()


def test_eight_at_once_on_one_cold_store_fetch_each_wheel_once(
    tmp_path: Path, locked: Locked, bare: Applied
) -> None:
    projects = []
    for number in range(8):
        one = Applied(tmp_path / f"project-{number}", bare.computer, bare.environ)
        one.folder.mkdir()
        (one.folder / "pylock.toml").write_bytes(bare.file.read_bytes())
        projects.append(one)
    processes = [one.beginning() for one in projects]
    for process in processes:
        _, complained = process.communicate(timeout=120)
        assert process.returncode == 0, complained
    fetched = locked.web.paths("*.whl", "GET")
    assert len(fetched) == len(set(fetched)), sorted(fetched)
    for one in projects:
        assert one.python("import torch; print(torch.__version__)") == f"{TORCH}+cpu"


def test_a_disk_without_room_leaves_the_old_one_in_use(project: Applied, old: str) -> None:
    import resource

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (600, 600))

    done = subprocess.run(
        [sys.executable, "-m", "envplan", "apply", "--group", "dev"],
        cwd=project.folder,
        env={**project.clean(), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=limited,
        timeout=60,
    )
    assert done.returncode == 4, done.stderr
    assert "Traceback" not in done.stderr
    assert project.generation == old
    project.applied("--group", "dev")


def test_a_store_that_cannot_be_written_is_said(project: Applied, tmp_path: Path) -> None:
    place = tmp_path / "a file"
    place.write_text("in the way")
    project.environ = {**project.environ, "ENVPLAN_STORE": str(place)}
    done = project.apply()
    assert code_of(done) == "EP401", done.stderr
    assert not os.path.lexists(project.pointer)


@pytest.mark.parametrize("command", ["apply", "apply --dry-run", "cache gc", "bundle"])
def test_a_store_that_cannot_be_looked_at_is_said(project: Applied, command: str) -> None:
    project.environ = {**project.environ, "ENVPLAN_STORE": f"/{'x' * 300}"}
    done = project.envplan(*command.split())
    assert code_of(done) == "EP401", done.stderr
    assert "file name too long" in done.stderr

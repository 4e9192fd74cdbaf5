"""A store that can only be read: on a read-only disk, as in a layer of a container, or somebody else's."""

from __future__ import annotations

import ctypes
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.functional.apply.conftest import HERE, TORCH, Applied, Locked
from tests.functional.apply.test_apply_sources import a_tool
from tests.functional.lock.conftest import code_of

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0,
    reason="only root of Linux mounts, and gives up rights",
)

_DROP = 24  # PR_CAPBSET_DROP
_RIGHTS = range(4)  # CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER


@dataclass(frozen=True)
class Reading:
    """A project whose store nobody can write, and how to run commands there."""

    project: Applied
    how: dict[str, Any]

    @property
    def store(self) -> Path:
        return self.project.computer / "store"

    def envplan(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.project.envplan(*arguments, **self.how)


def entries(folder: Path) -> dict[str, tuple[int, int]]:
    """All that is in a folder, and when it was changed."""
    return {str(path): (path.lstat().st_mtime_ns, path.lstat().st_mode) for path in folder.rglob("*")}


def without_rights() -> None:
    """Be root without what only root may: then another owner's files are another owner's."""
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    for right in _RIGHTS:
        if prctl(_DROP, right, 0, 0, 0):
            raise OSError(ctypes.get_errno(), "prctl")


@pytest.fixture(params=["mounted read-only", "somebody else's"])
def close(request: pytest.FixtureRequest, project: Applied) -> Iterator[Callable[[], Reading]]:
    """Close the store, when it has what the test wants it to have."""
    store = project.computer / "store"
    mounted = False

    def closed() -> Reading:
        nonlocal mounted
        if request.param == "somebody else's":
            for path in (store, *store.rglob("*")):
                os.chown(path, 4711, 4711, follow_symlinks=False)
            return Reading(project, {"preexec_fn": without_rights})
        words = ["mount", "--bind", str(store), str(store)]
        done = subprocess.run(words, capture_output=True, check=False)
        if done.returncode:
            pytest.skip(f"cannot mount: {done.stderr.decode().strip()}")
        mounted = True
        subprocess.run(["mount", "-o", "remount,ro,bind", str(store)], check=True)
        return Reading(project, {})

    yield closed
    if mounted:
        subprocess.run(["umount", "-l", str(store)], check=True)


def test_it_serves_a_new_environment_and_is_left_as_it_is(
    close: Callable[[], Reading], locked: Locked
) -> None:
    reading = close()
    before = entries(reading.store)
    done = reading.envplan("apply", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    document = json.loads(done.stdout)
    assert (document["outcome"], document["problems"]) == ("applied", [])
    assert reading.envplan("verify", "--deep").returncode == 0
    assert reading.project.python("import torch, requests; print(torch.__version__)") == f"{TORCH}+cpu"
    assert entries(reading.store) == before
    assert locked.web.log == [], "nothing was fetched"
    file = reading.project.site / "torch" / "__init__.py"
    assert (file.stat().st_nlink, file.stat().st_mode & 0o222) == (1, 0o200), "a copy of our own"


def test_nothing_to_do_dry_runs_groups_and_rollback_need_it_as_little(close: Callable[[], Reading]) -> None:
    reading = close()
    assert "torch" in reading.envplan("apply", "--dry-run").stdout
    for command in (["apply"], ["apply"], ["apply", "--group", "dev"], ["rollback"], ["gc"], ["cache"]):
        done = reading.envplan(*command)
        assert done.returncode == 0, (command, done.stderr)


def test_what_it_lacks_is_named_with_that_it_cannot_be_written_and_another_store_helps(
    close: Callable[[], Reading], project: Applied, locked: Locked
) -> None:
    for name in ("requests", "certifi"):
        (found,) = (project.computer / "store" / "trees").glob(f"*/*/purelib/{name}")
        shutil.rmtree(found.parents[1])
    reading = close()
    before = entries(reading.store)
    (problem,) = json.loads(reading.envplan("apply", "--json").stdout)["problems"]
    assert problem["code"] == "EP401"
    said = " ".join(one["text"] for one in problem["found"])
    assert "requests-" in said
    assert "certifi-" in said
    assert "torch" not in said
    assert locked.web.log == [], "nothing is fetched that has no place"
    assert not project.pointer.exists()
    assert entries(reading.store) == before
    listing, elsewhere = problem["try"]
    assert subprocess.run(listing, shell=True, check=False, capture_output=True).returncode == 0
    assert elsewhere == "ENVPLAN_STORE=/a/disk/with/room envplan apply"
    project.environ["ENVPLAN_STORE"] = str(project.computer / "home" / "another")
    assert reading.envplan("apply").returncode == 0


def test_offline_what_it_lacks_is_missing(close: Callable[[], Reading], project: Applied) -> None:
    (found,) = (project.computer / "store" / "trees").glob("*/*/purelib/requests")
    shutil.rmtree(found.parents[1])
    done = close().envplan("apply", "--offline")
    assert code_of(done) == "EP481"
    assert "requests-" in done.stderr


def test_a_file_in_it_that_was_changed_is_named_and_comes_into_no_environment(
    close: Callable[[], Reading], project: Applied
) -> None:
    (file,) = (project.computer / "store" / "trees").glob("*/*/*/torch/__init__.py")
    file.chmod(0o644)
    file.write_text("edited = True\n")
    file.chmod(0o444)
    reading = close()
    checked = reading.envplan("cache", "--verify")
    assert checked.returncode == 1
    assert "torch/__init__.py" in checked.stderr
    done = reading.envplan("apply")
    assert done.returncode == 4
    assert re.findall(r"\[(EP...)\]", done.stderr) == ["EP433", "EP401"]
    assert "torch/__init__.py" in done.stderr
    assert f"torch-{TORCH}" in done.stderr
    assert "lies in" not in done.stderr, "it was not set aside"
    assert not project.pointer.exists()


def test_what_has_to_be_built_is_named(close: Callable[[], Reading], project: Applied) -> None:
    a_tool(project.folder / "tool")
    (project.folder / "envplan.toml").write_text(
        f'[env]\nname = "train"\npython = "{HERE}"\n[packages]\nmytool = {{ path = "tool" }}\n'
        '[targets]\nplatforms = ["linux-x86_64"]\n'
    )
    assert project.lock().returncode == 0
    done = close().envplan("apply")
    assert code_of(done) == "EP401"
    assert "mytool, built from its source" in done.stderr

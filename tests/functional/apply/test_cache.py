"""What the store holds, who uses it, and what may go."""

from __future__ import annotations

import json
import os
import shutil
import time
from pathlib import Path

import pytest

from envplan.store.alone import alone
from tests.functional.apply.conftest import TORCH, Applied
from tests.functional.lock.conftest import code_of
from tests.support.answers import document


def listed(project: Applied) -> dict[str, list[str]]:
    held = document(project.envplan("cache", "--json"))["data"]["wheels"]
    return {one["name"]: one["environments"] for one in held}


def age(project: Applied) -> None:
    """Let an hour pass for all trees of the store."""
    before = time.time() - 3600
    for manifest in (project.computer / "store" / "trees").glob("*/*/manifest"):
        os.utime(manifest, (before, before))


def test_each_wheel_is_listed_with_who_uses_it(project: Applied) -> None:
    project.applied()
    users = listed(project)
    assert users["torch"] == [str(project.folder / ".envplan" / "train" / "1")]
    assert users["six"] == []
    text = project.envplan("cache").stdout
    assert "not used" in text
    assert f"torch {TORCH}+cpu" in text


def test_gc_deletes_what_nobody_uses_and_nothing_else(project: Applied) -> None:
    project.applied()
    age(project)
    done = project.envplan("cache", "gc")
    assert done.returncode == 0, done.stderr
    assert "six-" in done.stdout
    assert "six" not in listed(project)
    assert project.applied("--env", "another", "--offline")["outcome"] == "applied"
    assert project.python("import torch; print(torch.__version__)") == f"{TORCH}+cpu"


def test_what_was_just_used_is_kept_though_no_environment_is_left(project: Applied) -> None:
    project.applied()
    shutil.rmtree(project.folder / ".envplan")
    assert project.envplan("cache", "gc").stdout.strip() != ""
    assert "torch" in listed(project)
    age(project)
    project.envplan("cache", "gc")
    assert "torch" not in listed(project)


@pytest.mark.parametrize("deep", [False, True])
def test_an_edit_in_the_store_is_found_and_made_anew(project: Applied, deep: bool) -> None:
    project.applied()
    (edited,) = (project.computer / "store" / "trees").glob("*/*/platlib/torch/__init__.py")
    status = edited.stat()
    edited.chmod(0o644)
    edited.write_bytes(edited.read_bytes()[::-1] if deep else b"")
    os.utime(edited, ns=(status.st_atime_ns, status.st_mtime_ns))
    edited.chmod(status.st_mode)
    done = project.envplan("cache", "--verify", *(["--deep"] if deep else []))
    assert done.returncode != 0
    assert "torch" in done.stderr
    assert project.envplan("cache", "--verify", "--deep").returncode == 0


def test_a_whole_store_is_said_to_be(project: Applied) -> None:
    done = project.envplan("cache", "--verify")
    assert done.returncode == 0
    assert "all as they were unpacked" in done.stdout


@pytest.mark.parametrize("arguments", [["gc", "--verify"], ["--deep"], ["clean"]])
def test_words_that_make_no_sense_together(project: Applied, arguments: list[str]) -> None:
    assert code_of(project.envplan("cache", *arguments)) == "EP100"


@pytest.mark.parametrize("arguments", [[], ["--verify"]])
def test_a_store_that_cannot_be_looked_at_is_not_called_empty(
    project: Applied, tmp_path: Path, arguments: list[str]
) -> None:
    store = tmp_path / "odd"
    store.mkdir()
    (store / "trees").write_text("a file")
    project.environ["ENVPLAN_STORE"] = str(store)
    done = project.envplan("cache", *arguments)
    assert code_of(done) == "EP401"
    assert "cannot be read" in done.stderr


def test_downloads_that_nobody_came_back_for_are_deleted_unless_somebody_is_at_them(project: Applied) -> None:
    store = project.computer / "store"
    old, taken, young = ("ab" * 32, "cd" * 32, "ef" * 32)
    for sha256 in (old, taken, young):
        (store / "parts" / f"{sha256}.part").write_bytes(bytes(8192))
        (store / "parts" / f"{sha256}.state").write_bytes(b"x")
        if sha256 != young:
            for path in (store / "parts").glob(f"{sha256}.*"):
                os.utime(path, (time.time() - 2 * 24 * 3600,) * 2)
    with alone(store, taken):
        answer = json.loads(project.envplan("cache", "gc", "--json").stdout)
    assert answer["data"]["partial"] == 8192
    assert {path.stem for path in (store / "parts").iterdir()} == {taken, young}


def test_a_store_that_is_not_there_is_empty(project: Applied, tmp_path: Path) -> None:
    project.environ["ENVPLAN_STORE"] = str(tmp_path / "none")
    assert listed(project) == {}

"""A project's life with real commands: lock, apply, run, verify, another version, and back."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from tests.functional.apply.conftest import TORCH, Applied
from tests.functional.lock.conftest import code_of
from tests.support.shaped import OTHER_SERIES, SERIES

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the lock is for Linux")


def torch(project: Applied) -> str:
    done = project.envplan("run", "--", "python", "-c", "import torch; print(torch.__version__)")
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def with_pip(project: Applied) -> dict[str, str]:
    """What pip, from outside, finds in the environment."""
    pip = [sys.executable, "-I", "-m", "pip", "--python", str(project.pointer), "--disable-pip-version-check"]
    listed = subprocess.run([*pip, "list", "--format", "json"], capture_output=True, text=True, check=True)
    subprocess.run([*pip, "check"], capture_output=True, check=True)
    return {canonicalize_name(one["name"]): one["version"] for one in json.loads(listed.stdout)}


def test_the_life_of_a_project(project: Applied) -> None:
    project.applied()
    assert torch(project) == f"{TORCH}+cpu"
    assert with_pip(project) == project.installed
    assert project.envplan("verify").returncode == 0

    spec = project.folder / "envplan.toml"
    spec.write_text(spec.read_text().replace(f'torch = "{SERIES}"', f'torch = "{OTHER_SERIES}"'))
    assert project.lock().returncode == 0
    answer = project.applied()
    changed = {one["name"]: one["kind"] for one in answer["data"]["changes"]}
    assert changed["torch"] in ("down", "up")
    assert torch(project).startswith(f"{OTHER_SERIES}.")
    assert with_pip(project) == project.installed

    back = project.envplan("rollback")
    assert back.returncode == 0, back.stderr
    assert torch(project) == f"{TORCH}+cpu"
    assert code_of(project.envplan("verify")) == "EP615"  # the lock still says the other

    project.applied()
    assert torch(project).startswith(f"{OTHER_SERIES}.")


def test_a_gc_of_one_environment_leaves_the_other_of_the_same_lock(project: Applied) -> None:
    project.applied()
    project.applied("--env", "another")
    for group in ([], ["--group", "dev"], []):
        project.applied(*group)
    assert project.envplan("gc").returncode == 0
    done = subprocess.run(
        [project.folder / "another" / "bin" / "python", "-c", "import torch; print(torch.__version__)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == f"{TORCH}+cpu"


@pytest.mark.parametrize("how", ["moved", "copied"])
def test_a_project_at_another_place_gets_an_environment_of_that_place(project: Applied, how: str) -> None:
    """Commands have paths in them: in a copy they would start the Python of the original."""
    project.applied()
    assert project.envplan("verify").returncode == 0
    (project.pointer / "bin" / "tool").write_text("#!/bin/sh\n")
    (project.pointer / "bin" / "tool").chmod(0o755)
    assert project.envplan("run", "tool").returncode == 0
    there = project.folder
    here = there.with_name("elsewhere")
    shutil.copytree(there, here, symlinks=True) if how == "copied" else there.rename(here)
    project.folder = here
    assert code_of(project.envplan("verify")) == "EP614"
    assert code_of(project.envplan("run", "tool")) == "EP614"
    assert project.envplan("run", "python", "--version").returncode == 0
    assert project.applied("--dry-run")["outcome"] != "unchanged"
    assert project.applied()["outcome"] == "applied"
    assert project.envplan("verify").returncode == 0
    assert project.applied()["outcome"] == "unchanged"
    assert code_of(project.envplan("rollback")) == "EP450", "that one is of the other place"


def test_an_environment_elsewhere_is_held_against_its_own_lock(project: Applied) -> None:
    text = project.file.read_text(encoding="utf-8")
    project.applied("--env", "another")
    (project.folder / "pylock.lab.toml").write_text(text, encoding="utf-8")
    project.applied("--lock", "pylock.lab.toml")
    project.file.write_text(text + "# a comment\n", encoding="utf-8")
    assert code_of(project.envplan("verify", "--env", "another")) == "EP615"
    assert project.envplan("verify", "--env", ".venv-lab").returncode == 0
    assert project.envplan("verify", "--lock", "pylock.lab.toml").returncode == 0


def test_a_place_that_is_seen_at_another_path_is_the_same(project: Applied) -> None:
    project.applied()
    project.folder.with_name("seen").symlink_to(project.folder)
    project.folder = project.folder.with_name("seen")
    assert project.applied()["outcome"] == "unchanged"
    assert project.envplan("verify").returncode == 0


def test_an_environment_whose_link_was_renamed_is_built_for_its_new_name(project: Applied) -> None:
    project.applied()
    project.pointer.rename(project.folder / "lab")
    assert project.applied("--env", "lab")["outcome"] == "applied"


def test_a_training_keeps_its_files_through_an_apply(project: Applied, tmp_path: Path) -> None:
    project.applied()
    line = "import sys, pathlib; sys.stdin.readline(); import requests; print(requests.__file__)"
    running = subprocess.Popen(
        [sys.executable, "-m", "envplan", "run", "--", "python", "-c", line],
        cwd=project.folder,
        env=project.clean(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    project.applied("--group", "dev")
    said, _ = running.communicate("go on\n", timeout=30)
    assert running.returncode == 0
    assert Path(said.strip()).exists()

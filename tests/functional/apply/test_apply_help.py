"""What the help of a command shows: examples that work as typed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.functional.apply.conftest import CUDA, Applied
from tests.support.answers import document

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the lock is for Linux")

COMMANDS = ["apply", "verify", "run", "rollback", "gc", "bundle", "cache"]


def typed(project: Applied, line: str) -> subprocess.CompletedProcess[str]:
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environ = project.clean() | {"PATH": programs}
    return subprocess.run(
        ["sh", "-c", line], cwd=project.folder, env=environ, capture_output=True, text=True, check=False
    )


def examples(project: Applied, command: str) -> list[str]:
    shown = typed(project, f"envplan {command} --help").stdout
    assert "\nexit codes" in shown
    lines = [line.strip() for line in shown.partition("examples:")[2].splitlines()]
    return [re.split(r" {2,}", line)[0] for line in lines if line.startswith("envplan ")]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_example_of_the_help_works_as_typed(project: Applied, command: str) -> None:
    other = project.folder.parent / "other"
    other.mkdir()
    shutil.copy(project.file, other)
    (project.folder / "train.py").write_text("import torch, sys; print(sys.argv)", encoding="utf-8")
    applied = ["apply", "apply --group dev", "apply --lock ../other/pylock.toml"]
    for line in [*applied, f"bundle --variant {CUDA}"]:
        assert project.envplan(*line.split()).returncode == 0
    lines = examples(project, command)
    assert lines
    for line in lines:
        # The only one that asks for a package of its own; and variants end where Pythons begin.
        line = line.replace("pytest -q", "python -V").replace("cu121", CUDA)
        if "--smoke" in line:
            continue  # the stand-in of torch computes nothing
        done = typed(project, line)
        assert done.returncode == 0, (line, done.stderr)


@pytest.mark.parametrize(
    "line",
    [
        "apply", "apply --dry-run", "apply --extra zzz", "verify --files", "verify --env none", "run -- none",
        "run --env none -- true", "rollback", "rollback --env none", "gc", "gc --env none", "bundle",
        "bundle --variant none", "cache", "cache --verify", "cache --deep", "cache gc", "cache gc --verify",
    ],
)  # fmt: skip
def test_each_answers_in_one_document_whether_it_goes_well_or_not(project: Applied, line: str) -> None:
    project.applied("--group", "dev")
    first, *others = line.split()
    done = project.envplan(first, "--json", *others)
    answer = document(done)
    assert answer["command"] == first
    errors = [one for one in answer["problems"] if one["severity"] == "error"]
    assert bool(errors) == bool(done.returncode)

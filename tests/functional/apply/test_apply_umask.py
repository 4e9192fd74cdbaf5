"""Who may write what, under any umask: looked at while it works, too."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.functional.apply.conftest import HERE, Applied, Locked, computer
from tests.functional.apply.test_apply_sources import a_tool

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the lock is for Linux")

MASKS = pytest.mark.parametrize("mask", [0o000, 0o022, 0o077])
SPEC = f"""\
[env]
name = "train"
python = "{HERE}"

[packages]
requests = "*"
mytool = {{ path = "tool" }}

[targets]
platforms = ["linux-x86_64"]
"""


def modes(store: Path) -> Iterator[tuple[Path, int]]:
    """Everything that others can reach; what they may not enter is nobody's business."""
    for folder, folders, files in os.walk(store):
        for name in [*files, *folders]:
            path = Path(folder) / name
            try:
                mode = path.lstat().st_mode
            except FileNotFoundError:
                continue
            yield path, mode
            if stat.S_ISDIR(mode) and not mode & 0o077:
                folders.remove(name)


def writable(store: Path) -> set[str]:
    """What others may write in a store."""
    found = [*modes(store), (store, store.stat().st_mode)] if store.exists() else []
    return {str(path) for path, mode in found if mode & 0o022 and not stat.S_ISLNK(mode)}


def watched(project: Applied, mask: int, *arguments: str) -> set[str]:
    """Run a command under a umask; what others could write at any moment, and after it."""
    store = project.computer / "store"
    with subprocess.Popen(
        [sys.executable, "-m", "envplan", *arguments],
        cwd=project.folder,
        env=project.clean(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        umask=mask,
        text=True,
    ) as process:
        found: set[str] = set()
        while process.poll() is None:
            found |= writable(store)
        assert process.stdout
        assert process.returncode == 0, process.stdout.read()
    return found | writable(store)


@MASKS
def test_nobody_else_may_ever_write_into_the_store(bare: Applied, locked: Locked, mask: int) -> None:
    a_tool(bare.folder / "tool")
    (bare.folder / "envplan.toml").write_text(SPEC)
    locked.web.fault("*.whl", "slow", rate=200_000)
    store = bare.computer / "store"
    for command in (["lock"], ["apply"], ["cache", "gc"], ["verify", "--deep"]):
        assert watched(bare, mask, *command) == set(), command
    assert {path.name for path in store.iterdir()} >= {
        "index",
        "locks",
        "parts",
        "roots",
        "skeletons",
        "trees",
    }


@MASKS
def test_others_may_read_an_environment_as_far_as_the_umask_says(
    tmp_path: Path, locked: Locked, mask: int
) -> None:
    project = computer(tmp_path, locked)
    project.applied(umask=mask)
    inside = (project.site, project.site / "torch", project.pointer / "bin", project.pointer / "pyvenv.cfg")
    reachable = all(path.stat().st_mode & 0o044 == 0o044 for path in inside)
    assert reachable == (mask != 0o077)
    assert all(path.stat().st_mode & 0o077 == 0 for path in inside) == (mask == 0o077)
    store = project.computer / "store"
    folders = [store, *(path for path in store.rglob("*") if path.is_dir() and not path.is_symlink())]
    assert any(path.stat().st_mode & 0o055 for path in folders) == (mask != 0o077)

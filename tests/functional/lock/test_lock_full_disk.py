"""A disk that is full, in truth: the lock there was is whole, and nothing half-done lies beside it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.functional.lock.conftest import SMALL, Project, beside, code_of
from tests.support.local_index import LocalIndex

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="tmpfs is of Linux"),
    pytest.mark.skipif(sys.platform == "linux" and os.geteuid() != 0, reason="only root may mount a disk"),
]
MORE = SMALL.replace('pandas = "*"', 'pandas = "*"\nrequests = "*"')

Disk = Callable[[str, int], Path]


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """Makes small disks, and takes them away again."""
    made: list[Path] = []

    def mounted(name: str, kib: int) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", f"size={kib}k", "envplan-tests", str(folder)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"this system lets nobody mount a disk: {done.stderr.strip()}")
        made.append(folder)
        return folder

    yield mounted
    for folder in made:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def filled(folder: Path) -> None:
    """Leave no room for another byte."""
    with (folder / "ballast").open("wb", buffering=0) as file:
        try:
            while file.write(b"x" * 4096):
                pass
        except OSError:
            return


def moved(project: Project, folder: Path) -> Project:
    """The same project on another disk."""
    for file in project.folder.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    return Project(folder, project.computer, project.environ)


def test_without_room_beside_the_spec_the_old_lock_stays(project: Project, disk: Disk) -> None:
    project.locked()
    there = moved(project, disk("small", 128))
    old = there.file.read_bytes()
    there.spec(MORE)
    filled(there.folder)
    done = there.lock()
    assert (done.returncode, code_of(done)) == (4, "EP401"), done.stderr
    assert there.file.read_bytes() == old
    assert beside(there) == ["ballast", "envplan.toml", "pylock.toml"]
    (there.folder / "ballast").unlink()
    assert b"requests" in there.locked()


@pytest.mark.parametrize("kib", [0, 4, 64], ids=["none at all", "for a few pages", "for half"])
def test_a_store_that_is_full_costs_time_and_no_lock(
    project: Project, web: LocalIndex, disk: Disk, kib: int
) -> None:
    store = disk("store", 256)
    filled(store)
    if kib:
        os.truncate(store / "ballast", (store / "ballast").stat().st_size - kib * 1024)
    project.environ = {"ENVPLAN_STORE": str(store / "envplan")}
    first = project.locked()
    assert project.locked() == first
    assert project.lock("--check").returncode == 0


def test_without_room_for_temporary_files_others_are_found(project: Project, disk: Disk) -> None:
    folder = disk("temporary", 64)
    filled(folder)
    project.environ = {"TMPDIR": str(folder)}
    project.locked()


def test_a_file_that_must_be_read_and_finds_no_room_is_said(
    project: Project, web: LocalIndex, disk: Disk
) -> None:
    old = project.locked()
    store = disk("store", 512)
    (store / "index").mkdir()
    filled(store)
    project.environ = {"ENVPLAN_STORE": str(store)}
    web.fault("*.whl", "no-ranges")
    web.fault("*.metadata", "status", code=404)
    done = project.lock()
    assert (done.returncode, code_of(done)) == (3, "EP346"), done.stderr
    assert "no space left on device" in done.stderr
    assert project.file.read_bytes() == old
    assert beside(project) == ["envplan.toml", "pylock.toml"]

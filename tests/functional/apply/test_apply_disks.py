"""A store on another disk than the project: what that takes is told beforehand, and looked for."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.functional.apply.conftest import Applied, Locked, computer
from tests.functional.lock.conftest import beside, code_of
from tests.support.disks import disk

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the lock is for Linux")


def moved(project: Applied, folder: Path) -> Applied:
    """Have the store of a project elsewhere; what is in it goes along."""
    if (project.computer / "store").exists():
        shutil.copytree(project.computer / "store", folder / "store")
    project.environ = {**project.environ, "ENVPLAN_STORE": str(folder / "store")}
    return project


def test_a_dry_run_tells_of_copies_though_nothing_is_downloaded(project: Applied, elsewhere: Path) -> None:
    done = moved(project, elsewhere).apply("--dry-run")
    assert "download  nothing" in done.stdout
    assert "for .venv: copies, since the store is on another disk" in done.stdout
    assert "in the store" not in done.stdout
    assert beside(project) == ["envplan.toml", "pylock.toml"]


def test_what_a_dry_run_says_of_copies_is_what_they_take_and_hardly_more(
    project: Applied, elsewhere: Path
) -> None:
    told = moved(project, elsewhere).applied("--dry-run")["data"]["disk"]
    project.applied()
    taken = sum(
        path.lstat().st_blocks * 512 for path in (project.folder / ".envplan").rglob("*") if path.is_file()
    )
    assert told["store"] == 0
    assert taken <= told["environment"] < taken + 2_000_000


def test_with_an_empty_store_both_disks_are_told_of(bare: Applied, elsewhere: Path) -> None:
    disks = moved(bare, elsewhere).applied("--dry-run")["data"]["disk"]
    assert disks["store"] > 0
    assert disks["environment"] >= disks["store"]
    text = bare.apply("--dry-run").stdout
    assert "in the store, shared by all environments" in text
    assert "for .venv: copies" in text


def test_on_one_disk_an_environment_takes_nothing_to_speak_of(project: Applied) -> None:
    assert project.applied("--dry-run")["data"]["disk"] == {"store": 0, "environment": 0}
    assert "disk" not in project.apply("--dry-run").stdout


def test_a_disk_that_is_mounted_twice_is_two(project: Applied, tmp_path: Path) -> None:
    """As the volumes of a container are: no link leads from one mount to the other."""
    place = tmp_path / "mounted"
    place.mkdir()
    mount = ["mount", "--bind", str(project.computer / "store"), str(place)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("nothing can be mounted here")
    try:
        project.environ = {**project.environ, "ENVPLAN_STORE": str(place)}
        assert project.applied("--dry-run")["data"]["disk"]["environment"] > 0
    finally:
        subprocess.run(["umount", str(place)], check=True)


def test_a_project_without_room_for_copies_is_refused_before_the_first_byte(
    tmp_path: Path, locked: Locked
) -> None:
    with disk("ext4", tmp_path) as real:
        project = computer(real.folder, locked)
        project.environ = {**project.environ, "ENVPLAN_STORE": str(tmp_path / "store")}
        free = shutil.disk_usage(real.folder).free
        (real.folder / "of somebody else").write_bytes(bytes(free - 1_000_000))
        locked.web.forget()
        done = project.apply()
        assert code_of(done) == "EP441", done.stderr
        assert "the store is on another disk" in done.stderr
        assert locked.web.log == []
        (real.folder / "of somebody else").unlink()
        assert project.applied()["outcome"] == "applied"

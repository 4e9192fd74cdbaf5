"""On real file systems: what is linked, cloned or copied, and what a power cut leaves."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from envplan.environment.generations import current
from envplan.environment.listing import read_listing
from envplan.environment.locking import held
from envplan.environment.skeletons import Skeleton
from envplan.problems import EnvplanError
from envplan.store.model import Progress, Tree
from tests.functional.environment.conftest import Project
from tests.support.disks import disk
from tests.support.trees import tree


def whole(folder: Path, bones: Skeleton) -> set[str]:
    """Check every byte of what the pointer names; return its packages."""
    now = current(Project(folder, bones).place)
    assert now
    listing = read_listing(now.folder)
    assert listing
    for row, path in enumerate(listing.paths):
        data = (now.folder / path).read_bytes()
        assert hashlib.sha256(data).hexdigest() == listing.sha256(row), path
    return {str(one["name"]) for one in now.receipt.packages}


def trees(store: Path, count: int = 3) -> Sequence[Tree]:
    files = {f"{{name}}/file{n}.py": f"x = {n}\n" * 500 for n in range(40)}
    made = []
    for name in [f"package{n}" for n in range(count)]:
        own = {path.format(name=name): text for path, text in files.items()}
        made.append(tree(name, "1.0", store, files=own, scripts={name: f"{name}:main"}))
    return made


@pytest.mark.parametrize("kind", ["ext4", "xfs", "btrfs"])
def test_after_a_power_cut_the_moment_it_is_done_it_is_there(
    tmp_path: Path, bones: Skeleton, kind: str
) -> None:
    with disk(kind, tmp_path) as real:
        project = Project(real.folder / "project", bones)
        project.folder.mkdir()
        parts = trees(real.folder / "store")
        for several in (parts[:2], parts):
            project.build(*several)
            with real.after_power_cut() as after:
                assert whole(after / "project", bones) == {one.project for one in several}


@pytest.mark.parametrize("kind", ["ext4", "xfs", "btrfs"])
def test_after_a_power_cut_at_any_other_moment_the_old_one_is_there(
    tmp_path: Path, bones: Skeleton, kind: str
) -> None:
    with disk(kind, tmp_path) as real:
        project = Project(real.folder / "project", bones)
        project.folder.mkdir()
        old, *new = trees(real.folder / "store")
        project.build(old)
        with held(project.place):
            built = project.built(*new)
            # A file system writes when it likes: the worst that it may do, names first, is to be survived.
            os.fsync(os.open(project.place.folder, os.O_RDONLY))
            with real.after_power_cut() as after:
                assert whole(after / "project", bones) == {"package0"}
                again = Project(after / "project", bones)
                assert again.build(*new).number == built.number
        project.build(*new)
        with real.after_power_cut() as after:
            assert whole(after / "project", bones) == {one.project for one in new}


@pytest.mark.parametrize("kind", ["xfs", "btrfs"])
def test_where_files_can_be_cloned_an_edit_stays_where_it_was_made(
    tmp_path: Path, bones: Skeleton, kind: str
) -> None:
    with disk(kind, tmp_path) as real:
        project = Project(real.folder, bones)
        (part,) = trees(real.folder / "store", 1)
        project.build(part)
        edited = project.site / "package0" / "file1.py"
        edited.write_text("edited")
        assert (part.files[0].root / "package0" / "file1.py").read_text() != "edited"
        assert edited.stat().st_nlink == 1
        project.build(part)
        assert whole(real.folder, bones) == {"package0"}


def test_across_disks_files_are_copied_and_that_is_said(
    elsewhere: Path, bones: Skeleton, small: tuple[Tree, ...]
) -> None:
    told: list[Progress] = []
    project = Project(elsewhere, bones)
    with held(project.place):
        built = project.built(*small, tell=told.append)
    assert {one.what for one in told if one.stage == "link"} == {"copies"}
    file = built.folder / bones.layout.purelib / "tool" / "__init__.py"
    assert (file.stat().st_nlink, file.stat().st_mode & 0o777) == (1, 0o644)
    project.build(*small)
    assert whole(elsewhere, bones) == {"tool", "numpy"}


def test_without_room_for_copies_it_says_so_before_the_first(
    tmp_path: Path, bones: Skeleton, store: Path
) -> None:
    big = tree("big", "1.0", store, size=70_000_000)
    with disk("ext4", tmp_path) as real:
        project = Project(real.folder, bones)
        begin = time.monotonic()
        with pytest.raises(EnvplanError) as raised:
            project.build(big)
        assert time.monotonic() - begin < 2
        assert raised.value.problems[0].found[0].text.endswith("bytes free")
        assert [path.name for path in project.place.folder.iterdir()] == ["lock"]


def test_a_small_disk_has_room_for_small_packages(
    tmp_path: Path, bones: Skeleton, small: tuple[Tree, ...]
) -> None:
    with disk("ext4", tmp_path) as real:
        free = shutil.disk_usage(real.folder).free
        (real.folder / "of somebody else").write_bytes(bytes(free - 6_000_000))
        project = Project(real.folder, bones)
        project.build(*small)
        assert whole(real.folder, bones) == {"tool", "numpy"}
        project.build(tree("there", "1.0", real.folder / "store"))
        assert whole(real.folder, bones) == {"there"}


def test_where_links_are_used_the_store_cannot_be_written_through_them(
    project: Project, small: tuple[Tree, ...]
) -> None:
    project.build(*small)
    file = project.site / "tool" / "__init__.py"
    assert (file.stat().st_nlink >= 2, file.stat().st_mode & 0o222) == (True, 0)


def test_a_file_that_goes_from_the_store_meanwhile_is_named(project: Project, tmp_path: Path) -> None:
    (part,) = trees(tmp_path / "store", 1)
    file = part.files[0].root / "package0" / "file7.py"
    file.unlink()
    with pytest.raises(EnvplanError) as raised:
        project.build(part)
    (problem,) = raised.value.problems
    assert (problem.code, problem.found[0].origin) == ("EP453", str(file))


def test_a_file_with_as_many_links_as_there_can_be_is_copied(tmp_path: Path, bones: Skeleton) -> None:
    with disk("ext4", tmp_path) as real:
        (part,) = trees(real.folder / "store", 1)
        file = part.files[0].root / "package0" / "file3.py"
        (real.folder / "links").mkdir()
        with contextlib.suppress(OSError):
            for number in range(70_000):
                os.link(file, real.folder / "links" / str(number))
        project = Project(real.folder, bones)
        project.build(part)
        assert whole(real.folder, bones) == {"package0"}
        assert (project.site / "package0" / "file3.py").stat().st_nlink == 1
        assert (project.site / "package0" / "file4.py").stat().st_nlink > 1

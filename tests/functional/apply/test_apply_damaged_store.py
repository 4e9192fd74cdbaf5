"""A store that was damaged: found when it is used or looked at, named, repaired, and in no environment."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.functional.apply.conftest import TORCH, Applied, Locked, computer

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the lock is for Linux")


@dataclass(frozen=True)
class Torch:
    """The wheel that is damaged, and the store it is in."""

    store: Path

    @property
    def tree(self) -> Path:
        return self.package.parents[1]

    @property
    def package(self) -> Path:
        (found,) = self.store.glob("trees/*/*/*/torch")
        return found

    @property
    def file(self) -> Path:
        return self.package / "__init__.py"

    @property
    def manifest(self) -> Path:
        return self.tree / "manifest"

    @property
    def another(self) -> Path:
        return min(tree for tree in self.store.glob("trees/*/*") if tree != self.tree)


def written(path: Path, data: bytes, *, dated: bool = True) -> None:
    """Write into a file that is read-only, as root and editors do; undated, its date stays what it was."""
    before = path.stat()
    path.chmod(0o644)
    path.write_bytes(data)
    path.chmod(before.st_mode)
    if not dated:
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def replaced(torch: Torch) -> None:
    """Put another file of the same size and date in its place: the environment keeps the old one."""
    beside = torch.file.with_name("beside")
    shutil.copy2(torch.file, beside)
    written(beside, beside.read_bytes()[::-1], dated=False)
    beside.replace(torch.file)


def linked_elsewhere(path: Path, to: Path) -> None:
    path.rename(to)
    path.symlink_to(to)


def became_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def became_a_file(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.write_text("x")


def swapped(one: Path, other: Path, beside: Path) -> None:
    one.rename(beside)
    other.rename(one)
    beside.rename(other)


def one_bit(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def download(torch: Torch, *ends: str) -> None:
    """Lose the tree, and leave nonsense where a download of its wheel would be gone on with."""
    for end in ends:
        (torch.store / "parts" / f"{torch.tree.name}.{end}").write_bytes(b"envplan-part-1 {}" * 999)
    torch.file.unlink()


@dataclass(frozen=True)
class Damage:
    """What is done to the store, and who sees it."""

    do: Callable[[Torch], object]
    hits: bool = False  # the environment that was there, which shares the file
    shown: bool = True  # by size, date or name; else only by reading
    used: bool = True  # what a new environment is made from is hit


DAMAGES = {
    "edited": Damage(lambda torch: written(torch.file, b"edited = True"), hits=True),
    "edited behind size and date": Damage(
        lambda torch: written(torch.file, torch.file.read_bytes()[::-1], dated=False), hits=True, shown=False
    ),
    "replaced behind size and date": Damage(replaced, shown=False),
    "truncated": Damage(lambda torch: written(torch.file, b"__ver"), hits=True),
    "emptied": Damage(lambda torch: written(torch.file, b""), hits=True),
    "emptied behind its date": Damage(lambda torch: written(torch.file, b"", dated=False), hits=True),
    "deleted": Damage(lambda torch: torch.file.unlink()),
    "a link": Damage(lambda torch: linked_elsewhere(torch.file, torch.store / "moved.py")),
    "a folder": Damage(lambda torch: became_a_folder(torch.file)),
    "its folder deleted": Damage(lambda torch: shutil.rmtree(torch.package)),
    "its folder a link": Damage(
        lambda torch: linked_elsewhere(torch.package, torch.store / "moved"), used=False
    ),
    "a file more": Damage(lambda torch: (torch.package / "more.py").write_text("x"), used=False),
    "a startup file more": Damage(lambda torch: (torch.package.parent / "a.pth").write_text("x"), used=False),
    "a scheme deleted": Damage(lambda torch: shutil.rmtree(torch.package.parent)),
    "a scheme more": Damage(lambda torch: (torch.tree / "data").mkdir()),
    "manifest: a bit": Damage(lambda torch: one_bit(torch.manifest)),
    "manifest: truncated": Damage(lambda torch: os.truncate(torch.manifest, 99)),
    "manifest: emptied": Damage(lambda torch: os.truncate(torch.manifest, 0)),
    "manifest: deleted": Damage(lambda torch: torch.manifest.unlink()),
    "manifest: of another wheel": Damage(
        lambda torch: shutil.copyfile(torch.another / "manifest", torch.manifest)
    ),
    "manifest: a folder": Damage(lambda torch: became_a_folder(torch.manifest)),
    "a tree under another name": Damage(
        lambda torch: torch.tree.rename(torch.tree.with_name("ab" * 32)), used=False
    ),
    "two trees in each other's place": Damage(
        lambda torch: swapped(torch.tree, torch.another, torch.store / "beside")
    ),
    "a file instead of a tree": Damage(lambda torch: became_a_file(torch.tree)),
    "a download that was whole": Damage(lambda torch: download(torch, "whole")),
    "a download that was half done": Damage(lambda torch: download(torch, "part", "state")),
}
ALL = pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory, locked: Locked) -> tuple[Applied, Path]:
    """A project with an environment that shares all its files with the store, and a copy of both."""
    top = tmp_path_factory.mktemp("standing")
    project = computer(top / "here", locked)
    project.applied()
    subprocess.run(["cp", "-a", top / "here", top / "saved"], check=True)  # with hard links as they are
    return project, top


@pytest.fixture
def project(standing: tuple[Applied, Path]) -> Applied:
    """The same place, as it was."""
    project, top = standing
    subprocess.run(["rm", "-rf", top / "here"], check=True)
    subprocess.run(["cp", "-a", top / "saved", top / "here"], check=True)
    return project


def said(done: subprocess.CompletedProcess[str]) -> set[str]:
    """The codes of what a command found in the store or the environment."""
    return set(re.findall(r"\[(EP433|EP6..)\]", done.stderr))


def whole(project: Applied, *options: str) -> bool:
    """Whether every byte of an environment is right."""
    return project.envplan("verify", "--files", "--deep", *options).returncode == 0


@ALL
def test_a_new_environment_is_whole_or_its_damage_is_found_by_reading(
    project: Applied, damage: Damage
) -> None:
    damage.do(Torch(project.computer / "store"))
    done = project.apply("--env", "another")
    assert done.returncode == 0, done.stderr
    assert said(done) == ({"EP433"} if damage.shown and damage.used else set())
    assert whole(project, "--env", "another") == damage.shown
    assert project.apply("--env", "another").returncode == 0
    assert whole(project, "--env", "another"), "what reading found is repaired"


@ALL
def test_looking_through_the_store_finds_it_once_and_the_next_environment_is_whole(
    project: Applied, damage: Damage
) -> None:
    damage.do(Torch(project.computer / "store"))
    assert project.envplan("cache", "--verify").returncode == int(damage.shown)
    done = project.envplan("cache", "--verify", "--deep")
    assert said(done) == (set() if damage.shown else {"EP433"})
    assert project.envplan("cache", "--verify", "--deep").returncode == 0
    assert project.apply("--env", "another").returncode == 0
    assert whole(project, "--env", "another")
    assert project.apply().returncode == 0
    assert whole(project)


@ALL
def test_the_environment_that_was_there_is_never_called_right_while_it_is_broken(
    project: Applied, damage: Damage
) -> None:
    damage.do(Torch(project.computer / "store"))
    found = project.envplan("verify", "--files", "--deep")
    assert said(found) == ({"EP610"} if damage.hits else set())
    document = json.loads(project.apply("--json").stdout)
    assert document["outcome"] == ("applied" if damage.hits else "unchanged")
    assert whole(project)
    assert project.python("import torch; print(torch.__version__)") == f"{TORCH}+cpu"


@pytest.mark.parametrize("mode", [0o666, 0o000, 0o777])
def test_permissions_that_changed_are_put_right_by_the_next_use(project: Applied, mode: int) -> None:
    torch = Torch(project.computer / "store")
    torch.file.chmod(mode)
    done = project.apply("--env", "another")
    assert (done.returncode, said(done)) == (0, set())
    assert torch.file.stat().st_mode & 0o777 == 0o444


def test_the_empty_environment_that_is_kept_counts_as_missing_when_it_was_edited(project: Applied) -> None:
    for document in (project.computer / "store").glob("skeletons/*"):
        document.write_bytes(document.read_bytes().replace(b"VIRTUAL_ENV", b"VIRTUAL_ENW"))
    assert project.apply("--env", "another").returncode == 0
    assert "VIRTUAL_ENW" not in (project.folder / "another" / "bin" / "activate").read_text()

"""What is done to an environment while it is killed at every step; test_killed.py runs it with the killer."""

from __future__ import annotations

import errno
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from envplan.environment.build import put_to_use
from envplan.environment.generations import current, previous, take, whole
from envplan.environment.listing import read_listing
from envplan.environment.locking import held
from envplan.environment.skeletons import skeleton
from envplan.verbs.gc import collect
from tests.functional.environment.conftest import HERE, Project
from tests.support.killing import at_every_call
from tests.support.trees import tree


class Scene:
    """A project, and what it must look like before, in between and at the end."""

    def __init__(self, folder: Path) -> None:
        self.store = folder / "store"
        self.project = Project(folder / "project", skeleton(HERE, self.store))
        files = {"old/__init__.py": "x = 1", "shared/__init__.py": ""}
        self.old = tree("old", "1.0", self.store, files=files, scripts={"old": "old:main"})
        self.new = tree("new", "2.0", self.store, files={**files, "new/__init__.py": "y = 2"})

    def prepare(self, *, generations: int = 1, folder: bool = False) -> None:
        """Start with an empty project, so many generations, or a folder of somebody else's."""
        root = self.project.folder
        shutil.rmtree(root, ignore_errors=True)
        root.mkdir()
        for _ in range(generations):
            self.project.build(self.old)
        if folder:
            self.project.pointer.mkdir()
            (self.project.pointer / "pyvenv.cfg").write_text("theirs")

    def apply(self, *, replace: bool = False) -> None:
        with held(self.project.place):
            built = self.project.built(self.new, replace=replace)
            put_to_use(built, self.project.receipt(built, [self.new]), replace=replace)

    def roll_back(self) -> None:
        with held(self.project.place):
            before = previous(self.project.place)
            assert before
            now = current(self.project.place)
            if now and now.number == 2:  # a second time would go forward again
                take(self.project.place, before.number)

    def collect(self) -> None:
        collect(self.project.pointer)

    def names_a_whole_one(self) -> None:
        """The pointer names a generation in which nothing is missing, or there is none yet."""
        place = self.project.place
        if not place.pointer.is_symlink():
            assert not place.pointer.exists()
            return
        self.whole_one()

    def whole_one(self) -> None:
        now = current(self.project.place)
        assert now, f"the pointer names {self.project.pointer.readlink()}"
        listing = read_listing(now.folder)
        assert listing
        for path, size in zip(listing.paths, listing.sizes, strict=True):
            assert (now.folder / path).stat().st_size == size, path
        assert {str(path.relative_to(now.folder)) for path in now.folder.rglob("*.py")} <= set(listing.paths)
        assert (now.folder / "bin" / "python").exists()

    def applied(self, *others: str) -> None:
        """The new environment is there and nothing is left over."""
        self.whole_one()
        now = current(self.project.place)
        assert now
        assert now.receipt.packages[0]["name"] == "new"
        beside = {path.name for path in self.project.folder.iterdir()}
        assert beside == {".venv", ".envplan", *others}, beside
        left = {path.name for path in self.project.place.folder.iterdir() if not path.name.isdigit()}
        assert left <= {"lock", "before"}, left
        numbers = [path for path in self.project.place.folder.iterdir() if path.name.isdigit()]
        assert len(numbers) == len(whole(self.project.place))

    def theirs_is_whole(self) -> None:
        """The folder that was there before is in one of two places, with what was in it."""
        places = [self.project.pointer, self.project.folder / ".venv.old"]
        found = [one for one in places if one.is_dir() and not one.is_symlink()]
        assert len(found) == 1, found
        assert (found[0] / "pyvenv.cfg").read_text() == "theirs"
        if self.project.pointer.is_symlink():
            self.whole_one()

    def theirs_is_aside(self) -> None:
        self.theirs_is_whole()
        self.applied(".venv.old")

    def rolled_back(self) -> None:
        self.whole_one()
        now = current(self.project.place)
        assert now
        assert now.number == 1

    def collected(self) -> None:
        self.whole_one()
        assert [one.number for one in whole(self.project.place)] == [2, 3]


def first(scene: Scene, error: int, lasting: bool) -> int:
    return at_every_call(
        scene.apply,
        prepare=lambda: scene.prepare(generations=0),
        holds=scene.names_a_whole_one,
        finished=scene.applied,
        error=error,
        lasting=lasting,
    )


def second(scene: Scene, error: int, lasting: bool) -> int:
    return at_every_call(
        scene.apply,
        prepare=scene.prepare,
        holds=scene.whole_one,
        finished=scene.applied,
        error=error,
        lasting=lasting,
    )


def replacing(scene: Scene, error: int, lasting: bool) -> int:
    return at_every_call(
        lambda: scene.apply(replace=True),
        prepare=lambda: scene.prepare(generations=0, folder=True),
        holds=scene.theirs_is_whole,
        finished=scene.theirs_is_aside,
        error=error,
        lasting=lasting,
    )


def rolling_back(scene: Scene, error: int, lasting: bool) -> int:
    return at_every_call(
        scene.roll_back,
        prepare=lambda: scene.prepare(generations=2),
        holds=scene.whole_one,
        finished=scene.rolled_back,
        error=error,
        lasting=lasting,
    )


def collecting(scene: Scene, error: int, lasting: bool) -> int:
    return at_every_call(
        scene.collect,
        prepare=lambda: scene.prepare(generations=3),
        holds=scene.whole_one,
        finished=scene.collected,
        error=error,
        lasting=lasting,
    )


DEEDS: dict[str, Callable[[Scene, int, bool], int]] = {
    one.__name__: one for one in (first, second, replacing, rolling_back, collecting)
}

if __name__ == "__main__":
    folder, deed, error, lasting = sys.argv[1:]
    calls = DEEDS[deed](Scene(Path(folder)), getattr(errno, error, 0), lasting == "lasting")
    print(calls)

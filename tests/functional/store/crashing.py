"""Work in the store that is killed, or fails, at each call: a program for tests/support/killing.py."""

from __future__ import annotations

import errno
import os
import shutil
import sys
import tempfile
from pathlib import Path

import envplan.store.fetch.leftovers  # before the forks, or every child would import it
import envplan.store.making  # noqa: F401
from envplan.index.model import File
from envplan.store.checking import first_change, first_difference
from envplan.store.manifest import read_manifest
from envplan.store.roots import roots
from envplan.store.trees import Store
from envplan.store.upkeep import gc
from tests.functional.store.conftest import Shelf
from tests.support.hostile import FILE, Archive, changed, wheel_entries
from tests.support.killing import Act, at_every_call
from tests.support.wheels import noise

FAULTS = {
    "killed": (0, False),
    "no room": (errno.ENOSPC, True),
    "no room once": (errno.ENOSPC, False),
    "a broken disk": (errno.EIO, False),
    "read-only": (errno.EROFS, True),
}


class Scene:
    """A store, and what is done in it."""

    def __init__(self, folder: Path, *, strict: bool) -> None:
        self.folder = folder
        self.strict = (
            strict  # after an error that was got over, something may wait for the next run to clean it
        )
        self.files: list[tuple[File, Path]] = []
        self.environment = folder / "environment"
        big = {"big/noise.bin": noise("big", 1_200_000), "big/__init__.py": b""}
        small = {"demo/__init__.py": b"answer = 42\n", "demo-1.0.data/scripts/run": b"#!python\n"}
        self.bodies = [
            Archive(wheel_entries(big)).bytes(),
            Archive(changed(wheel_entries(small), "demo/__init__.py", mode=FILE | 0o755)).bytes(),
        ]

    @property
    def store(self) -> Path:
        return self.folder / "store"

    def empty(self) -> None:
        """Begin with wheels that were just fetched, and nothing else."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.environment.mkdir(parents=True)
        shelf = Shelf(self.folder)
        self.files = [shelf.wheel(body) for body in self.bodies]

    def filled(self) -> None:
        """Begin with both trees, the first one used by an environment."""
        self.empty()
        self.bring_in()
        Shelf(self.folder).wheel(self.bodies[1])

    def spoilt(self) -> None:
        """Begin with a tree that changed."""
        self.filled()
        (self._tree(1) / "purelib/demo/__init__.py").unlink()

    def littered(self) -> None:
        """Begin with what cleaning takes away: unused, set aside, half fetched, and locked by the dead."""
        self.filled()
        shutil.copytree(self._tree(1), self.store / "aside" / ("ab" * 32))
        (self.store / "parts").mkdir()
        for name in (f"parts/{'cd' * 32}.part", f"parts/{'cd' * 32}.state", f"locks/{'cd' * 32}"):
            (self.store / name).write_bytes(bytes(5000))
            os.utime(self.store / name, (0, 0))
        left = self.store / "building" / ("ef" * 8) / "half"
        left.mkdir(parents=True)
        (left / "done.py").write_text("x")

    def bring_in(self) -> None:
        """What apply does in the store."""
        with Store(self.store) as store:
            trees = [store.have(file.sha256 or "") or store.add(file, wheel) for file, wheel in self.files]
            store.commit()
            store.register(self.environment, [trees[0].sha256])

    def clean_up(self) -> None:
        """What `cache gc` does."""
        with Store(self.store) as store:
            gc(store, grace=-1)

    def whole(self) -> None:
        """Whatever can be seen is whole, and no wheel is lost that would have to be fetched again."""
        for number, (file, wheel) in enumerate(self.files):
            assert file.sha256 is not None
            if self._tree(number).exists() and not self._spoilt(number):
                kept = read_manifest(self._tree(number), file.sha256)
                assert first_change(kept) is None
                assert first_difference(kept, lambda _: None) is None
            else:
                assert wheel.exists(), f"{wheel} has to be fetched again"

    def brought_in(self) -> None:
        """Both trees are there, and nothing else."""
        assert all(self._tree(number).exists() and not self._spoilt(number) for number in range(2))
        self.whole()
        with Store(self.store) as store:
            assert [root.trees for root in roots(store.home)] == [frozenset([self.files[0][0].sha256])]
        self._tidy()

    def used_is_whole(self) -> None:
        """What an environment uses is there."""
        assert self._tree(0).exists()
        kept = read_manifest(self._tree(0), self.files[0][0].sha256 or "")
        assert first_change(kept) is None
        assert first_difference(kept, lambda _: None) is None

    def cleaned_up(self) -> None:
        """What nobody uses is gone."""
        self.used_is_whole()
        if self.strict:
            assert not self._tree(1).exists()
            assert not list(self.store.glob("aside/*"))
        self._tidy()

    def _tidy(self) -> None:
        if self.strict:
            left = [
                *self.store.glob("building/*"),
                *self.store.glob("locks/*"),
                *self.store.glob("parts/*"),
                *self.store.glob("roots/*.new"),
            ]
            assert not left, f"{left} are left"

    def _tree(self, number: int) -> Path:
        sha256 = self.files[number][0].sha256 or ""
        return self.store / "trees" / sha256[:2] / sha256

    def _spoilt(self, number: int) -> bool:
        return number == 1 and not (self._tree(1) / "purelib/demo/__init__.py").exists()


def main() -> None:
    """Do one work with one fault at every call; print how many calls there were."""
    work, fault, place = sys.argv[1:]
    error, lasting = FAULTS[fault]
    with tempfile.TemporaryDirectory(dir=place) as folder:
        scene = Scene(Path(folder) / "scene", strict=not error)
        acts: dict[str, tuple[Act, Act, Act, Act]] = {
            "bring in": (scene.bring_in, scene.empty, scene.whole, scene.brought_in),
            "repair": (scene.bring_in, scene.spoilt, scene.whole, scene.brought_in),
            "clean up": (scene.clean_up, scene.littered, scene.used_is_whole, scene.cleaned_up),
        }
        doing, prepare, holds, finished = acts[work]
        print(
            at_every_call(
                doing, prepare=prepare, holds=holds, finished=finished, error=error, lasting=lasting
            )
        )


if __name__ == "__main__":
    main()

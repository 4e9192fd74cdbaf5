"""Projects with real environments in them, built from wheels that are really unpacked."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from envplan.environment.build import Built, build, put_to_use
from envplan.environment.generations import Generation, current
from envplan.environment.locking import held
from envplan.environment.model import Part, Place, Receipt
from envplan.environment.skeletons import Skeleton, skeleton
from envplan.store.model import Tell, Tree, untold
from envplan.values.versions import Python
from tests.support.trees import tree

HERE = Python(*sys.version_info[:2])
UV = Path(sys.executable).with_name("uv")


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("store")


@pytest.fixture(scope="session")
def bones(store: Path) -> Skeleton:
    return skeleton(HERE, store)


class Project:
    """A folder with an environment, as `apply` would build it."""

    def __init__(self, folder: Path, bones: Skeleton, pointer: str = ".venv") -> None:
        self.folder = folder
        self.place = Place("train", folder / pointer)
        self._bones = bones

    @property
    def pointer(self) -> Path:
        return self.place.pointer

    @property
    def site(self) -> Path:
        return self.pointer / self._bones.layout.purelib

    def build(self, *parts: Tree | Part, replace: bool = False) -> Generation:
        with held(self.place):
            built = self.built(*parts, replace=replace)
            put_to_use(built, self.receipt(built, parts), replace=replace)
        generation = current(self.place)
        assert generation
        return generation

    def built(self, *parts: Tree | Part, replace: bool = False, tell: Tell = untold) -> Built:
        whole = [one if isinstance(one, Part) else Part(one) for one in parts]
        return build(self.place, self._bones, whole, tell, replace=replace)

    def receipt(self, built: Built, parts: Sequence[Tree | Part]) -> Receipt:
        trees = [one.tree if isinstance(one, Part) else one for one in parts]
        return Receipt(
            id=str(built.number),
            lock="0" * 64,
            spec="",
            machine="a machine",
            target={"variant": "cpu", "platform": "linux-x86_64", "python": str(HERE)},
            why="the only one",
            groups=(),
            extras=(),
            interpreter=self._bones.interpreter,
            packages=tuple(_package(one) for one in trees),
            startup=built.startup,
            verified={},
            created=f"2026-11-0{min(built.number, 9)}T10:00:00Z",
        )

    def python(self, code: str, *words: str) -> str:
        return ran(str(self.pointer / self._bones.layout.python), "-c", code, *words, cwd=self.folder)


def _package(tree: Tree) -> dict[str, object]:
    return {
        "name": tree.project,
        "version": tree.version,
        "wheel": tree.wheel,
        "sha256": tree.sha256,
        "index": "https://index.example/simple",
        "size": tree.size,
    }


@pytest.fixture
def project(tmp_path: Path, bones: Skeleton) -> Project:
    folder = tmp_path / "project"
    folder.mkdir()
    return Project(folder, bones)


@pytest.fixture(scope="session")
def small(store: Path) -> tuple[Tree, ...]:
    """Two packages, one of which has a command."""
    code = "import sys\n\ndef main():\n    print(sys.prefix, *sys.argv[1:])\n    return 3\n"
    return (
        tree("tool", "1.0", store, files={"tool/__init__.py": code}, scripts={"tool": "tool:main"}),
        tree("numpy", "1.26.4", store, tags="py3-none-any"),
    )


def ran(*words: str | Path, cwd: Path | None = None, status: int = 0, **environ: str) -> str:
    """Run a program, and return what it says."""
    done = subprocess.run(
        [str(word) for word in words],
        cwd=cwd,
        env={**clean(), **environ},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == status, done.stderr
    return done.stdout


def clean() -> dict[str, str]:
    unwanted = ("PIP_", "UV_", "PYTHON", "VIRTUAL_ENV")
    return {key: value for key, value in os.environ.items() if not key.startswith(unwanted)}

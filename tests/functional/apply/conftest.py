"""`envplan apply` as a user runs it: a lock of the local index, a computer of its own, real environments."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.functional.lock.conftest import Project, new_project
from tests.support.answers import document
from tests.support.local_index import LocalIndex
from tests.support.shaped import SERIES, Shaped, pytorch_and_default

ROOT = Path(__file__).parents[3]
HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
UV = Path(sys.executable).with_name("uv")
TORCH, CUDA = {"2.2": ("2.2.2", "cu121"), "2.7": ("2.7.1", "cu118")}[SERIES]
SPEC = f"""\
[env]
name = "train"
python = "{HERE}"

[packages]
torch = "{SERIES}"
requests = "*"

[groups.dev]
six = "*"

[targets]
platforms = ["linux-x86_64"]
"""
# Nothing of the machine that runs the tests, whose GPUs would be found.
MACHINE = "ci-linux"


class Applied(Project):
    """A project that is applied."""

    @property
    def pointer(self) -> Path:
        return self.folder / ".venv"

    @property
    def site(self) -> Path:
        return self.pointer / "lib" / f"python{HERE}" / "site-packages"

    @property
    def generation(self) -> str:
        return str(self.pointer.readlink())

    @property
    def receipt(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.pointer / "envplan.json").read_text(encoding="utf-8"))
        return found

    @property
    def installed(self) -> dict[str, str]:
        return {one["name"]: one["version"] for one in self.receipt["packages"]}

    def envplan(self, *arguments: str, **how: Any) -> subprocess.CompletedProcess[str]:
        """Run a command to its end; whatever happened, no traceback was shown."""
        done = subprocess.run(
            [sys.executable, "-m", "envplan", *arguments],
            cwd=how.pop("cwd", self.folder),
            env=self.clean(),
            capture_output=True,
            encoding="utf-8",
            check=False,
            timeout=90,
            **how,
        )
        assert "Traceback" not in done.stderr + done.stdout, done.stderr
        assert done.returncode != 70, done.stderr
        return done

    def apply(self, *arguments: str, **how: Any) -> subprocess.CompletedProcess[str]:
        return self.envplan("apply", *arguments, **how)

    def applied(self, *arguments: str, **how: Any) -> dict[str, Any]:
        """Apply, which has to go well; what it answers to programs."""
        done = self.apply(*arguments, "--json", **how)
        assert done.returncode == 0, done.stdout + done.stderr
        return document(done)

    def python(self, line: str) -> str:
        """Run a line in the environment."""
        done = subprocess.run(
            [self.pointer / "bin" / "python", "-c", line],
            cwd=self.folder,
            env=self.clean(),
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()

    def beginning(self, *arguments: str) -> subprocess.Popen[str]:
        """Start to apply."""
        return subprocess.Popen(
            [sys.executable, "-m", "envplan", "apply", *arguments],
            cwd=self.folder,
            env=self.clean(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )


@dataclass(frozen=True)
class Locked:
    """A project that was locked, and the index behind it."""

    project: Project
    shaped: Shaped

    @property
    def web(self) -> LocalIndex:
        return self.shaped.web


def locked_project(folder: Path, shaped: Shaped, spec: str = SPEC) -> Project:
    project = new_project(folder, shaped.mirrors).spec(spec)
    done = project.lock()
    assert done.returncode == 0, done.stderr
    return project


@pytest.fixture(scope="session")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Locked]:
    """One lock for all tests; none of them changes it."""
    with LocalIndex() as web:
        shaped = pytorch_and_default(web, real_hosts=True)
        yield Locked(locked_project(tmp_path_factory.mktemp("locked"), shaped), shaped)


@pytest.fixture(scope="session")
def filled(locked: Locked, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that has everything, for tests that copy it."""
    project = computer(tmp_path_factory.mktemp("filled"), locked)
    project.applied("--group", "dev")
    shutil.rmtree(project.folder)
    return project.computer / "store"


def computer(folder: Path, locked: Locked, store: Path | None = None) -> Applied:
    """A copy of the project on a computer that has never seen it."""
    made = Applied(folder / "project", folder / "computer", {"ENVPLAN_PROFILE": MACHINE})
    shutil.copytree(locked.project.folder, made.folder)
    (made.computer / "home").mkdir(parents=True)
    shutil.copy(locked.project.computer / "config.toml", made.computer)
    if store is not None:
        shutil.copytree(store, made.computer / "store")
    return made


@pytest.fixture
def bare(tmp_path: Path, locked: Locked) -> Iterator[Applied]:
    """A project with an empty store."""
    locked.web.forget()
    yield computer(tmp_path, locked)
    locked.web.heal()


@pytest.fixture
def project(tmp_path: Path, locked: Locked, filled: Path) -> Iterator[Applied]:
    """A project whose store has all wheels."""
    locked.web.forget()
    yield computer(tmp_path, locked, filled)
    locked.web.heal()

"""`envplan lock` as a user runs it: a program of its own, mirrors in the user's settings, a local index."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from envplan.index.addresses import default_index, origin
from tests.support.local_index import LocalIndex
from tests.support.shaped import Shaped, pytorch_and_default

SMALL = """\
[env]
python = "3.11"

[packages]
torch = "2.2"
pandas = "*"

[targets]
platforms = ["linux-x86_64"]
"""
BIG = """\
[env]
python = "3.11"

[packages]
torch = "2.2"
torchvision = "*"
torchaudio = "*"
transformers = "*"
pandas = "*"

[targets]
platforms = ["linux-x86_64", "windows-x86_64", "macos-arm64"]
"""
OF_OTHERS = ("PIP_", "UV_", "PYTHON", "ENVPLAN_", "LC_", "LANG", "TZ")


@dataclass
class Project:
    """A folder with a spec, and the computer it lies on: settings, store, home."""

    folder: Path
    computer: Path
    environ: dict[str, str] = field(default_factory=dict)

    @property
    def file(self) -> Path:
        return self.folder / "pylock.toml"

    @property
    def document(self) -> dict[str, Any]:
        return tomllib.loads(self.file.read_text(encoding="utf-8"))

    @property
    def versions(self) -> dict[str, list[str]]:
        """The versions of each name."""
        found: dict[str, list[str]] = {}
        for entry in self.document["packages"]:
            found.setdefault(entry["name"], []).append(entry["version"])
        return found

    def spec(self, text: str) -> Project:
        (self.folder / "envplan.toml").write_text(text, encoding="utf-8")
        return self

    def mirrors(self, mirrors: Mapping[str, str]) -> Project:
        lines = "".join(f'"{prefix}" = "{address}"\n' for prefix, address in mirrors.items())
        (self.computer / "config.toml").write_text(f"[mirrors]\n{lines}", encoding="utf-8")
        return self

    def network(self, **settings: int) -> Project:
        """Say how much patience this computer has, beside its mirrors."""
        lines = "".join(f"{key} = {value}\n" for key, value in settings.items())
        with (self.computer / "config.toml").open("a", encoding="utf-8") as file:
            file.write(f"\n[network]\n{lines}")
        return self

    def clean(self) -> dict[str, str]:
        """The environment of a computer where nothing is set but what this test sets."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith(OF_OTHERS)}
        own = {
            "HOME": str(self.computer / "home"),
            "ENVPLAN_CONFIG": str(self.computer / "config.toml"),
            "ENVPLAN_STORE": str(self.computer / "store"),
        }
        return kept | own | self.environ

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "envplan", "lock", *arguments]

    def lock(self, *arguments: str, cwd: Path | None = None, **how: Any) -> subprocess.CompletedProcess[str]:
        """Run it to its end; whatever happened, no traceback was shown."""
        done = subprocess.run(
            self.command(*arguments),
            cwd=cwd or self.folder,
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

    def locked(self, *arguments: str, **how: Any) -> bytes:
        """Run it, which has to go well; the bytes of the lock."""
        done = self.lock(*arguments, **how)
        assert done.returncode == 0, done.stderr
        return self.file.read_bytes()

    def killed(self, when: Callable[[], bool], how: signal.Signals) -> tuple[int, str]:
        """Start it and send it a signal as soon as `when` is true; its status and stderr."""
        process = subprocess.Popen(
            self.command(), cwd=self.folder, env=self.clean(), stderr=subprocess.PIPE, encoding="utf-8"
        )
        end = time.monotonic() + 30
        while not when() and process.poll() is None and time.monotonic() < end:
            time.sleep(0.002)
        process.send_signal(how)
        _, said = process.communicate(timeout=30)
        return process.returncode, said


NewProject = Callable[..., Project]


@pytest.fixture
def web() -> Iterator[LocalIndex]:
    with LocalIndex() as served:
        yield served


@pytest.fixture
def shaped(web: LocalIndex) -> Shaped:
    return pytorch_and_default(web, real_hosts=True)


@pytest.fixture
def project(tmp_path: Path, shaped: Shaped) -> Project:
    """A small spec on an untouched computer."""
    return new_project(tmp_path, shaped.mirrors).spec(SMALL)


@dataclass(frozen=True)
class Made:
    """A project that was locked, what the program said, and the index it was locked from."""

    project: Project
    done: subprocess.CompletedProcess[str]
    shaped: Shaped


@pytest.fixture(scope="session")
def big(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    """The big spec, locked once for all tests that only look at it."""
    with LocalIndex() as web:
        served = pytorch_and_default(web, real_hosts=True)
        project = new_project(tmp_path_factory.mktemp("big"), served.mirrors).spec(BIG)
        done = project.lock()
        assert done.returncode == 0, done.stderr
        yield Made(project, done, served)


def new_project(folder: Path, mirrors: Mapping[str, str]) -> Project:
    project = Project(folder / "project", folder / "computer")
    project.folder.mkdir()
    (project.computer / "home").mkdir(parents=True)
    return project.mirrors(mirrors)


def beside(project: Project) -> Sequence[str]:
    """What lies in the project's folder."""
    return sorted(path.name for path in project.folder.iterdir())


def code_of(done: subprocess.CompletedProcess[str]) -> str:
    """The code of the first error that was shown."""
    found = re.search(r"^error\[(EP\d+)\]", done.stderr, re.MULTILINE)
    return found[1] if found else ""


def reachable(text: str, shaped: Shaped) -> str:
    """Put the local index where canonical addresses stand: what a network that mirrors them all would do."""
    for prefix, address in shaped.mirrors.items():
        text = text.replace(f"{prefix}/", f"{address}/")
    return text.replace(f"{origin(default_index())}/", f"{shaped.web.url}/")

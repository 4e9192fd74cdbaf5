"""The built wheel, installed somewhere else: what users get, not the tree we work in."""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT, check=True, capture_output=True,
    )  # fmt: skip
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A venv with the wheel, and our dependencies lent to it by a path file: no network is needed."""
    folder = tmp_path_factory.mktemp("venv")
    venv.create(folder, with_pip=False)
    bin_folder = folder / ("Scripts" if sys.platform == "win32" else "bin")
    python = bin_folder / "python"
    site = Path(
        subprocess.run(
            [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
            check=True, capture_output=True, text=True,
        ).stdout.strip()
    )  # fmt: skip
    subprocess.run(
        [
            sys.executable,
            "-m",
            "pip",
            "--python",
            str(python),
            "install",
            "--no-deps",
            "--no-index",
            "-q",
            str(wheel),
        ],
        check=True,
    )
    (site / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return bin_folder


def run(installed: Path, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(installed / "envplan"), *arguments], cwd=cwd, capture_output=True, text=True, check=False
    )


def test_the_wheel_carries_profiles_schemas_catalog_and_types(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert "envplan/profiles/workstation-rtx3090.toml" in names
    assert "envplan/schemas/output.schema.json" in names
    assert "envplan/catalog/data/torch.toml" in names
    assert any(name.startswith("envplan/catalog/data/listings/") for name in names)
    assert "envplan/problems/codes.toml" in names
    assert "envplan/catalog/data/symptoms.toml" in names
    assert "envplan/environment/proof/inside/torch.py" in names
    assert "envplan/demo/packages.toml" in names
    assert "envplan/py.typed" in names
    assert not [name for name in names if name.startswith("tests/")]


def test_the_installed_command_is_the_wheels_own(installed: Path, tmp_path: Path) -> None:
    where = subprocess.run(
        [installed / "python", "-c", "import envplan; print(envplan.__file__)"],
        cwd=tmp_path, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert str(installed.parent) in where


def test_it_goes_from_words_to_a_plan_for_a_shipped_profile(installed: Path, tmp_path: Path) -> None:
    assert run(installed, "init", "torch 2.2 on gpu", "--python", "3.11", cwd=tmp_path).returncode == 0
    done = run(installed, "plan", "--for", "workstation-rtx3090", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    machine = json.loads(done.stdout)["data"]["machines"][0]
    assert machine["variant"] == "cu121"
    assert machine["packages"]["torch"]["version"] == "2.2.2+cu121"


def test_it_explains_and_probes(installed: Path, tmp_path: Path) -> None:
    assert "compute capability" in run(installed, "explain", "EP203", cwd=tmp_path).stdout
    assert json.loads(run(installed, "probe", "--json", cwd=tmp_path).stdout)["outcome"] == "probed"


def test_it_tells_the_whole_story(installed: Path, tmp_path: Path) -> None:
    done = run(installed, "demo", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    assert all(step["as_told"] for step in json.loads(done.stdout)["data"]["steps"])
    assert list(tmp_path.iterdir()) == []

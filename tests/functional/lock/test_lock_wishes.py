"""What specs may ask for, in whichever place: the lock holds all of it, and only where it is asked for."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.functional.lock.conftest import Project, code_of

CONDITIONS = """\
[project]
name = "tool"
version = "1.0"
dependencies = [
    "torch==2.2.*; sys_platform == 'linux'",
    "numpy<2; python_version < '3.12'",
    "numpy>=2; python_version >= '3.12'",
    "tqdm; python_version >= '3.12'",
]

[tool.envplan.env]
python = ["3.11", "3.12"]
accelerator = "cpu"

[tool.envplan.targets]
platforms = ["linux-x86_64", "windows-x86_64"]

[tool.envplan.options]
ignore-pitfalls = ["torch-numpy-2"]
"""
GROUPS = """\
[env]
python = "3.11"

[packages]
numpy = "*"

[groups.old]
numpy = "<2"

[groups.older]
numpy = "<1.26"

[targets]
platforms = ["linux-x86_64"]
"""


@pytest.fixture
def conditions(project: Project) -> Project:
    (project.folder / "envplan.toml").unlink()
    (project.folder / "pyproject.toml").write_text(CONDITIONS, encoding="utf-8")
    project.locked()
    return project


def test_a_condition_holds_for_the_systems_and_pythons_it_names(conditions: Project) -> None:
    markers = {(one["name"], one["version"]): one.get("marker") for one in conditions.document["packages"]}
    assert markers["torch", "2.2.2+cpu"] == "sys_platform == 'linux'"
    assert markers["numpy", "1.26.4"] == "python_version == '3.11'"
    assert markers["numpy", "2.3.2"] == "python_version == '3.12'"
    tqdm = next(marker for (name, _), marker in markers.items() if name == "tqdm")
    assert tqdm == "python_version == '3.12'"


def test_why_quotes_what_is_asked_for_the_target_that_takes_it(conditions: Project) -> None:
    told = subprocess.run(
        [sys.executable, "-m", "envplan", "why", "numpy"],
        cwd=conditions.folder, env=conditions.clean(), capture_output=True, encoding="utf-8", check=True,
    ).stdout  # fmt: skip
    old, new = told.split("\n\n")
    assert "numpy <2 " in old
    assert ">=2" not in old
    assert "numpy >=2 " in new


def test_what_several_groups_ask_of_one_package_holds_together(project: Project) -> None:
    project.spec(GROUPS).locked()
    assert project.versions["numpy"] == ["1.24.4"]


def test_groups_that_cannot_live_together_are_told_with_both_places(project: Project) -> None:
    done = project.spec(GROUPS.replace("<1.26", ">=2")).lock()
    assert (done.returncode, code_of(done)) == (3, "EP350"), done.stderr
    assert "envplan.toml: groups.old.numpy" in done.stderr
    assert "envplan.toml: groups.older.numpy" in done.stderr


@pytest.mark.parametrize(("accelerator", "variants"), [("rocm", ["rocm56", "rocm57"]), ("xpu", ["xpu"])])
def test_an_accelerator_that_is_named_needs_no_machine_that_has_it(
    project: Project, accelerator: str, variants: list[str]
) -> None:
    version = "2.2" if accelerator == "rocm" else "2.7"
    project.spec(
        f'[env]\npython = "3.11"\naccelerator = "{accelerator}"\n\n[packages]\ntorch = "{version}"\n\n'
        '[targets]\nplatforms = ["linux-x86_64"]\n'
    ).locked()
    assert project.document["dependency-groups"] == variants


def test_a_gpu_that_nothing_could_use_is_no_lock_for_the_cpu(project: Project) -> None:
    done = project.spec('[env]\npython = "3.11"\naccelerator = "gpu"\n\n[packages]\npandas = "*"\n').lock()
    assert (done.returncode, code_of(done)) == (1, "EP214"), done.stderr
    assert not project.file.exists()


def test_graphics_that_no_build_drives_are_no_reason_to_lock_for_their_kind(project: Project) -> None:
    gpu = '[[gpu]]\nvendor = "intel"\nname = "Intel UHD Graphics 620"\n'
    text = f'schema = 1\nname = "laptop"\nos = "linux"\narch = "x86_64"\nlibc = "glibc 2.35"\n{gpu}'
    (project.folder / "laptop.toml").write_text(text, encoding="utf-8")
    project.environ["ENVPLAN_PROFILE"] = "laptop.toml"
    project.spec('[env]\npython = "3.11"\n\n[packages]\ntorch = "2.7"\n').locked()
    assert {"cpu", "cu128"} <= set(project.document["dependency-groups"])


def test_what_holds_for_several_targets_is_said_once(project: Project) -> None:
    """The PyTorch index does not say when its files were published."""
    project.spec(
        '[env]\npython = "3.11"\n\n[packages]\ntorch = "2.2"\n\n[targets]\nplatforms = ["linux-x86_64"]\n\n'
        '[options]\nexclude-newer = "2026-11-01"\n'
    )
    done = project.lock()
    assert done.stderr.count("EP354") == 1
    assert all(f"https://download.pytorch.org/whl/{one}" in done.stderr for one in ("cpu", "cu118", "cu121"))

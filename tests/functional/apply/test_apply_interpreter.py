"""The Python that an environment stands on is taken away, replaced, or upgraded in its place."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.functional.apply.conftest import HERE, ROOT, Applied

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="copies a Python as it lies on Linux")


@pytest.fixture
def program(project: Applied) -> Path:
    """The program of a Python of its own, with the modules of ours; the environment stands on it."""
    home = project.computer / "python"
    real = Path(os.path.realpath(sys.executable))
    (home / "bin").mkdir(parents=True)
    shutil.copy(real, home / "bin" / f"python{HERE}")
    (home / "lib").symlink_to(real.parents[1] / "lib")
    path = os.pathsep.join([str(ROOT / "src"), *(one for one in sys.path if one.endswith("site-packages"))])
    done = subprocess.run(
        [home / "bin" / f"python{HERE}", "-m", "envplan", "apply", "--group", "dev"],
        cwd=project.folder,
        env={**project.clean(), "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert project.receipt["interpreter"]["path"] == str(home / "bin" / f"python{HERE}")
    return home / "bin" / f"python{HERE}"


def _replaced(program: Path) -> None:
    program.unlink()
    program.write_text("#!/bin/sh\nexit 3\n")
    program.chmod(0o755)


def _out_of_reach(program: Path) -> None:
    """As of a user's Python that root's environment stands on; root may look everywhere, but not at this."""
    program.unlink()
    program.symlink_to("x" * 300)


@pytest.mark.parametrize(
    ("harm", "said"),
    [(Path.unlink, "is gone"), (_replaced, "does not start"), (_out_of_reach, "is out of reach")],
    ids=["gone", "replaced", "out of reach"],
)
def test_an_environment_without_its_python_is_built_anew(
    project: Applied, program: Path, harm: Callable[[Path], None], said: str
) -> None:
    """It was called up to date, and verify, which saw it, offered that apply."""
    harm(program)
    assert "the same packages, built anew" in project.apply("--dry-run", "--group", "dev").stdout
    done = project.apply("--group", "dev")
    assert f"warning[EP613] the Python of the environment {said}" in done.stderr
    assert project.envplan("verify").returncode == 0
    back = project.envplan("rollback")
    assert f"the Python of the environment {said}" in back.stderr
    assert back.returncode == 4


def test_no_other_python_runs_in_the_place_of_the_one_that_is_gone(project: Applied, program: Path) -> None:
    program.unlink()
    done = project.envplan("run", "--", "python", "-c", "print('of another')")
    assert done.returncode == 1
    assert "of another" not in done.stdout
    assert "error[EP613] the Python of the environment is gone" in done.stderr
    assert f"envplan apply --env {project.pointer} --group dev" in done.stderr


def test_an_upgrade_in_place_is_looked_at_once(project: Applied, program: Path) -> None:
    os.utime(program, ns=(0, 0))
    for told in ("verifying", ""):  # its Python is started once, and then known again
        done = project.apply("--group", "dev")
        assert "nothing to do" in done.stdout
        assert told in done.stderr
    assert done.stderr == ""

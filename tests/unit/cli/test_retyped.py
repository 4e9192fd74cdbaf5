"""Commands that problems offer, as they are written out for whoever reads them."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from argparse import Namespace
from pathlib import Path

import pytest

from envplan.cli.cures import retyped
from envplan.problems import Problem

OFFERED = "uv python install 3.11"


def written(cure: str) -> str:
    (problem,) = retyped([Problem("EP440", "", cures=(cure,))], Namespace(), ["apply"])
    return problem.cures[0]


def test_where_there_is_no_uv_on_path_ours_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    program, *words = shlex.split(written(OFFERED), posix=os.name != "nt")
    assert words == ["python", "install", "3.11"]
    said = subprocess.run([program.strip("'"), "--version"], capture_output=True, text=True, check=True)
    assert said.stdout.startswith("uv ")


def test_a_uv_on_path_is_called_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent))
    assert written(OFFERED) == OFFERED

"""Which git is run: never one that lies where envplan happens to be."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from envplan.sources.git import program


@pytest.mark.skipif(sys.platform == "win32", reason="programs are found by their ending there")
def test_a_git_in_the_folder_of_the_run_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "git").write_text("#!/bin/sh\n")
    (tmp_path / "git").chmod(0o755)
    monkeypatch.chdir(tmp_path)
    assert program({"PATH": ".:"}) is None
    assert program({"PATH": str(tmp_path)}) == str(tmp_path / "git")

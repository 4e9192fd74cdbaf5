"""Bytecode made beforehand."""

from __future__ import annotations

import sys
from pathlib import Path
from shlex import quote

import pytest

from envplan.environment.model import Interpreter
from envplan.store.model import untold
from envplan.verbs.bytecode import compiled


@pytest.mark.skipif(sys.platform == "win32", reason="a script of sh")
def test_an_interpreter_that_needs_a_variable_to_start_compiles(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = tmp_path / "python"
    python.write_text(
        f'#!/bin/sh\n[ -n "$LD_LIBRARY_PATH" ] || exit 127\nexec {quote(sys.executable)} "$@"\n'
    )
    python.chmod(0o755)
    monkeypatch.setenv("LD_LIBRARY_PATH", "/modules/python/lib")
    site = tmp_path / "1" / "lib" / "python3" / "site-packages"
    (site / "one-1.0.dist-info").mkdir(parents=True)
    (site / "one.py").write_text("x = 1\n")
    compiled(tmp_path / "1", Interpreter(str(python), "3"), untold)
    assert list(site.glob("__pycache__/one.*.pyc"))


def test_where_no_package_is_nothing_is_compiled(tmp_path: Path) -> None:
    compiled(tmp_path, Interpreter(str(tmp_path / "no python"), "3"), untold)

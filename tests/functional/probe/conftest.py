"""Computers to probe: a folder for a root, and driver libraries that are really loaded."""

from __future__ import annotations

from pathlib import Path

import pytest

from .computers import Computer


@pytest.fixture
def computer(tmp_path: Path) -> Computer:
    """A Linux computer with nothing on it."""
    root = tmp_path / "root"
    root.mkdir()
    return Computer(root)

"""Killed, or refused by the disk, at every call of a whole apply: one of both is whole, and a rerun works."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from tests.support.killing import preloaded


@pytest.mark.parametrize("how", [[], ["ENOSPC", "lasting"]], ids=["killed", "no room left"])
def test_at_every_call_of_a_whole_apply(tmp_path: Path, how: list[str]) -> None:
    memory = Path("/dev/shm")  # thousands of syncs of a real disk take minutes
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as room:
        calls = int(preloaded(tmp_path, "tests.functional.apply.crashing", room, *how))
    assert calls > 100

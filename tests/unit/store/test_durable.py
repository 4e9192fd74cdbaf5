"""Having files put on the disk early."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from envplan.store.durable import Early

OPEN = Path("/proc/self/fd")


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere each file is synced by itself")
def test_however_many_files_wait_few_are_open(tmp_path: Path) -> None:
    early, before, most = Early(), len(list(OPEN.iterdir())), 0
    with (tmp_path / "file").open("wb") as file:
        file.write(bytes(1_000_000))
        for count in range(3000):
            early.begin(file.fileno())
            if count % 100 == 0:
                most = max(most, len(list(OPEN.iterdir())))
    early.end()
    assert most < before + 100

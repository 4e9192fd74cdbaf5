"""How a file is brought: what an interrupt in the middle of it leaves."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from envplan.environment.ways import way_between

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="clones as Linux makes them")


def test_an_interrupt_is_told_as_such_though_the_folder_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import fcntl

    file, folder = tmp_path / "file", tmp_path / "folder"
    file.write_text("x")
    folder.mkdir()

    def interrupted(*_: object) -> int:
        shutil.rmtree(folder)  # as whoever called, and was interrupted with it, does
        raise KeyboardInterrupt

    monkeypatch.setattr(fcntl, "ioctl", interrupted)
    with pytest.raises(KeyboardInterrupt):
        way_between(file, folder)

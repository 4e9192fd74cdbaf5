"""Deleting what the store made, however it was closed meanwhile."""

from __future__ import annotations

import os
import stat
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from envplan.store.paths import discard

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="modes of POSIX")
NOBODY = 65534


def as_nobody(work: Callable[[], None]) -> bool:
    """Whether it comes to its end where no right of root's helps."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            if os.geteuid() == 0:
                os.setgid(NOBODY)
                os.setuid(NOBODY)
            work()
            status = 0
        finally:
            os._exit(status)
    return os.waitpid(child, 0)[1] == 0


@pytest.mark.parametrize("mode", [0o000, 0o444, 0o555, 0o300])
def test_folders_that_were_closed_are_deleted_and_what_lies_beside_stays_as_it_is(mode: int) -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as place:
        top, shared = Path(place), Path(place, "shared")
        top.chmod(0o777)

        def work() -> None:
            shared.touch()
            shared.chmod(0o444)
            deep = top / "tree" / "a" / "b"
            deep.mkdir(parents=True)
            os.link(shared, deep / "file")
            for folder in (deep, deep.parent, top / "tree"):
                folder.chmod(mode)
            discard(top / "tree")

        assert as_nobody(work)
        assert [one.name for one in top.iterdir()] == ["shared"]
        assert stat.S_IMODE(top.stat().st_mode) == 0o777
        assert stat.S_IMODE(shared.stat().st_mode) == 0o444

"""Who put a package into an environment, told by metadata that may be anything."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from envplan.environment.proof.culprits import culprits
from envplan.environment.proof.report import Change

SITE = "lib/python3.11/site-packages"
INFO = f"{SITE}/evil-1.0.dist-info/"

RECORDS: dict[str, tuple[Callable[[Path], object], set[str]]] = {
    "whole": (
        lambda file: file.write_text("evil.py,,\n../../../bin/evil,,\n"),
        {f"{SITE}/evil.py", "bin/evil"},
    ),
    "with a quote that nothing ends": (
        lambda file: file.write_text('evil.py,,\n"' + "x\n" * 200_000),
        {f"{SITE}/evil.py"},
    ),
    "of bytes": (lambda file: file.write_bytes(b"evil.py,\xff,\n"), {f"{SITE}/evil.py"}),
    "missing": (lambda file: None, set()),
}
if sys.platform != "win32":
    RECORDS["a pipe"] = (os.mkfifo, set())


@pytest.mark.parametrize(("write", "paths"), RECORDS.values(), ids=RECORDS)
def test_a_record_is_read_as_far_as_it_is_one(
    tmp_path: Path, write: Callable[[Path], object], paths: set[str]
) -> None:
    info = tmp_path / INFO
    info.mkdir(parents=True)
    (info / "INSTALLER").write_text("pip\n")
    write(info / "RECORD")
    (one,) = culprits(tmp_path, [Change(INFO, "added")])
    assert (one.tool, one.project, one.version) == ("pip", "evil", "1.0")
    assert set(one.paths) == paths

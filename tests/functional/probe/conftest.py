"""Computers to probe: a folder for a root, and driver libraries that are really loaded."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from .computers import Computer, Libraries

STUBS = Path(__file__).with_name("stubs")


@pytest.fixture(scope="session")
def libraries(tmp_path_factory: pytest.TempPathFactory) -> Libraries:
    if sys.platform != "linux":
        pytest.skip("the stub driver libraries are built for Linux")
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler (cc) to build the stub driver libraries with")
    folder = tmp_path_factory.mktemp("stubs")
    for output, source, *flags in (
        ("nvml.so", "nvml.c", "-Wl,-soname,libnvidia-ml.so.1"),
        ("old-nvml.so", "nvml.c", "-DOLD"),
        ("cuda.so", "cuda.c", "-Wl,-soname,libcuda.so.1"),
    ):
        subprocess.run(
            [compiler, "-shared", "-fPIC", "-O0", "-w", *flags, "-o", folder / output, STUBS / source],
            check=True,
        )
    return Libraries(folder / "nvml.so", folder / "old-nvml.so", folder / "cuda.so")


@pytest.fixture
def computer(tmp_path: Path) -> Computer:
    """A Linux computer with nothing on it."""
    root = tmp_path / "root"
    root.mkdir()
    return Computer(root)

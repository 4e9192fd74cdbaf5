"""Driver libraries that are really loaded, and say what a test tells them in STUB_… variables."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

STUBS = Path(__file__).with_name("stubs")
RTX_3090 = "NVIDIA GeForce RTX 3090|8.6|24576|GPU-30900000-0000-0000-0000-000000000001|-1|0"


@dataclass(frozen=True)
class Libraries:
    nvml: Path
    old_nvml: Path
    libcuda: Path


def compiled(compiler: str, folder: Path) -> Libraries:
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


def found_by(folder: Path, libraries: Libraries) -> dict[str, str]:
    """Say where NVML is, as a user says it: a computer with one RTX 3090 then."""
    folder.mkdir(exist_ok=True)
    (folder / "libnvidia-ml.so.1").symlink_to(libraries.nvml)
    return {"LD_LIBRARY_PATH": str(folder), "STUB_GPUS": RTX_3090}

"""Real file systems in a file, which can lose their power: needs Linux, root, and mkfs for each."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

_SIZES = {"ext4": 64, "btrfs": 128, "xfs": 320}  # MiB, the least that each can be made in


class Disk:
    """A file system in a file, mounted."""

    def __init__(self, image: Path, folder: Path) -> None:
        self.image = image
        self.folder = folder

    @contextlib.contextmanager
    def after_power_cut(self) -> Iterator[Path]:
        """Mount what was on the disk at this moment, without what was only in memory."""
        image = self.image.with_suffix(".cut")
        shutil.copyfile(self.image, image)
        with _mounted(image, self.folder.with_name("after")) as folder:
            yield folder
        image.unlink()


@contextlib.contextmanager
def disk(kind: str, folder: Path) -> Iterator[Disk]:
    """Make a file system and mount it; skip the test where that cannot be done."""
    if sys.platform != "linux" or os.geteuid() != 0 or not shutil.which(f"mkfs.{kind}"):
        pytest.skip(f"needs Linux, root and mkfs.{kind}")
    image = folder / f"{kind}.img"
    with image.open("wb") as file:
        file.truncate(_SIZES[kind] * 1024 * 1024)
    subprocess.run([f"mkfs.{kind}", "-q", str(image)], check=True, capture_output=True)
    with _mounted(image, folder / "disk") as place:
        yield Disk(image, place)


@contextlib.contextmanager
def _mounted(image: Path, folder: Path) -> Iterator[Path]:
    folder.mkdir(exist_ok=True)
    twice = (
        ",nouuid" if image.stem == "xfs" else ""
    )  # it mounts no disk beside its copy, unless it is told to
    words = ["mount", "-o", f"loop{twice}", str(image), str(folder)]
    done = subprocess.run(words, capture_output=True, check=False)
    if done.returncode:
        pytest.skip(f"cannot mount a file: {done.stderr.decode().strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True, capture_output=True)

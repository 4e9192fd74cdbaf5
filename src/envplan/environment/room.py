"""Room for an environment: where the store is on another disk, its files are copied and take as much here."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
from pathlib import Path

from envplan.environment.trouble import UNWRITABLE
from envplan.problems import EnvplanError, Problem, Said

_REST = 1024 * 1024  # bytes that an environment takes without any package
_BLOCK = 4096  # … and each file, for the rest of its last block, its name and its lines in lists


def of_copies(size: int, count: int) -> int:
    """Say how many bytes so many files take."""
    return size + count * _BLOCK + _REST


def apart(store: Path, folder: Path) -> bool:
    """Whether a folder is on another disk than the store; told without writing there."""
    return _disk(_nearest(store)) != _disk(_nearest(folder))


def refuse_full(folder: Path, size: int) -> None:
    """Refuse a disk that has no room for copies of this size."""
    there = _nearest(folder)
    free = shutil.disk_usage(there).free
    if free >= size:
        return
    why = "the store is on another disk, so that files are copied; on the same disk they would be linked"
    raise EnvplanError(
        Problem(
            UNWRITABLE,
            "there is no room for the environment",
            wanted=(Said(f"{size:,} bytes", str(folder)),),
            found=(Said(f"{free:,} bytes free", str(there)),),
            why=(Said(why),),
            cures=(f"df -h {shlex.quote(str(there))}",),
        )
    )


def _nearest(folder: Path) -> Path:
    """Find the folder that is there, of those that it lies in; a link that leads nowhere is none."""
    return next((one for one in (folder, *folder.parents) if one.exists()), folder)


def _disk(folder: Path) -> tuple[int, str]:
    """Tell disks apart. One that is mounted twice counts as two: no link leads from mount to mount."""
    device, mount = folder.stat().st_dev, ""
    with contextlib.suppress(OSError, AttributeError):  # Linux alone says which mount it is
        descriptor = os.open(folder, os.O_PATH)
        try:
            lines = Path(f"/proc/self/fdinfo/{descriptor}").read_text(encoding="ascii").splitlines()
        finally:
            os.close(descriptor)
        mount = next((line for line in lines if line.startswith("mnt_id:")), "")
    return device, mount

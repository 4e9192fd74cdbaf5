"""A project with a lock in it, and a real envplan to look at it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from envplan.lockfile.encode import encode
from envplan.lockfile.model import Lock
from tests.support.answers import document

SPEC = """\
[env]
name = "train"
python = "3.11"

[packages]
torch = "2.2"
numpy = "*"

[groups.dev]
pytest = "*"
"""


def envplan(*arguments: str, cwd: Path, **more: Any) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "PYTHONIOENCODING": "utf-8", **more.pop("environ", {})}
    return subprocess.run(
        [sys.executable, "-m", "envplan", *arguments],
        cwd=cwd, capture_output=True, encoding="utf-8", check=False, env=environ, **more,
    )  # fmt: skip


def answer(*arguments: str, cwd: Path, **more: Any) -> dict[str, Any]:
    """Ask for JSON, and hold it to its schema."""
    done = envplan(*arguments, "--json", cwd=cwd, **more)
    assert not done.stderr
    return document(done)


def write_lock(lock: Lock, folder: Path, name: str = "pylock.toml") -> Path:
    file = folder / name
    file.write_bytes(encode(lock, name))
    return file

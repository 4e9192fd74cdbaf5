"""Real pip and real uv, which install from a lock with no envplan near them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

UV = Path(sys.executable).with_name("uv")

Installer = Callable[[Path, Sequence[str]], subprocess.CompletedProcess[str]]


def run(*argv: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a program as if nobody had set it up."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PIP_", "UV_", "PYTHON", "ENVPLAN_"))}
    words = [str(word) for word in argv]
    return subprocess.run(words, cwd=cwd, env=kept, capture_output=True, text=True, check=False, timeout=120)


def with_pip(folder: Path, groups: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Install pylock.toml into `site`."""
    named = [word for group in groups for word in ("--group", f"pylock.toml:{group}")]
    options = ("--no-cache-dir", "--disable-pip-version-check", "--no-compile", "--target", "site")
    pip = (sys.executable, "-I", "-m", "pip", "install", "--no-deps")
    return run(*pip, *options, *(named or ["-r", "pylock.toml"]), cwd=folder)


def with_uv(folder: Path, groups: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Do the same with uv."""
    named = [word for group in groups for word in ("--group", group)]
    options = ("--no-config", "--cache-dir", "cache", "--python", sys.executable, "--target", "site")
    return run(UV, "pip", "sync", "pylock.toml", *options, *named, cwd=folder)


def arrived(folder: Path) -> dict[str, str]:
    """Say what lies in `site`: versions by name."""
    infos = (folder / "site").glob("*.dist-info")
    pairs = (info.name.removesuffix(".dist-info").split("-", 1) for info in infos)
    return {name.replace("_", "-"): version for name, version in pairs}

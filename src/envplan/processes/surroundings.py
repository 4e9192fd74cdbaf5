"""What a program finds around it, where nothing of the user's settings may reach it."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path


def from_nothing(folder: Path, settings: Mapping[str, str]) -> dict[str, str]:
    """Build an environment: an empty home, no proxy, and what is set for the program on purpose."""
    home = folder / "home"
    home.mkdir(exist_ok=True)
    built = {
        "HOME": str(home),
        "TMPDIR": str(folder),
        "PATH": os.defpath,
        "LC_ALL": "C.UTF-8",
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
    }
    if sys.platform == "win32":
        for name in ("APPDATA", "LOCALAPPDATA", "PROGRAMDATA", "USERPROFILE"):
            built[name] = str(home)
        built |= {"TEMP": str(folder), "TMP": str(folder), "SYSTEMROOT": os.environ.get("SYSTEMROOT", "")}
    return built | dict(settings)

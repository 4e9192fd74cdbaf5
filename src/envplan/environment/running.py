"""A command in one generation: where it is found, and what it finds around it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

# What leads Python to another place than where its command lies.
_MISLEADING = ("PYTHONHOME", "__PYVENV_LAUNCHER__")


def commands_folder(generation: Path, system: str = os.name) -> Path:
    """Where an environment keeps its commands."""
    return generation / ("Scripts" if system == "nt" else "bin")


def surroundings(generation: Path, name: str, environ: Mapping[str, str]) -> dict[str, str]:
    """Build what `activate` would, with the generation itself in the pointer's place."""
    folders = [str(commands_folder(generation)), *filter(None, [environ.get("PATH", os.defpath)])]
    kept = {key: value for key, value in environ.items() if key.upper() not in _MISLEADING}
    return kept | {
        "PATH": os.pathsep.join(folders),
        "VIRTUAL_ENV": str(generation),
        "VIRTUAL_ENV_PROMPT": name,
    }


def program(word: str, environ: Mapping[str, str]) -> str | None:
    """Find a command as a shell would: by its path, or on PATH."""
    found = shutil.which(word, path=environ["PATH"])
    return os.path.abspath(found) if found else None  # noqa: PTH100 - a link stays what it is


def names(generation: Path) -> list[str]:
    """List the commands of an environment."""
    folder = commands_folder(generation)
    try:
        found = [one.name for one in folder.iterdir() if os.access(one, os.X_OK)]
    except OSError:
        return []
    return sorted(name.removesuffix(".exe") for name in found)

"""Where the documents that envplan ships are: at the top of a checkout, inside the package of a wheel."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

_PACKAGE = Path(__file__).resolve().parents[1]


def shipped(kind: Literal["profiles", "schemas"]) -> Path:
    """Return the folder of shipped documents of one kind."""
    inside = _PACKAGE / kind
    return inside if inside.is_dir() else _PACKAGE.parents[1] / kind

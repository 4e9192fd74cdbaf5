"""Documents of the store that spare work, and may as well be missing: then the work is done again."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path
from typing import Any

from envplan.documents.folders import make_folder
from envplan.store.paths import write_new
from envplan.values.digests import sha256


def keep(document: Path, content: dict[str, Any]) -> None:
    """Put one in place in one step; a store that cannot be written is done without."""
    beside = document.with_name(f"{document.name}.{os.urandom(4).hex()}.new")
    try:
        make_folder(document.parent)
        data = json.dumps(content).encode()
        write_new(beside, sha256(data).hexdigest().encode() + b"\n" + data)
        beside.replace(document)
    except OSError:
        with contextlib.suppress(OSError):
            beside.unlink()


def kept(document: Path) -> dict[str, Any] | None:
    """Read one; none where it is missing or damaged."""
    try:
        digest, _, data = document.read_bytes().partition(b"\n")
        if digest != sha256(data).hexdigest().encode():
            return None
        content = json.loads(data)
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) else None

"""Which wheel was built from which source: an hour of building is spent once for all environments."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

from envplan.environment.keeping import keep, kept
from envplan.environment.skeletons import Skeleton

_FORMAT = "envplan-built-1"


def key(source: str, skeleton: Skeleton, inputs: Iterable[str] = ()) -> str:
    """Name a build by all it rests on: the source's hash or commit, the Python, what it was built with."""
    python = skeleton.interpreter
    parts = (_FORMAT, source, python.path, python.version, *sorted(inputs))
    return sha256("\n".join(parts).encode("utf-8", "surrogateescape")).hexdigest()


def remembered(store: Path, key: str) -> str | None:
    """Return the sha256 of the wheel that was built before."""
    held = (kept(_file(store, key)) or {}).get("sha256")
    return held if isinstance(held, str) else None


def remember(store: Path, key: str, sha256: str) -> None:
    """Note which wheel came of a build."""
    keep(_file(store, key), {"sha256": sha256})


def _file(store: Path, key: str) -> Path:
    return store / "built" / f"{key}.json"

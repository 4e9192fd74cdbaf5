"""Which wheel was built from which source: an hour of building is spent once for all environments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path

from envplan.environment.keeping import keep, kept
from envplan.environment.skeletons import Skeleton

_FORMAT = "envplan-built-2"
_MOST = 50  # builds of one source, the newest first

Build = tuple[str, dict[str, str]]  # the sha256 of a wheel, and what was there as it was built: name, version


def key(source: str, skeleton: Skeleton, inputs: Iterable[str] = ()) -> str:
    """Name a build by what is known before it: the source's hash or commit, the Python, the target."""
    python = skeleton.interpreter
    parts = (_FORMAT, source, python.path, python.version, *sorted(inputs))
    return sha256("\n".join(parts).encode("utf-8", "surrogateescape")).hexdigest()


def remembered(store: Path, key: str, pinned: Mapping[str, str]) -> str | None:
    """Return the sha256 of the wheel that was built with nothing of another version than is pinned now."""
    for wheel, around in _builds(store, key):
        if all(pinned.get(name, version) == version for name, version in around.items()):
            return wheel
    return None


def remember(store: Path, key: str, wheel: str, around: Mapping[str, str]) -> None:
    """Note which wheel came of a build, and what was there as it was built."""
    build = (wheel, dict(around))
    others = [one for one in _builds(store, key) if one[1] != build[1]]
    keep(_file(store, key), {"builds": [build, *others][:_MOST]})


def _builds(store: Path, key: str) -> list[Build]:
    try:
        return [(str(wheel), dict(around)) for wheel, around in (kept(_file(store, key)) or {})["builds"]]
    except (LookupError, TypeError, ValueError):
        return []


def _file(store: Path, key: str) -> Path:
    return store / "built" / f"{key}.json"

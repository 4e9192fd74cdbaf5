"""One version that was looked at: what it requires, and why no target may take it where none may."""

from __future__ import annotations

from collections.abc import Sequence

from packaging.utils import canonicalize_name
from packaging.version import Version

from envplan.index.model import Metadata
from envplan.index.specifiers import specifiers
from envplan.solver.markers import Dependency
from envplan.values.interpreters import admits
from envplan.values.records import dataclass
from envplan.values.versions import Python


@dataclass(frozen=True)
class Release:
    """One version that was looked at: its metadata and what follows from it here."""

    metadata: Metadata
    dependencies: tuple[Dependency, ...]
    unusable: str = ""  # why no target may take it, however well its file fits


def released(
    name: str,
    version: Version,
    metadata: Metadata,
    dependencies: tuple[Dependency, ...],
    python: Python,
    *,
    foreign: bool = False,
) -> Release:
    """Judge what a version says of itself; `foreign` is source code for another system than this one."""
    unusable = (
        _another(name, version, metadata)
        or _without_index(dependencies)
        or _other_python(metadata.requires_python, python)
        or (_uncertain(metadata) if foreign else "")
    )
    return Release(metadata, dependencies, unusable)


def _another(name: str, version: Version, metadata: Metadata) -> str:
    if canonicalize_name(metadata.name) == name and metadata.version.public == version.public:
        return ""
    return f"its own metadata says that it is {metadata.name} {metadata.version}"


def _without_index(dependencies: Sequence[Dependency]) -> str:
    return next((one.requires for one in dependencies if isinstance(one.requires, str) and not one.extra), "")


def _other_python(wanted: str | None, python: Python) -> str:
    read = specifiers(wanted or "")
    if read is None:
        return f"requires Python {wanted!r}, which is no version"
    return "" if admits(read, python) else f"requires Python {wanted}"


def _uncertain(metadata: Metadata) -> str:
    from envplan.index.sdists import only_a_guess

    why = only_a_guess(metadata.raw)
    return f"is source code, and what it needs is certain on this machine's system only: {why}" if why else ""

"""A package in a folder or file beside the spec."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from envplan.documents.opening import kind_of, read_document
from envplan.documents.reading import shown
from envplan.lockfile.model import LocalSource
from envplan.problems import EnvplanError, Said, reason_of
from envplan.sources.files import ENDINGS, read_file
from envplan.sources.model import MISSING, Given, refusal
from envplan.sources.projects import FILE, read_project, unstated
from envplan.spec.model import FromPath, Requirement


def beside(requirement: Requirement, place: FromPath, folder: Path, built: Collection[str] = ()) -> Given:
    """Read what is at a path, which is relative to the folder of the spec."""
    path = folder / place.path
    try:
        kind = kind_of(path)
        if kind == "a file":
            return read_file(path, place, requirement, built)
        if kind != "a folder":
            raise _missing(requirement, place, kind)
        return _folder(requirement, place, path)
    except (OSError, ValueError) as error:  # ValueError: a path with NUL in it
        raise _missing(requirement, place, shown(reason_of(error))) from None


def _folder(requirement: Requirement, place: FromPath, path: Path) -> Given:
    file = f"{shown(place.path).rstrip('/')}/{FILE}"
    if kind_of(path / FILE) == "nothing":
        old = next((name for name in ("setup.py", "setup.cfg") if (path / name).exists()), None)
        raise unstated(requirement, file, f"{old}, and no {FILE}" if old else f"no {FILE}")
    metadata, versioned = read_project(read_document(path / FILE), file, requirement)
    return Given(metadata, LocalSource(place.path, place.editable), versioned)


def _missing(requirement: Requirement, place: FromPath, found: str) -> EnvplanError:
    return refusal(
        MISSING,
        f"{requirement.name} is not at {shown(place.path)}",
        requirement,
        Said(found, shown(place.path)),
        f"it is to come from a folder with a {FILE}, or from a file that ends in {' or '.join(ENDINGS)}; "
        "paths begin at the folder of the spec",
    )

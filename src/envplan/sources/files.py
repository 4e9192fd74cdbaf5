"""A wheel or source archive beside the spec: what it says of itself, and which bytes it is."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from pathlib import Path
from typing import BinaryIO

from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import Version

from envplan.documents.reading import shown
from envplan.index.model import File, Metadata
from envplan.index.sdists import only_a_guess, sdist_metadata
from envplan.index.trouble import Trouble
from envplan.index.wheels import metadata_bytes, parse_metadata
from envplan.lockfile.model import ArchiveSource
from envplan.problems import EnvplanError, Said
from envplan.sources.model import FILE, MISSING, Given, refusal
from envplan.sources.projects import another, unstated
from envplan.spec.model import FromPath, Requirement

ENDINGS = (".whl", ".tar.gz")
_PIECE = 1024 * 1024


def read_file(path: Path, place: FromPath, requirement: Requirement, built: Collection[str] = ()) -> Given:
    """Read the metadata inside a file, and hash it; `built` are the names that may be built from source."""
    name, version = _named(path.name, place.path, requirement)
    if name != requirement.name:
        raise another(requirement, name, shown(place.path))
    file = File(index="", project=name, name=path.name, version=version, url="")
    _refuse_unasked(file, place, requirement, built)
    with path.open("rb") as content:
        metadata = _metadata(content, file, place, requirement)
        content.seek(0)
        sha256, size = _hashed(content)
    return Given(metadata, ArchiveSource(place.path, sha256, size))


def _refuse_unasked(file: File, place: FromPath, requirement: Requirement, built: Collection[str]) -> None:
    written = Said(shown(place.path), shown(place.path))
    if place.editable:
        title = f"{requirement.name} is a file, and only a folder can be edited in place"
        cure = f'{requirement.name} = {{ path = "{shown(place.path)}" }}'
        raise refusal(FILE, title, requirement, written, "", cure)
    if not file.is_wheel and requirement.name not in built:
        title = f"{requirement.name} is a source archive, which would have to be run to install it"
        cure = f'allow-sdist = ["{requirement.name}"]     (under [options])'
        raise refusal(FILE, title, requirement, written, "allow-sdist does not name it", cure)


def _metadata(content: BinaryIO, file: File, place: FromPath, requirement: Requirement) -> Metadata:
    """Read what the file says of itself; of a source archive, only what binds its build."""
    try:
        raw = (metadata_bytes if file.is_wheel else sdist_metadata)(content, file)
        metadata = parse_metadata(raw, file)
    except Trouble as trouble:
        raise _damaged(requirement, place.path, trouble.found) from None
    if not file.is_wheel and (found := only_a_guess(raw)):
        raise unstated(requirement, f"{shown(place.path)}: PKG-INFO", found)
    return metadata


def _hashed(content: BinaryIO) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    while piece := content.read(_PIECE):
        digest.update(piece)
        size += len(piece)
    return digest.hexdigest(), size


def _named(name: str, written: str, requirement: Requirement) -> tuple[str, Version]:
    try:
        if name.endswith(".whl"):
            return parse_wheel_filename(name)[:2]
        if name.endswith(".tar.gz"):
            return parse_sdist_filename(name)
    except (InvalidWheelFilename, InvalidSdistFilename):
        pass
    raise _damaged(requirement, written, "its name is not that of a wheel (.whl) or source archive (.tar.gz)")


def _damaged(requirement: Requirement, written: str, found: str) -> EnvplanError:
    return refusal(
        MISSING,
        f"{shown(written)} is no package that can be read",
        requirement,
        Said(found, shown(written)),
        f"it is to come from a folder with a pyproject.toml, or a file that ends in {' or '.join(ENDINGS)}",
    )

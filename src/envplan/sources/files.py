"""A wheel or source archive beside the spec: what it says of itself."""

from __future__ import annotations

import re
from email.parser import HeaderParser
from pathlib import Path

from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import Version

from envplan.documents.reading import shown
from envplan.index.model import File, Metadata
from envplan.index.sdists import sdist_metadata
from envplan.index.trouble import Trouble
from envplan.index.wheels import metadata_bytes, parse_metadata
from envplan.problems import EnvplanError, Said
from envplan.sources.model import MISSING, refusal
from envplan.sources.projects import another, unstated
from envplan.spec.model import Requirement

ENDINGS = (".whl", ".tar.gz")


def read_file(path: Path, written: str, requirement: Requirement) -> Metadata:
    """Read the metadata inside a file; of a source archive, only what binds its build."""
    name, version = _named(path.name, written, requirement)
    if name != requirement.name:
        raise another(requirement, name, shown(written))
    file = File(index="", project=name, name=path.name, version=version, url="")
    try:
        with path.open("rb") as content:
            raw = (metadata_bytes if file.is_wheel else sdist_metadata)(content, file)
        metadata = parse_metadata(raw, file)
    except Trouble as trouble:
        raise _damaged(requirement, written, trouble.found) from None
    if not file.is_wheel and (found := _only_a_guess(raw)):
        raise unstated(requirement, f"{shown(written)}: PKG-INFO", found)
    return metadata


def _named(name: str, written: str, requirement: Requirement) -> tuple[str, Version]:
    try:
        if name.endswith(".whl"):
            return parse_wheel_filename(name)[:2]
        if name.endswith(".tar.gz"):
            return parse_sdist_filename(name)
    except (InvalidWheelFilename, InvalidSdistFilename):
        pass
    raise _damaged(requirement, written, "its name is not that of a wheel (.whl) or source archive (.tar.gz)")


def _only_a_guess(raw: bytes) -> str:
    """Say why PKG-INFO does not bind a build; empty where it does (since version 2.2 of the format)."""
    said = HeaderParser().parsestr(re.split(r"\r?\n\r?\n", raw.decode("utf-8", "replace"))[0] + "\n\n")
    format_ = str(said.get("Metadata-Version", "")).strip()
    if not re.fullmatch(r"[0-9]{1,3}\.[0-9]{1,3}", format_) or _dotted(format_) < (2, 2):
        return f"metadata of version {shown(format_)}, which a build may contradict"
    dynamic = {str(one).strip().lower() for one in said.get_all("Dynamic", [])}
    left = dynamic & {"requires-dist", "provides-extra", "requires-python"}
    return f"dynamic: {', '.join(sorted(left))}" if left else ""


def _dotted(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split("."))


def _damaged(requirement: Requirement, written: str, found: str) -> EnvplanError:
    return refusal(
        MISSING,
        f"{shown(written)} is no package that can be read",
        requirement,
        Said(found, shown(written)),
        f"it is to come from a folder with a pyproject.toml, or a file that ends in {' or '.join(ENDINGS)}",
    )

"""Pages as PEP 691 has them."""

from __future__ import annotations

import json
import re
from typing import Any

from packaging.utils import canonicalize_name

from envplan.documents.reading import shown
from envplan.index.pages.links import UnreadableError


def read(data: bytes, project: str) -> tuple[list[list[str]], dict[str, str]]:
    """Return the links of a page in columns, and what it says of itself."""
    page = _parsed(data)
    meta = page.get("meta")
    version = meta.get("api-version", "1.0") if isinstance(meta, dict) else "1.0"
    if not isinstance(version, str) or not re.fullmatch(r"1(\.\d+)*", version):
        raise UnreadableError(f"it speaks version {shown(version)} of the protocol, and we speak 1")
    name = page.get("name")
    if not isinstance(name, str) or canonicalize_name(name) != project:
        raise UnreadableError(
            f"it is about {shown(name)}" if name else "it does not say which project it is about"
        )
    files = page.get("files")
    if not isinstance(files, list):
        raise UnreadableError("JSON without a list of files")
    if not all(isinstance(file, dict) for file in files):
        raise UnreadableError("a file in it is no table")
    status = page.get("project-status")
    said = status if isinstance(status, dict) else {}
    told = {key: value if isinstance(value := said.get(key), str) else "" for key in ("status", "reason")}
    return _columns(files), told


def _parsed(data: bytes) -> dict[str, Any]:
    try:
        page = json.loads(data)
    except (ValueError, RecursionError):
        raise UnreadableError("it is not the JSON it says it is") from None
    if not isinstance(page, dict):
        raise UnreadableError("it is JSON, and not the page of a project")
    return page


def _columns(files: list[dict[str, Any]]) -> list[list[str]]:
    """Take apart a hundred thousand files; a loop for each column is twice as fast as one for each file."""
    return [
        [said if isinstance(said := file.get("filename"), str) else "" for file in files],
        [said if isinstance(said := file.get("url"), str) else "" for file in files],
        [_sha256(file.get("hashes")) for file in files],
        [str(said) if type(said := file.get("size")) is int else "" for file in files],
        [said if isinstance(said := file.get("upload-time"), str) else "" for file in files],
        [said if isinstance(said := file.get("requires-python"), str) else "" for file in files],
        ["" if not (said := file.get("yanked")) and said != "" else _reason(said) for file in files],
        [_metadata(file.get("core-metadata", file.get("dist-info-metadata"))) for file in files],
    ]


def _sha256(hashes: object) -> str:
    if not isinstance(hashes, dict) or (said := hashes.get("sha256")) is None:
        return ""
    return said if isinstance(said, str) and said else "no text"


def _reason(said: object) -> str:
    return f"={said}" if isinstance(said, str) else "=" if said is True else ""


def _metadata(said: object) -> str:
    if isinstance(said, dict):
        return f"={digest}" if isinstance(digest := said.get("sha256"), str) else "="
    return "=" if said is True else ""

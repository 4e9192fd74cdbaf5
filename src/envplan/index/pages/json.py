"""Pages as PEP 691 has them."""

from __future__ import annotations

import json
import re
from typing import Any

from packaging.utils import canonicalize_name

from envplan.documents.reading import shown
from envplan.index.pages.links import Links, UnreadableError


def read(data: bytes, links: Links) -> dict[str, str]:
    """Take the files of a page; return what it says of itself."""
    page = _parsed(data)
    meta = page.get("meta")
    version = meta.get("api-version", "1.0") if isinstance(meta, dict) else "1.0"
    if not isinstance(version, str) or not re.fullmatch(r"1(\.\d+)*", version):
        raise UnreadableError(f"it speaks version {shown(version)} of the protocol, and we speak 1")
    name = page.get("name")
    if not isinstance(name, str) or canonicalize_name(name) != links.project:
        raise UnreadableError(
            f"it is about {shown(name)}" if name else "it does not say which project it is about"
        )
    files = page.get("files")
    if not isinstance(files, list):
        raise UnreadableError("JSON without a list of files")
    for file in files:
        if not isinstance(file, dict):
            raise UnreadableError("a file in it is no table")
        _take(file, links)
    status = page.get("project-status")
    said = status if isinstance(status, dict) else {}
    return {key: value if isinstance(value := said.get(key), str) else "" for key in ("status", "reason")}


def _parsed(data: bytes) -> dict[str, Any]:
    try:
        page = json.loads(data)
    except (ValueError, RecursionError):
        raise UnreadableError("it is not the JSON it says it is") from None
    if not isinstance(page, dict):
        raise UnreadableError("it is JSON, and not the page of a project")
    return page


def _take(file: dict[str, Any], links: Links) -> None:
    hashes, url, name = file.get("hashes"), file.get("url"), file.get("filename")
    sha256 = hashes.get("sha256") if isinstance(hashes, dict) else None
    metadata = file.get("core-metadata", file.get("dist-info-metadata"))
    yanked, requires = file.get("yanked"), file.get("requires-python")
    links.take(
        url if isinstance(url, str) else "",
        name if isinstance(name, str) else "",
        None if sha256 is None else str(sha256),
        file.get("size"),
        file.get("upload-time"),
        requires if isinstance(requires, str) else None,
        yanked if isinstance(yanked, str) else "" if yanked is True else None,
        _digest(metadata) if metadata else None,
    )


def _digest(said: object) -> str | None:
    if isinstance(said, dict):
        return digest if isinstance(digest := said.get("sha256"), str) else ""
    return "" if said is True else None

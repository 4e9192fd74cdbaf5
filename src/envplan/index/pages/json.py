"""Pages as PEP 691 has them."""

from __future__ import annotations

import json
import re
from typing import Any

from packaging.utils import canonicalize_name

from envplan.documents.reading import shown
from envplan.index.pages.html import UnreadableError
from envplan.index.pages.links import Link, Links


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
        links.take(_link(file))
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


def _link(file: dict[str, Any]) -> Link:
    hashes = file.get("hashes")
    sha256 = hashes.get("sha256") if isinstance(hashes, dict) else None
    metadata = file.get("core-metadata", file.get("dist-info-metadata"))
    yanked, requires = file.get("yanked"), file.get("requires-python")
    return Link(
        address=url if isinstance(url := file.get("url"), str) else "",
        name=name if isinstance(name := file.get("filename"), str) else "",
        sha256=None if sha256 is None else str(sha256),
        size=file.get("size"),
        uploaded=file.get("upload-time"),
        requires_python=requires if isinstance(requires, str) else None,
        yanked=yanked if isinstance(yanked, str) else "" if yanked is True else None,
        metadata=_digest(metadata),
    )


def _digest(said: object) -> str | None:
    if isinstance(said, dict):
        return digest if isinstance(digest := said.get("sha256"), str) else ""
    return "" if said is True else None

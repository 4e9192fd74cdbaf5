"""Pages of an index as indexes write them: PEP 503 HTML and PEP 691 JSON, sidecars, yanks, statuses."""

from __future__ import annotations

import hashlib
import html
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import quote

from tests.support.local_index import HTML, JSON, LocalIndex
from tests.support.resources import Body
from tests.support.wheels import unpacked_metadata

ATTRIBUTES = ("data-dist-info-metadata", "data-core-metadata")  # PEP 658's name, and PEP 714's


@dataclass(frozen=True)
class Upload:
    """A file of a project, and what its index says of it."""

    name: str
    body: Body
    requires_python: str | None = None
    yanked: str | None = None
    uploaded: str | None = None  # RFC 3339; JSON only
    hashed: bool = True  # whether the page has its sha256
    sidecar: bool = True  # whether there is a .metadata beside it, and the page says so
    attributes: tuple[str, ...] = ATTRIBUTES
    sized: bool = True  # JSON only
    served: str = ""  # where the server holds it; "": under the page's own `files`
    href: str = ""  # what the page says instead of the path it is served under

    @cached_property
    def content(self) -> bytes:
        """Its bytes; made when first needed."""
        return self.body if isinstance(self.body, bytes) else self.body()

    @cached_property
    def sha256(self) -> str:
        """Its digest."""
        return hashlib.sha256(self.content).hexdigest()

    @cached_property
    def metadata(self) -> bytes:
        """Its METADATA."""
        return unpacked_metadata(self.content)

    @property
    def has_sidecar(self) -> bool:
        """Whether a .metadata is served."""
        return self.sidecar and self.name.endswith(".whl")


def publish(
    web: LocalIndex,
    index: str,
    project: str,
    uploads: Sequence[Upload],
    *,
    formats: Sequence[str] = (HTML, JSON),
    files: str = "",
    status: str = "",
    reason: str = "",
) -> str:
    """Put a project's page, its files and their sidecars on the server; returns the address of the page.

    `index` and `files` are paths ("/simple", "/files"); pages and bytes are made when first asked for.
    """
    name = re.sub(r"[-_.]+", "-", project).lower()
    folder = f"{index.rstrip('/')}/{name}/"
    for upload in uploads:
        path = _path(upload, files or f"{index.rstrip('/')}/files")
        web.put(path, lambda upload=upload: upload.content)  # type: ignore[misc]
        if upload.has_sidecar:
            web.put(path + ".metadata", lambda upload=upload: upload.metadata)  # type: ignore[misc]
    links = [
        (upload, upload.href or quote(_path(upload, files or f"{index.rstrip('/')}/files")))
        for upload in uploads
    ]
    if HTML in formats:
        web.page(folder, lambda: _html(project, links, status, reason).encode(), HTML)
    if JSON in formats:
        web.page(folder, lambda: json.dumps(_json(name, links, status, reason)).encode(), JSON)
    return web.url + folder


def list_projects(
    web: LocalIndex, index: str, names: Sequence[str], formats: Sequence[str] = (HTML, JSON)
) -> str:
    """Put the index's own page, with the names of its projects."""
    folder = index.rstrip("/") + "/"
    if HTML in formats:
        links = "".join(f'    <a href="{name}/">{name}</a><br/>\n' for name in names)
        web.page(folder, f"<!DOCTYPE html>\n<html>\n  <body>\n{links}  </body>\n</html>\n", HTML)
    if JSON in formats:
        web.json(folder, {"meta": {"api-version": "1.1"}, "projects": [{"name": name} for name in names]})
    return web.url + folder


def _path(upload: Upload, files: str) -> str:
    return upload.served or f"{files.rstrip('/')}/{upload.name}"


def _html(project: str, links: Sequence[tuple[Upload, str]], status: str, reason: str) -> str:
    meta = f'  <head><meta name="pypi:project-status" content="{status}">' if status else ""
    if status and reason:
        meta += f'<meta name="pypi:project-status-reason" content="{html.escape(reason)}">'
    head = f"{meta}</head>\n" if meta else ""
    anchors = "".join(f"    {_anchor(upload, href)}<br/>\n" for upload, href in links)
    body = f"  <body>\n    <h1>Links for {project}</h1>\n{anchors}  </body>\n"
    return f"<!DOCTYPE html>\n<html>\n{head}{body}</html>\n"


def _anchor(upload: Upload, href: str) -> str:
    attributes = [f'href="{href}{"#sha256=" + upload.sha256 if upload.hashed else ""}"']
    if upload.requires_python is not None:
        attributes.append(f'data-requires-python="{html.escape(upload.requires_python)}"')
    if upload.has_sidecar:
        digest = hashlib.sha256(upload.metadata).hexdigest()
        attributes += [f'{name}="sha256={digest}"' for name in upload.attributes]
    if upload.yanked is not None:
        attributes.append(f'data-yanked="{html.escape(upload.yanked)}"')
    return f"<a {' '.join(attributes)}>{html.escape(upload.name)}</a>"


def _json(name: str, links: Sequence[tuple[Upload, str]], status: str, reason: str) -> dict[str, Any]:
    page: dict[str, Any] = {"meta": {"api-version": "1.4"}, "name": name}
    if status:
        page["project-status"] = {"status": status, **({"reason": reason} if reason else {})}
    page["versions"] = list(dict.fromkeys(_version(upload.name) for upload, _ in links))
    page["files"] = [_entry(upload, href) for upload, href in links]
    return page


def _entry(upload: Upload, href: str) -> dict[str, Any]:
    entry: dict[str, Any] = {"filename": upload.name, "url": href}
    entry["hashes"] = {"sha256": upload.sha256} if upload.hashed else {}
    if upload.sized:
        entry["size"] = len(upload.content)
    if upload.uploaded is not None:
        entry["upload-time"] = upload.uploaded
    if upload.requires_python is not None:
        entry["requires-python"] = upload.requires_python
    if upload.has_sidecar:
        said = {"sha256": hashlib.sha256(upload.metadata).hexdigest()}
        names = {"data-dist-info-metadata": "dist-info-metadata", "data-core-metadata": "core-metadata"}
        entry |= {names[attribute]: said for attribute in upload.attributes}
    entry["yanked"] = upload.yanked or (upload.yanked is not None)
    return entry


def _version(filename: str) -> str:
    stem = filename.removesuffix(".tar.gz").removesuffix(".zip")
    return stem.split("-")[1] if filename.endswith(".whl") else stem.rpartition("-")[2]

"""A source of wheels for solvers, straight from memory: indexes by address, and a log of what was asked."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from email.parser import BytesParser

from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name, parse_sdist_filename, parse_wheel_filename
from packaging.version import Version

from envplan.index.model import File, Metadata, Project
from envplan.problems import EnvplanError, Problem, Said
from tests.support.wheels import metadata, sdist, unpacked_metadata, wheel

DEFAULT = "https://default.example/simple"


class Shelf:
    """Real wheels on named indexes. What an index has not, it says as the index client does."""

    def __init__(self) -> None:
        self.files: dict[tuple[str, str], list[File]] = {}
        self.bodies: dict[str, bytes] = {}
        self.asked: list[tuple[str, str, str]] = []  # (what, index, name), in order
        self.status: dict[str, tuple[str, str]] = {}
        self.unreadable: set[str] = set()  # names of files whose metadata cannot be had

    def put(
        self,
        name: str,
        version: str,
        requires: Sequence[str] = (),
        *,
        index: str = DEFAULT,
        tags: str = "py3-none-any",
        requires_python: str | None = None,
        declared: bool = True,
        yanked: str | None = None,
        uploaded: str | None = "2024-01-01T00:00:00Z",
        hashed: bool = True,
        as_sdist: bool = False,
    ) -> None:
        """Put a release on an index; `declared` says requires-python on the page as well."""
        if as_sdist:
            filename, body = sdist(name, version, requires, requires_python)
            project, read = parse_sdist_filename(filename)
        else:
            filename, body = wheel(name, version, tags, requires, requires_python)
            project, read, _, _ = parse_wheel_filename(filename)
        file = File(
            index=index,
            project=project,
            name=filename,
            version=read,
            url=f"{index}/{filename}",
            sha256=hashlib.sha256(body).hexdigest() if hashed else None,
            size=len(body),
            uploaded=uploaded,
            requires_python=SpecifierSet(requires_python) if requires_python and declared else None,
            yanked=yanked,
        )
        self.bodies[file.url] = (
            metadata(name, version, requires, requires_python) if as_sdist else unpacked_metadata(body)
        )
        self.files.setdefault((index, project), []).append(file)

    def project(self, index: str, name: str) -> Project:
        self.asked.append(("project", index, name))
        files = self.files.get((index, name))
        if files is None:
            problem = Problem("EP330", f"{name} is not on its index", found=(Said("404", index),))
            raise EnvplanError(problem)
        status, reason = self.status.get(name, ("active", ""))
        return Project(index, name, tuple(files), status, reason)

    def metadata(self, file: File) -> Metadata:
        self.asked.append(("metadata", file.index, file.name))
        if file.name in self.unreadable:
            raise EnvplanError(
                Problem("EP333", f"{file.name} cannot be reached", found=(Said("503", file.index),))
            )
        raw = self.bodies[file.url]
        read = BytesParser().parsebytes(raw)
        return Metadata(
            canonicalize_name(read["Name"]),
            Version(read["Version"]),
            tuple(read.get_all("Requires-Dist") or ()),
            read["Requires-Python"],
            tuple(read.get_all("Provides-Extra") or ()),
            raw,
        )

    def hashed(self, file: File) -> File:
        self.asked.append(("hashed", file.index, file.name))
        return replace(file, sha256=hashlib.sha256(self.bodies[file.url]).hexdigest())

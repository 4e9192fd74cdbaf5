"""What the [project] table of a pyproject.toml says of a package: read, never run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from packaging.markers import Marker
from packaging.requirements import InvalidRequirement
from packaging.requirements import Requirement as Parsed
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import InvalidName, canonicalize_name
from packaging.version import InvalidVersion, Version

from envplan.documents import Reading, Table
from envplan.documents.reading import shown
from envplan.index.model import Metadata
from envplan.problems import EnvplanError, Said
from envplan.sources.model import ANOTHER, DOCUMENT, UNKNOWN_VERSION, UNSTATED, refusal
from envplan.spec.model import Requirement

FILE = "pyproject.toml"

# What solving goes by, and so must be written down.
_DECISIVE = ("dependencies", "optional-dependencies", "requires-python")
_NOT_RUN = "envplan does not run a package's code to lock it, and so takes only what is written down"


def read_project(data: bytes, file: str, requirement: Requirement) -> tuple[Metadata, bool]:
    """Read a pyproject.toml; also whether the version is the package's own."""
    reading = Reading(file, DOCUMENT)
    document = reading.parse(data)
    project = Table(reading, document).table("project")
    reading.finish()
    if project is None:
        raise unstated(requirement, file, _without_project(document))
    name = project.parsed("name", _name, required=True)
    dynamic = project.texts("dynamic")
    version = None if "version" in dynamic else project.parsed("version", _version, required=True)
    python = project.parsed("requires-python", _bounds)
    needs = tuple(_needs(project, "dependencies"))
    extras = dict(_extras(project))
    reading.finish()
    if name != requirement.name:
        raise another(requirement, name or "", project.origin("name"))
    if open_ended := [key for key in _DECISIVE if key in dynamic]:
        raise unstated(requirement, project.origin("dynamic"), f"dynamic: {', '.join(open_ended)}", project)
    every = (*needs, *(need for listed in extras.values() for need in listed))
    at = version or UNKNOWN_VERSION
    raw = _text(requirement.name, at, python, tuple(extras), every)
    return Metadata(requirement.name, at, every, python, tuple(extras), raw), version is not None


def unstated(requirement: Requirement, origin: str, found: str, project: Table | None = None) -> EnvplanError:
    """Refuse a package of which only a build could tell what it needs."""
    keys = [key for key in _DECISIVE if project and key in project.data.get("dynamic", ())] or [
        "dependencies"
    ]
    file = project.reading.file if project else origin
    return refusal(
        UNSTATED,
        f"what {requirement.name} needs is not written down",
        requirement,
        Said(found, origin),
        _NOT_RUN,
        f"write {' and '.join(keys)} into [project] of {file}" + (", not into dynamic" if project else ""),
        f'{requirement.name} = "*"     (under [packages], where an index has it)',
    )


def another(requirement: Requirement, name: str, origin: str) -> EnvplanError:
    """Refuse a package that is not the one of that name."""
    return refusal(
        ANOTHER,
        f"{requirement.name} is wanted, and {shown(name)} is there",
        requirement,
        Said(shown(name), origin),
        "a package is installed under the name that it gives itself",
        f"call it {shown(name)} at {requirement.origin}, or let it come from another place",
    )


def _without_project(document: dict[str, Any]) -> str:
    tool = document.get("tool")
    poetry = isinstance(tool, dict) and "poetry" in tool
    return "[tool.poetry], and no [project]" if poetry else "no [project] in it"


def _needs(table: Table, key: str, extra: str = "") -> Iterator[str]:
    for place, text in enumerate(table.texts(key)):
        if (need := table.parse(f"{key}[{place}]", text, _requirement)) is None:
            continue
        if extra:
            marker, need.marker = need.marker, None
            condition = f"({marker}) and extra == '{extra}'" if marker else f"extra == '{extra}'"
            need.marker = Marker(condition)
        yield str(need)


def _extras(project: Table) -> Iterator[tuple[str, tuple[str, ...]]]:
    table = project.table("optional-dependencies")
    seen: dict[str, str] = {}
    for key in table.data if table else ():
        assert table
        extra = table.parse(key, key, _name)
        needs = tuple(_needs(table, key, extra or ""))
        if extra is None:
            continue
        if extra in seen:
            table.refuse(key, f"the extra {extra} is there twice", found=f"{seen[extra]} and {shown(key)}")
        seen[extra] = shown(key)
        yield extra, needs


def _name(text: str) -> str:
    try:
        return canonicalize_name(text, validate=True)
    except InvalidName:
        raise ValueError(f"{shown(text)!r} is not a name") from None


def _version(text: str) -> Version:
    try:
        return Version(text)
    except InvalidVersion:
        raise ValueError(f"{shown(text)!r} is not a version") from None


def _bounds(text: str) -> str | None:
    try:
        return str(SpecifierSet(text)) or None
    except InvalidSpecifier:
        raise ValueError(f"{shown(text)!r} is not a range of Python versions") from None


def _requirement(text: str) -> Parsed:
    try:
        if text.isprintable():  # a line break would begin another line of metadata
            return Parsed(text)
    except InvalidRequirement:
        pass
    raise ValueError(f"{shown(text)!r} is not a requirement")


def _text(
    name: str, version: Version, python: str | None, extras: tuple[str, ...], needs: tuple[str, ...]
) -> bytes:
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    lines += [f"Requires-Python: {python}"] if python else []
    lines += [f"Provides-Extra: {extra}" for extra in extras]
    lines += [f"Requires-Dist: {need}" for need in needs]
    return ("\n".join(lines) + "\n").encode()

"""Catalog documents: TOML rows made into the catalog's values, every fault named at its place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from packaging.version import Version

from envplan.catalog import builds, rows
from envplan.catalog.model import Architecture, Floor, Framework, NamedGpu, Symptom, Toolkit, Wheel
from envplan.documents import Reading, Table
from envplan.machine.model import VENDORS
from envplan.values.evidence import Evidence
from envplan.values.platforms import OSES
from envplan.values.records import dataclass
from envplan.values.versions import Compute, Cuda, Dotted


@dataclass(frozen=True)
class Family:
    """Package names, and the framework that decides about them."""

    framework: str
    names: tuple[str, ...]
    bound: tuple[
        str, ...
    ]  # names its indexes serve besides: where they come from is known, their versions not
    evidence: Evidence


@dataclass(frozen=True)
class Published:
    """Wheels that a document says an index holds."""

    index: str
    project: str
    versions: tuple[str, ...]  # as published, with their local parts
    wheel: Wheel

    def places(self) -> Iterable[tuple[str, str]]:
        """Name the index of each version; {variant} in it is the version's local part."""
        for version in self.versions:
            yield self.index.replace("{variant}", Version(version).local or ""), version


@dataclass(frozen=True)
class Sheet:
    """Everything one catalog document says."""

    toolkits: tuple[Toolkit, ...]
    floors: tuple[Floor, ...]
    architectures: tuple[Architecture, ...]
    gpus: tuple[NamedGpu, ...]
    families: tuple[Family, ...]
    frameworks: Mapping[str, Framework]
    published: tuple[Published, ...]
    symptoms: tuple[Symptom, ...]


def decode(reading: Reading, data: Mapping[str, Any]) -> Sheet:
    """Decode one document; its faults are left with the reading, which `finish` raises."""
    table = Table(reading, data)
    sheet = Sheet(
        rows.each(table, "toolkit", _toolkit),
        rows.each(table, "floor", _floor),
        rows.each(table, "architecture", _architecture),
        rows.each(table, "gpu", _gpu),
        rows.each(table, "family", _family),
        builds.frameworks(table),
        rows.each(table, "published", _published),
        rows.each(table, "symptom", _symptom),
    )
    table.finish()
    return sheet


def _toolkit(row: Table) -> Toolkit | None:
    cuda = row.parsed("cuda", Cuda.parse, required=True)
    linux = row.parsed("linux", Dotted, required=True)
    windows = row.parsed("windows", Dotted)
    evidence = rows.evidence(row)
    return Toolkit(cuda, linux, windows, evidence) if cuda and linux else None


def _floor(row: Table) -> Floor | None:
    cuda = row.parsed("cuda", _major_or_exact, required=True)
    linux = row.parsed("linux", Dotted, required=True)
    windows = row.parsed("windows", Dotted, required=True)
    evidence = rows.evidence(row)
    return Floor(cuda, linux, windows, evidence) if cuda and linux and windows else None


def _major_or_exact(text: str) -> str:
    """Read "12" (every CUDA 12) or "10.2" (that one)."""
    return text if text.isascii() and text.isdigit() and len(text) < 4 else str(Cuda.parse(text))


def _architecture(row: Table) -> Architecture | None:
    name = rows.said(row, "name")
    computes = rows.texts(row, "computes", Compute.parse, required=True)
    first = row.parsed("first", Cuda.parse, required=True)
    last = row.parsed("last", Cuda.parse)
    embedded = row.flag("embedded") or False
    evidence = rows.evidence(row)
    return Architecture(name, computes, first, last, evidence, embedded) if first else None


def _gpu(row: Table) -> NamedGpu:
    vendor = row.text("vendor", required=True, among=VENDORS) or ""
    names = rows.texts(row, "names", str.strip, required=True)
    return NamedGpu(
        vendor,
        names,
        rows.evidence(row),
        compute=row.parsed("compute", Compute.parse),
        gfx=row.text("gfx"),
        runs_xpu=row.flag("xpu"),
    )


def _family(row: Table) -> Family:
    return Family(
        row.parsed("framework", rows.name, required=True) or "",
        rows.texts(row, "names", rows.name, required=True),
        rows.texts(row, "bound", rows.name),
        rows.evidence(row),
    )


def _published(row: Table) -> Published | None:
    index = row.parsed("index", rows.index, required=True)
    project = row.parsed("project", rows.name, required=True)
    versions = rows.texts(row, "versions", rows.version, required=True)
    tags = rows.texts(row, "tags", rows.platform_tag, required=True)
    pythons = rows.texts(row, "pythons", rows.python, required=True)
    evidence = rows.evidence(row)
    if index and "{variant}" in index and not all(version.local for version in versions):
        row.refuse(
            "versions",
            "a version has no local part to stand for {variant} in the index",
            cures=["name the index in full, or write versions such as 2.12.0+cu126"],
        )
    if index is None or project is None:
        return None
    wheel = Wheel(tuple(tag for one in tags for tag in one), pythons, evidence)
    return Published(index, project, tuple(str(version) for version in versions), wheel)


def _symptom(row: Table) -> Symptom | None:
    text = row.parsed("text", _regular, required=True)
    systems = row.texts("os")
    for unknown in (one for one in systems if one not in OSES):
        row.refuse("os", f"{unknown!r} is no system; they are {', '.join(OSES)}")
    name, why = rows.said(row, "id"), rows.said(row, "why")
    evidence = rows.evidence(row)
    return Symptom(name, text, why, row.texts("cures"), systems, evidence) if text else None


def _regular(text: str) -> str:
    """Read a regular expression."""
    try:
        re.compile(text)
    except (re.error, RecursionError, OverflowError) as error:
        raise ValueError(f"{text!r} is no regular expression: {error}") from None
    return text

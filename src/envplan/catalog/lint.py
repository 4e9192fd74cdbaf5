"""Does the catalog make sense? What a schema cannot see: order, gaps, contradictions, orphans.

Run as `python -m envplan.catalog.lint`; each finding is one line: the file, and what is wrong there.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

from packaging.version import InvalidVersion, Version

from envplan.catalog import builds, gpus, lint_builds, queries, rows
from envplan.catalog.decode import Family, Sheet
from envplan.catalog.listings import SCHEMA, Shelf
from envplan.catalog.load import DATA, sheet_of
from envplan.catalog.model import Catalog, Floor, Framework
from envplan.problems import EnvplanError
from envplan.values.evidence import METHODS
from envplan.values.records import dataclass
from envplan.values.tags import python_tag

# Files beside the frameworks': CUDA, GPUs, names, and the texts that frameworks print.
_OTHERS = ("cuda", "gpus", "indexes", "symptoms")


@dataclass(frozen=True)
class Everything:
    """All shipped documents, decoded."""

    sheets: Mapping[str, Sheet]
    catalog: Catalog

    @property
    def families(self) -> tuple[Family, ...]:
        """Every family of the one file that names them."""
        return self.sheets["indexes"].families


def findings(folder: Path = DATA) -> list[str]:
    """List everything that is wrong in a folder of catalog data."""
    sheets: dict[str, Sheet] = {}
    faults: list[str] = []
    for file in sorted(folder.glob("*.toml")):
        try:
            sheets[file.stem] = sheet_of(file)
        except EnvplanError as error:
            faults += [
                f"{problem.found[0].origin if problem.found else file}: {problem.title}"
                for problem in error.problems
            ]
    listings = {file.name: json.loads(file.read_bytes()) for file in (folder / "listings").glob("*.json")}
    faults += [fault for name in sorted(listings) for fault in _listing(name, listings[name])]
    if faults:
        return faults  # the rest asks questions that only whole documents can answer
    everything = Everything(sheets, _catalog(sheets, listings))
    return [
        *_cuda(everything.catalog),
        *_gpus(everything),
        *_families(everything),
        *_symptoms(everything),
        *lint_builds.findings(everything.catalog),
    ]


def _catalog(sheets: Mapping[str, Sheet], listings: Mapping[str, Mapping[str, Any]]) -> Catalog:
    frameworks = {
        name: builds.completed(sheet.frameworks[name])
        for name, sheet in sheets.items()
        if name not in _OTHERS and name in sheet.frameworks
    }
    shelf = Shelf(
        {project for data in listings.values() for held in data["indexes"].values() for project in held}
    )
    shelf.projects = shelf.projects | {row.project for sheet in sheets.values() for row in sheet.published}
    for data in listings.values():
        shelf.take(data)
    for sheet in sheets.values():
        shelf.add(sheet.published)
    cuda = sheets["cuda"]
    return Catalog(cuda.toolkits, cuda.floors, cuda.architectures, frameworks, shelf.wheels, {})


def _cuda(catalog: Catalog) -> Iterator[str]:
    yield from _toolkits(catalog)
    for low, high in pairwise(catalog.floors):
        if not _place(low) < _place(high):
            yield f"cuda.toml: floor {high.cuda}: stands after {low.cuda}"
        if high.linux < low.linux or high.windows < low.windows:
            yield f"cuda.toml: floor {high.cuda}: older than the floor of {low.cuda}"
    computes = Counter(compute for row in catalog.architectures for compute in row.computes)
    yield from (
        f"cuda.toml: {one} is in {times} architectures" for one, times in computes.items() if times > 1
    )
    for row in catalog.architectures:
        if row.last is not None and row.last < row.first:
            yield f"cuda.toml: architecture {row.name}: ends with CUDA {row.last}, before it begins"


def _toolkits(catalog: Catalog) -> Iterator[str]:
    for older, newer in pairwise(catalog.toolkits):
        where = f"cuda.toml: toolkit {newer.cuda}"
        if not older.cuda < newer.cuda:
            yield f"{where}: stands after {older.cuda}"
        if newer.linux < older.linux:
            yield f"{where}: its Linux driver {newer.linux} is older than {older.cuda}'s {older.linux}"
        if newer.windows and older.windows and newer.windows < older.windows:
            yield f"{where}: its Windows driver {newer.windows} is older than {older.cuda}'s {older.windows}"
    for row in catalog.toolkits:
        if queries.floor(catalog, row.cuda, "linux") is None:
            yield f"cuda.toml: toolkit {row.cuda}: no driver floor"


def _place(floor: Floor) -> tuple[int, float]:
    """Order floors: a whole major comes after its single toolkits."""
    major, _, minor = floor.cuda.partition(".")
    return int(major), float(minor) if minor else float("inf")


def _gpus(everything: Everything) -> Iterator[str]:
    known = everything.sheets["gpus"].gpus
    for row in known:
        says = [one for one in (row.compute, row.gfx, row.runs_xpu) if one is not None]
        if len(says) != 1:
            yield f"gpus.toml: {row.names[0]}: must say one of compute, gfx, xpu"
        if row.compute and queries.architecture(everything.catalog, row.compute) is None:
            yield f"gpus.toml: {row.names[0]}: no architecture holds {row.compute}"
        for name in row.names:
            if gpus.named(name, known) != row:
                yield f"gpus.toml: {name}: its name leads to another row"


def _families(everything: Everything) -> Iterator[str]:
    frameworks = everything.catalog.frameworks
    families = {family.framework: family for family in everything.families}
    names = Counter(name for family in everything.families for name in (*family.names, *family.bound))
    yield from (f"indexes.toml: {name} is in {times} families" for name, times in names.items() if times > 1)
    for stem in sorted(everything.sheets.keys() - set(_OTHERS) - frameworks.keys()):
        yield f"{stem}.toml: no [framework] of this name"
    for name in sorted(frameworks.keys() - families.keys()):
        yield f"indexes.toml: {name}: no family for this framework"
    for name in sorted(families.keys() - frameworks.keys()):
        yield f"indexes.toml: {name}: no file describes this framework"
    for name, framework in frameworks.items():
        for other in (*framework.implies, *([framework.follows] if framework.follows else ())):
            if other not in frameworks:
                yield f"{name}.toml: framework: {other} is no framework"
        if name in families:
            yield from _family(families[name], framework)


def _family(family: Family, framework: Framework) -> Iterator[str]:
    """The names must be the packages, and the names that ways ask for or whose wheels decide."""
    packages = set(framework.packages)
    carriers = {name for way in framework.ways for name in (way.project, way.ask)}
    for name in sorted((packages | carriers) - set(family.names)):
        yield f"indexes.toml: {family.framework}: {name} is missing"
    for name in sorted(set(family.names) - packages - carriers):
        yield f"indexes.toml: {family.framework}: {name} is no package of {framework.name}.toml"


def _symptoms(everything: Everything) -> Iterator[str]:
    known = everything.sheets["symptoms"].symptoms if "symptoms" in everything.sheets else ()
    times = Counter(row.id for row in known)
    yield from (f"symptoms.toml: {one} stands {count} times" for one, count in times.items() if count > 1)
    yield from (f"symptoms.toml: {row.id}: no cure" for row in known if not row.cures)


def _listing(file: str, data: Mapping[str, Any]) -> Iterator[str]:
    if data.get("schema") != SCHEMA or data.get("method") not in METHODS or not data.get("source"):
        yield f"{file}: schema, method or source is wrong"
    try:
        rows.day(str(data.get("seen")))
    except ValueError as error:
        yield f"{file}: seen: {error}"
    for index, projects in data.get("indexes", {}).items():
        try:
            rows.index(index)
        except ValueError as error:
            yield f"{file}: {error}"
        for project, versions in projects.items():
            for version, files in versions.items():
                yield from (f"{file}: {project} {version}: {fault}" for fault in _files(version, files))


def _files(version: str, files: Mapping[str, str]) -> Iterator[str]:
    try:
        Version(version)
    except InvalidVersion:
        yield "is no version"
    for tag, pythons in files.items():
        try:
            rows.platform_tag(tag)
        except ValueError as error:
            yield str(error)
        for one in pythons.split():
            if python_tag(one) is None:
                yield f"{one} is no Python"


if __name__ == "__main__":
    raise SystemExit("\n".join(findings()) or 0)

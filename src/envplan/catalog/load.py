"""The catalog read from its files: what the wanted packages need, and what the user adds to it.

The one place of this room that opens files.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name

from envplan.catalog import builds
from envplan.catalog.decode import Sheet, decode
from envplan.catalog.gpus import named
from envplan.catalog.listings import Shelf
from envplan.catalog.model import Catalog, Framework, NamedGpu, Symptom
from envplan.documents import Reading, nearest
from envplan.problems import EnvplanError, Problem, Said, reason_of

DATA = Path(__file__).parent / "data"
FAULT = "EP103"


def load(packages: Iterable[str], overlay: Path | None = None) -> Catalog:
    """Read what is known about these packages, and the user's own rows from a folder of TOML files."""
    added = _overlay(overlay)
    cuda, indexes = shipped("cuda"), shipped("indexes")
    bindings, bound = _names((indexes, *added))
    names = [canonicalize_name(name) for name in packages]
    wanted = {known[name] for known in (bindings, bound) for name in names if name in known}
    frameworks, sheets = _frameworks(wanted, added)
    shelf = Shelf({project for framework in frameworks.values() for project in _projects(framework)})
    for listing in listings():
        shelf.take(listing)
    for sheet in (*sheets, *added):
        shelf.add(sheet.published)
    toolkits = {one.cuda: one for sheet in (cuda, *added) for one in sheet.toolkits}
    floors = {one.cuda: one for sheet in (cuda, *added) for one in sheet.floors}
    return Catalog(
        tuple(toolkits[number] for number in sorted(toolkits)),
        tuple(floors.values()),
        tuple(one for sheet in (*reversed(added), cuda) for one in sheet.architectures),
        frameworks,
        shelf.wheels,
        bindings,
        tuple(shelf.snapshots),
        bound,
    )


def known_gpu(name: str, overlay: Path | None = None) -> NamedGpu | None:
    """Find a GPU by the name its driver gives it; none where the name is not known."""
    added = [gpu for sheet in reversed(_overlay(overlay)) for gpu in sheet.gpus]
    return named(name, (*added, *shipped("gpus").gpus))


def symptoms(overlay: Path | None = None) -> tuple[Symptom, ...]:
    """Read what frameworks say when they fail; the user's own rows come first."""
    added = (one for sheet in reversed(_overlay(overlay)) for one in sheet.symptoms)
    return (*added, *shipped("symptoms").symptoms)


def digest(frameworks: Iterable[str], overlay: Path | None = None) -> str:
    """Digest the documents that tell of some frameworks; what is published shows in the lock itself."""
    import hashlib  # 3 ms that only a lock has need of

    shipped_files = [DATA / f"{name}.toml" for name in ("cuda", "indexes", *sorted(frameworks))]
    whole = hashlib.sha256()
    for file in [one for one in (*shipped_files, *_files(overlay)) if one.is_file()]:
        whole.update(hashlib.sha256(file.name.encode() + b"\0" + file.read_bytes()).digest())
    return f"sha256:{whole.hexdigest()}"


@cache
def shipped(name: str) -> Sheet:
    """Read one of the files that come with envplan."""
    return sheet_of(DATA / f"{name}.toml")


def listings() -> Iterator[Mapping[str, Any]]:
    """Read the snapshots of indexes that come with envplan."""
    for file in sorted((DATA / "listings").glob("*.json")):
        yield json.loads(file.read_bytes())


def sheet_of(file: Path) -> Sheet:
    """Read one catalog document; all its faults are raised together."""
    reading = Reading(str(file), FAULT)
    data = b""
    try:
        if file.is_file():
            data = file.read_bytes()
        else:
            reading.refuse((), f"{file.name} is not a file")
    except OSError as error:
        reading.refuse((), f"{file.name} cannot be read", why=reason_of(error))
    reading.finish()
    sheet = decode(reading, reading.parse(data))
    reading.finish()
    return sheet


def _overlay(folder: Path | None) -> tuple[Sheet, ...]:
    """Read the user's rows; the faults of all files are raised together."""
    sheets: dict[Path, Sheet] = {}
    problems: list[Problem] = []
    for file in _files(folder):
        try:
            sheets[file] = sheet_of(file)
        except EnvplanError as error:
            problems += error.problems
    if not problems:
        problems += _orphans(sheets)
    if problems:
        raise EnvplanError(*problems)
    return tuple(sheets.values())


def _files(folder: Path | None) -> list[Path]:
    """List the files of a folder, if there is one; a folder that cannot be read is not one without rows."""
    try:
        if folder is None or not (folder.is_symlink() or folder.exists()):
            return []
        return sorted(one for one in folder.iterdir() if one.suffix == ".toml" and one.name[0] != ".")
    except OSError as error:
        reading = Reading(str(folder), FAULT)
        reading.refuse((), "the folder of your own rows cannot be read", why=reason_of(error))
        reading.finish()
        return []


def _orphans(sheets: Mapping[Path, Sheet]) -> Iterator[Problem]:
    """Find rows about frameworks that nobody describes."""
    known = {
        family.framework for sheet in (shipped("indexes"), *sheets.values()) for family in sheet.families
    }
    known |= {one.name for sheet in sheets.values() for one in sheet.frameworks.values() if one.packages}
    for file, sheet in sheets.items():
        for name in sheet.frameworks.keys() - known:
            meant = nearest(name, known)
            yield Problem(
                FAULT,
                f"no framework is called {name!r}",
                found=(Said(name, f"{file}: framework"),),
                why=(Said("a new one needs a table [framework] with its name and packages"),),
                cures=(f'framework = "{meant}"',) if meant else (),
            )


def _names(sheets: Iterable[Sheet]) -> tuple[dict[str, str], dict[str, str]]:
    """Say which framework decides about each name, and whose indexes serve more names."""
    bindings: dict[str, str] = {}
    bound: dict[str, str] = {}
    for sheet in sheets:
        for family in sheet.families:
            bindings |= dict.fromkeys(family.names, family.framework)
            bound |= dict.fromkeys(family.bound, family.framework)
        for framework in sheet.frameworks.values():
            bindings |= dict.fromkeys(framework.packages, framework.name)
    return bindings, bound


def _frameworks(wanted: Iterable[str], added: tuple[Sheet, ...]) -> tuple[dict[str, Framework], list[Sheet]]:
    """Read the wanted frameworks, and those that they follow or bring along."""
    found: dict[str, Framework] = {}
    sheets: list[Sheet] = []
    waiting = sorted(wanted)
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        framework = builds.blank(name)
        if (DATA / f"{name}.toml").is_file():
            sheets.append(shipped(name))
            framework = sheets[-1].frameworks.get(name, framework)
        for sheet in added:
            if name in sheet.frameworks:
                framework = builds.extended(framework, sheet.frameworks[name])
        if framework.packages:
            found[name] = builds.completed(framework)
            waiting += [*framework.implies, *([framework.follows] if framework.follows else ())]
    return found, sheets


def _projects(framework: Framework) -> Iterator[str]:
    yield from framework.packages
    for way in framework.ways:
        yield way.project

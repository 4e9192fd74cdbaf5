"""Check: is the lock in order, and still the one that the spec asks for? Offline, and quick enough for CI."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Collection, Mapping
from fnmatch import fnmatchcase
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from envplan.catalog.places import DEFAULT_INDEX, Places
from envplan.index.addresses import canonical_index
from envplan.lockfile import LOCK_FILE
from envplan.lockfile.check import Expected
from envplan.lockfile.check import check as check_lock
from envplan.lockfile.seal import digest_of
from envplan.lockfile.wishes import Asked, Wishes
from envplan.problems import Problem
from envplan.spec import DEFAULT_NAME
from envplan.values.names import normal
from envplan.values.platforms import Platform
from envplan.values.records import dataclass, replace
from envplan.values.versions import Python
from envplan.verbs.locks import lock_bytes, mendable, remade_by
from envplan.verbs.places import seen_from
from envplan.verbs.project import typed

if TYPE_CHECKING:
    from envplan.spec.model import Requirement

Patterns = tuple[tuple[str, str], ...]  # (pattern, index address), in the order of the spec


@dataclass(frozen=True)
class Checked:
    """What was found wrong with a lock; nothing where it is in order."""

    file: Path
    problems: tuple[Problem, ...]


def check(spec: Path | None = None, lock_file: Path | None = None, profiles: Collection[str] = ()) -> Checked:
    """Judge the lock by itself, by the spec beside it, and by the machines that must be served."""
    from envplan.spec.read import read_bytes, spec_file

    path = spec_file(spec or Path())
    file = lock_file or path.parent / LOCK_FILE
    data = lock_bytes(file, f"envplan lock{typed(spec, lock_file)}")
    text = read_bytes(path)
    asked = (None if profiles else _plainly(text, path, file, data)) or _fully(text, path, file, profiles)
    problems = check_lock(data, file.name, partial(_expected, asked, path))
    return Checked(file, mendable(problems, remade_by(data, str(file))) if problems else ())


@dataclass(frozen=True)
class _Read:
    """What the spec asks, before it is known which variants the lock is for."""

    expected: Expected
    wishes: Wishes
    patterns: Patterns


def _plainly(text: bytes, path: Path, file: Path, data: bytes) -> _Read | None:
    """Ask by the spec's own table where it is, word for word, the one that the lock was made from.

    Then it was read in full and found good when the lock was made, and neither that nor the packages it takes
    (30 ms) are needed again.
    """
    if path.name == "pyproject.toml" or path.suffix != ".toml":
        return None
    try:
        document = tomllib.loads(text.decode())
        digest = digest_of(document)
        if digest.encode() not in data or document.get("targets", {}).get("profiles"):
            return None
        patterns = [
            (str(pattern), canonical_index(str(index["url"])))
            for index in document.get("indexes", {}).values()
            for pattern in index["packages"]
        ]
        wishes = _written(document, path, file)
    except (ValueError, RecursionError, AttributeError, LookupError, TypeError):
        return None  # no spec at all; reading it in full says so
    return _Read(Expected(spec="", document=digest), wishes, tuple(patterns))


def _written(document: Mapping[str, Any], path: Path, file: Path) -> Wishes:
    tables = [("", document.get("packages", {})), *document.get("groups", {}).items()]
    asked = []
    for group, table in tables:
        for name, wish in table.items():
            told = {"version": wish} if isinstance(wish, str) else wish
            asked.append(
                Asked(
                    normal(name.strip()),
                    told.get("version", "*"),
                    normal(group.strip()),
                    _seen(told.get("path", ""), path, file),
                    bool(told.get("editable", False)),
                    told.get("git", "").strip(),
                    told.get("rev", "").strip(),
                )
            )
    options, pythons = document.get("options", {}), document.get("env", {}).get("python", [])
    return Wishes(
        tuple(asked),
        document.get("env", {}).get("name", DEFAULT_NAME).strip(),
        frozenset(normal(group.strip()) for group, _ in tables if group),
        frozenset(normal(name.strip()) for name in options.get("allow-sdist", ())),
        str(options.get("exclude-newer", "")),
        frozenset(map(Platform.parse, document.get("targets", {}).get("platforms", ()))),
        frozenset(map(Python.parse, [pythons] if isinstance(pythons, str) else pythons)),
    )


def _fully(text: bytes, path: Path, file: Path, profiles: Collection[str]) -> _Read:
    from envplan.lockfile.digest import spec_digest
    from envplan.spec.read import decode_file
    from envplan.verbs.plan import profiles_of

    spec = decode_file(text, path)
    patterns = [(pattern, canonical_index(index.url)) for index in spec.indexes for pattern in index.packages]
    machines = profiles_of(spec, path.parent, profiles)
    asked = [
        _asked(one, group, path, file) for group, some in (("", spec.packages), *spec.groups) for one in some
    ]
    options = spec.options
    wishes = Wishes(
        tuple(asked),
        spec.name,
        frozenset(group for group, _ in spec.groups),
        frozenset(options.allow_sdist),
        options.exclude_newer or "",
        frozenset(spec.platforms),
        frozenset(spec.pythons),
    )
    return _Read(Expected(spec=spec_digest(spec), machines=machines), wishes, tuple(patterns))


def _asked(one: Requirement, group: str, path: Path, file: Path) -> Asked:
    place = one.location
    return Asked(
        one.name,
        str(one.specifier) or "*",
        group,
        _seen(getattr(place, "path", ""), path, file),
        getattr(place, "editable", False),
        getattr(place, "url", ""),
        getattr(place, "rev", None) or "",
        conditional=one.marker is not None,
    )


def _seen(beside: str, path: Path, file: Path) -> str:
    return seen_from(file, path.parent, beside.strip()) if beside else ""


def _expected(read: _Read, path: Path, variants: frozenset[str]) -> Expected:
    places = _places(variants, path.parent / "catalog.d")
    addresses = {address for _, address in read.patterns} | _canonical(places.all())
    # What the catalog decides may be in the lock under another name, or for some variants only.
    told = (replace(one, decided=places.decides(one.name)) for one in read.wishes.packages)
    return replace(
        read.expected,
        indexes=dict.fromkeys(addresses),
        index_of=_index_of(read.patterns, places),
        wishes=replace(read.wishes, packages=tuple(told)),
    )


def _places(variants: frozenset[str], overlay: Path) -> Places:
    try:
        return Places(variants, overlay)
    except (ValueError, OSError, AttributeError, LookupError, TypeError):
        from envplan.catalog.load import load

        load([], overlay=overlay)  # says what is wrong with the user's own rows
        raise


def _index_of(patterns: Patterns, places: Places) -> Callable[[str], Collection[str]]:
    def index_of(name: str) -> Collection[str]:
        known = _canonical(places.of(name))
        bound = next((address for pattern, address in patterns if fnmatchcase(name, pattern.lower())), None)
        if bound is None:
            return known
        return known - {canonical_index(DEFAULT_INDEX)} | {bound}

    return index_of


@cache  # asked for every entry, and most names come from the same index
def _canonical(places: frozenset[str]) -> frozenset[str]:
    return frozenset(map(canonical_index, places))

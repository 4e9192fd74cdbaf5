"""Check: is the lock in order, and still the one that the spec asks for? Offline, and quick enough for CI."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from envplan.catalog.places import DEFAULT_INDEX, Places
from envplan.index.addresses import canonical_index
from envplan.lockfile import LOCK_FILE
from envplan.lockfile.check import Expected
from envplan.lockfile.check import check as check_lock
from envplan.lockfile.origins import normal
from envplan.lockfile.seal import digest_of
from envplan.problems import Problem
from envplan.values.records import dataclass, replace
from envplan.verbs.locks import lock_bytes, typed
from envplan.verbs.places import seen_from

_VARIANT = re.compile(r'^variant = "([^"]+)"$', re.MULTILINE)

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
    plain = _plainly(text, path, file, data)
    expected = plain if plain and not profiles else _fully(text, path, file, data, profiles)
    return Checked(file, check_lock(data, file.name, expected))


def _plainly(text: bytes, path: Path, file: Path, data: bytes) -> Expected | None:
    """Ask by the spec's own table where it is, word for word, the one that the lock was made from.

    Then it was read in full and found good when the lock was made, and neither that nor the packages it takes
    (30 ms) are needed again.
    """
    if path.name == "pyproject.toml" or path.suffix != ".toml":
        return None
    try:
        document = tomllib.loads(text.decode())
        digest = digest_of(document)
        if f'document = "{digest}"'.encode() not in data or document.get("targets", {}).get("profiles"):
            return None
        patterns = [
            (str(pattern), canonical_index(str(index["url"])))
            for index in document.get("indexes", {}).values()
            for pattern in index["packages"]
        ]
        direct = _direct(_written(document), path, file)
    except (ValueError, RecursionError, AttributeError, LookupError, TypeError):
        return None  # no spec at all; reading it in full says so
    return replace(_expected(tuple(patterns), path, data), spec="", document=digest, direct=direct)


def _written(document: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    for table in (document.get("packages", {}), *document.get("groups", {}).values()):
        for name, wish in table.items():
            place = wish if isinstance(wish, dict) else {}
            yield normal(name.strip()), place.get("path", "").strip(), place.get("git", "").strip()


def _fully(text: bytes, path: Path, file: Path, data: bytes, profiles: Collection[str]) -> Expected:
    from envplan.lockfile.digest import spec_digest
    from envplan.spec.read import decode_file
    from envplan.verbs.plan import profiles_of

    spec = decode_file(text, path)
    patterns = [(pattern, canonical_index(index.url)) for index in spec.indexes for pattern in index.packages]
    machines = profiles_of(spec, path.parent, profiles)
    places = [
        (one.name, getattr(one.location, "path", ""), getattr(one.location, "url", ""))
        for one in (*spec.packages, *(one for _, group in spec.groups for one in group))
    ]
    direct, digest = _direct(places, path, file), spec_digest(spec)
    return replace(_expected(tuple(patterns), path, data), spec=digest, direct=direct, machines=machines)


def _direct(places: Iterable[tuple[str, str, str]], path: Path, file: Path) -> dict[str, str]:
    """List where packages come from that no index serves: a name, its path, its repository."""
    found: dict[str, str] = {}
    for name, beside, url in places:  # those of groups last, which do not count where the packages say more
        found.setdefault(name, seen_from(file, path.parent, beside) if beside else url)
    return {name: place for name, place in found.items() if place}


def _expected(patterns: Patterns, path: Path, data: bytes) -> Expected:
    variants = set(_VARIANT.findall(data.decode(errors="replace")))
    places = Places(variants, path.parent / "catalog.d")
    addresses = {address for _, address in patterns} | _canonical(places.all())
    indexes: Mapping[str, Any] = dict.fromkeys(addresses)
    return Expected(indexes=indexes, index_of=_index_of(patterns, places))


def _index_of(patterns: Patterns, places: Places) -> Callable[[str], Collection[str]]:
    def index_of(name: str) -> Collection[str]:
        known = _canonical(places.of(name))
        bound = next((address for pattern, address in patterns if fnmatchcase(name, pattern.lower())), None)
        if bound is None:
            return known
        return known - {canonical_index(DEFAULT_INDEX)} | {bound}

    return index_of


def _canonical(places: frozenset[str]) -> frozenset[str]:
    return frozenset(map(canonical_index, places))

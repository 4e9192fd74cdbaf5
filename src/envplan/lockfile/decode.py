"""A lock from bytes: what packaging makes of it, and our own table; every problem named, all at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from packaging.pylock import Package, PackageSdist, PackageWheel, Pylock, PylockValidationError

from envplan.documents import Reading, Table
from envplan.documents.reading import shown
from envplan.lockfile import rules
from envplan.lockfile.encode import canonical
from envplan.lockfile.model import (
    ArchiveSource,
    GitSource,
    LocalSource,
    Lock,
    LockedFile,
    Offer,
    Pinned,
    Source,
)
from envplan.lockfile.takers import Takers
from envplan.problems import EnvplanError
from envplan.values.platforms import PLATFORM_NAMES, Platform
from envplan.values.targets import Target
from envplan.values.variants import Variant
from envplan.values.versions import Compute, Dotted, Libc, Python

T = TypeVar("T")


def decode(data: bytes, file: str = "pylock.toml", *, sealed: bool = True) -> Lock:
    """Read a lock; without `sealed`, one that was edited or badly merged is read as far as it makes sense."""
    reading = Reading(file, rules.CODE, rules.SIZE_LIMIT)
    document = reading.parse(data)
    faults = rules.Faults(file)
    try:
        readable = rules.document_faults(document, faults)
        if readable:
            rules.entry_faults(document, faults)
            if sealed:
                rules.seal_faults(document, faults)
        reading.problems += faults.problems
        if not readable:
            reading.finish()
        _head(document, reading)
        return _lock(document, reading, rules.Faults(file, faults.places))
    except RecursionError:
        reading.refuse((), "nested too deeply to be understood")
        raise EnvplanError(*reading.problems) from None


def _head(document: Mapping[str, Any], reading: Reading) -> None:
    """Let packaging judge all but the entries."""
    try:
        Pylock.from_dict({**document, "packages": []})
    except PylockValidationError as error:
        key = error.context or ""
        if not any(key in said.origin for problem in reading.problems for said in problem.found):
            reading.refuse([key] if key else (), f"not a lock as the standard has it: {shown(error.message)}")


def _lock(document: Mapping[str, Any], reading: Reading, faults: rules.Faults) -> Lock:
    table = Table(reading, document["tool"]["envplan"], ("tool", "envplan"))
    schema = table.raw("schema")
    if type(schema) is not int or schema != rules.SCHEMA:
        why = f"this one reads {rules.SCHEMA}"
        table.refuse("schema", "made by another envplan", found=str(schema), why=why)
    name, group = table.text("name", required=True), table.text("default", required=True)
    spec, catalog = table.text("spec", required=True), table.text("catalog", required=True)
    written = table.text("document")
    for key in ("seal", "hosts"):
        table.raw(key)
    found = [_offer(one) for one in table.tables("target")]
    table.finish()
    offers = tuple(offer for offer in found if offer)
    default = next((offer.variant for offer in offers if offer.variant.group == group), None)
    if default is None:
        if group is not None:
            table.refuse("default", f"the default variant {shown(group)} is in no target", found=group)
        reading.finish()
    assert default
    variants = {offer.variant.group for offer in offers}
    groups = [one for one in rules.groups_of(document) if one not in variants]
    packages = _packages(document["packages"], offers, groups, faults)
    reading.problems += faults.problems
    reading.finish()
    assert name is not None
    assert spec is not None
    assert catalog is not None
    lock = Lock(name, packages, offers, default, spec, catalog, tuple(groups), written)
    return canonical(lock)


def _offer(table: Table) -> Offer | None:
    variant = table.parsed("variant", Variant, required=True)
    platform = table.parsed("platform", Platform.parse, required=True)
    if table.data.get("platform") not in PLATFORM_NAMES:
        return None
    pythons = _list(table, "python", Python.parse)
    if not pythons:
        table.refuse("python", "a target needs its Pythons")
    native, ptx = _list(table, "native", Compute.parse), _list(table, "ptx", Compute.parse)
    libc, macos = table.parsed("libc", Libc.parse), table.parsed("macos", Dotted)
    driver, native_driver = table.parsed("driver", Dotted), table.parsed("native-driver", Dotted)
    least = table.parsed("least", Compute.parse)
    gfx, names = tuple(table.texts("gfx")), tuple(table.texts("names"))
    why = table.text("why", required=True)
    table.finish()
    if variant is None or platform is None or why is None:
        return None
    drivers = (driver, native_driver)
    return Offer(variant, platform, pythons, why, libc, macos, *drivers, native, ptx, least, gfx, names)


def _list(table: Table, key: str, parse: Callable[[str], T]) -> tuple[T, ...]:
    found = (table.parse(key, text, parse) for text in table.texts(key))
    return tuple(one for one in found if one is not None)


def _packages(
    entries: Sequence[Mapping[str, Any]], offers: Sequence[Offer], groups: Sequence[str], faults: rules.Faults
) -> tuple[Pinned, ...]:
    takers = Takers(frozenset(target for offer in offers for target in offer.targets), groups)
    found: list[Pinned] = []
    known_bad = frozenset(faults.places)
    for place, entry in enumerate(entries):
        say = faults.entry(place, entry)
        if place in known_bad:
            continue
        try:
            shell = {"lock-version": "1.0", "created-by": "envplan", "packages": [dict(entry)]}
            package = Pylock.from_dict(shell).packages[0]
        except PylockValidationError as error:
            say((error.context or "").removeprefix("packages[0]").lstrip("."), error.message)
            continue
        if (taken := takers.judge(place, entry, say)) is not None:
            found.append(_pinned(package, entry, frozenset(taken), next(iter(taken.values()), frozenset())))
    return tuple(found)


def _pinned(
    package: Package, entry: Mapping[str, Any], targets: frozenset[Target], groups: frozenset[str]
) -> Pinned:
    needs = {need["name"] for need in package.dependencies or ()}
    files = [_file(wheel) for wheel in package.wheels or ()]
    return Pinned(
        name=package.name,
        version=package.version,
        index=package.index,
        files=(*files, *([_file(package.sdist)] if package.sdist else ())),
        targets=targets,
        groups=groups,
        requires_python=entry.get("requires-python"),  # packaging would turn the bounds around
        dependencies=tuple(needs),
        source=_source(package),
    )


def _source(package: Package) -> Source | None:
    if folder := package.directory:
        return LocalSource(folder.path, bool(folder.editable))
    if archive := package.archive:
        return ArchiveSource(archive.path or "", archive.hashes["sha256"], archive.size or 0)
    if vcs := package.vcs:
        return GitSource(vcs.url or vcs.path or "", vcs.commit_id, vcs.requested_revision)
    return None


def _file(one: PackageWheel | PackageSdist) -> LockedFile:
    at = one.upload_time.isoformat() if one.upload_time else None
    return LockedFile(one.filename, one.url or "", one.hashes["sha256"], one.size, at)

"""A lock as bytes: the same values give the same bytes, whatever their order."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from envplan.lockfile import markers
from envplan.lockfile.comment import comment
from envplan.lockfile.model import ArchiveSource, GitSource, LocalSource, Lock, LockedFile, Offer, Pinned
from envplan.lockfile.rules import SCHEMA
from envplan.lockfile.seal import entry_seal, lock_seal
from envplan.problems import EnvplanError, Problem, Said
from envplan.values.records import replace
from envplan.values.targets import Target


def encode(lock: Lock, file: str = "pylock.toml") -> bytes:
    """Write a lock; `file` is the name it will have, for the comment that tells how to install it."""
    lock = canonical(lock)
    _refuse_twins(lock)
    document = _document(lock)
    seals = [entry["tool"]["envplan"]["seal"] for entry in document["packages"]]
    document["tool"]["envplan"]["seal"] = lock_seal(document, seals)
    return (comment(lock, file) + _text(document)).encode()


def canonical(lock: Lock) -> Lock:
    """Put everything whose order means nothing into one order."""
    return replace(
        lock,
        packages=tuple(sorted(_ordered(lock.packages), key=_place)),
        offers=tuple(
            sorted((replace(one, pythons=tuple(sorted(one.pythons))) for one in lock.offers), key=_rank)
        ),
        groups=tuple(sorted(set(lock.groups))),
    )


def moment(text: str | None) -> str | None:
    """Write a time of upload in the one way that locks have; none where it cannot be understood."""
    try:
        found = datetime.fromisoformat(text or "")
        at = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return at.isoformat().replace("+00:00", "Z")


def _ordered(packages: Sequence[Pinned]) -> Iterator[Pinned]:
    """Order the parts of each package; needs that no target has both ends of are none of this lock's."""
    takers: dict[str, frozenset[Target]] = defaultdict(frozenset)
    for one in packages:
        takers[one.name] |= one.targets
    for one in packages:
        files = {(file.name, file.url): replace(file, uploaded=moment(file.uploaded)) for file in one.files}
        needs = {name for name in one.dependencies if takers[name] & one.targets}
        yield replace(
            one,
            files=tuple(files[key] for key in sorted(files)),
            requires_python=_bounds(one.requires_python),
            dependencies=tuple(sorted(needs)),
        )


def _place(pinned: Pinned) -> tuple[object, ...]:
    targets = sorted(pinned.targets)
    version = (str(pinned.version),) if pinned.version else ()
    return (pinned.name, version, pinned.index or "", targets, sorted(pinned.groups))


def _rank(offer: Offer) -> tuple[object, ...]:
    return (offer.variant, offer.platform, offer.pythons, offer.why)


def _refuse_twins(lock: Lock) -> None:
    """A group of the spec must not be taken for a variant, nor one variant for another."""
    variants = {offer.variant for offer in lock.offers}
    groups = Counter([*(variant.group for variant in variants), *lock.groups])
    twins = sorted(name for name, count in groups.items() if count > 1)
    if twins:
        raise EnvplanError(
            Problem(
                "EP101",
                f"the group {twins[0]} has the name of a variant",
                found=(Said(f"groups: {', '.join(lock.groups)}", f"groups.{twins[0]}"),),
                why=(Said("in a lock, variants are groups too, and an installer takes them by name"),),
                cures=(f"rename groups.{twins[0]}",),
            )
        )


def _document(lock: Lock) -> dict[str, Any]:
    targets = frozenset(target for offer in lock.offers for target in offer.targets)
    return {
        "lock-version": "1.0",
        "environments": list(markers.environments(targets)),
        "requires-python": markers.requires_python({target.python for target in targets}),
        "dependency-groups": sorted({target.variant.group for target in targets} | set(lock.groups)),
        "default-groups": [lock.default.group],
        "created-by": "envplan",
        "packages": _entries(lock.packages, targets),
        "tool": {"envplan": _own_table(lock)},
    }


def _entries(packages: Sequence[Pinned], targets: frozenset[Target]) -> list[dict[str, Any]]:
    several = {name for name, count in Counter(one.name for one in packages).items() if count > 1}
    among = markers.every_combination(targets) if several else targets
    entries = [_entry(one, among if one.name in several else targets) for one in packages]
    named: dict[str, list[int]] = defaultdict(list)
    for place, one in enumerate(packages):
        named[one.name].append(place)
    for pinned, entry in zip(packages, entries, strict=True):
        needed = [
            _told_apart(entries[place], [entries[other] for other in named[name]])
            for name in pinned.dependencies
            for place in named[name]
            if packages[place].targets & pinned.targets
        ]
        entry["dependencies"] = needed
    return [_sealed(entry) for entry in entries]


def _told_apart(entry: Mapping[str, Any], twins: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Name an entry by as few keys as tell it from others of its name."""
    keys: list[str] = []
    for key in ("name", "version", "index", "marker"):
        if key in entry:
            keys.append(key)
        if sum(all(one.get(key) == entry[key] for key in keys) for one in twins) == 1:
            break
    return {key: entry[key] for key in keys}


def _entry(pinned: Pinned, among: frozenset[Target]) -> dict[str, Any]:
    wheels = [_file(one) for one in pinned.files if one.is_wheel]
    archives = [_file(one) for one in pinned.files if not one.is_wheel]
    assert len(archives) <= 1, f"{pinned.name} has several source archives"
    entry: dict[str, Any] = {
        "name": pinned.name,
        "version": str(pinned.version) if pinned.version else None,
        "marker": markers.marker(pinned.targets, among, pinned.groups),
        "requires-python": pinned.requires_python,
        "dependencies": None,  # known once all entries are
    }
    match pinned.source:
        case LocalSource(path, editable):
            entry["directory"] = {"path": path} | ({"editable": True} if editable else {})
        case ArchiveSource(path, sha256, size):
            entry["archive"] = {"path": path, "size": size, "hashes": {"sha256": sha256}}
        case GitSource(url, commit, requested):
            asked = {"requested-revision": requested} if requested else {}
            entry["vcs"] = {"type": "git", "url": url, **asked, "commit-id": commit}
        case None:
            entry["index"] = pinned.index
            entry["sdist"] = archives[0] if archives else None
            entry["wheels"] = wheels
    return {key: value for key, value in entry.items() if value is not None or key == "dependencies"}


def _bounds(text: str | None) -> str | None:
    """Take what a wheel says of Python where it can be understood; old ones say ">=3.6.*"."""
    try:
        return text if text and SpecifierSet(text) else None
    except InvalidSpecifier:
        return None


def _sealed(entry: dict[str, Any]) -> dict[str, Any]:
    filled = {key: value for key, value in entry.items() if value not in (None, [])}
    return {**filled, "tool": {"envplan": {"seal": entry_seal(filled)}}}


def _file(one: LockedFile) -> dict[str, Any]:
    written = {
        "name": one.name,
        "url": one.url,
        "size": one.size,
        "upload-time": datetime.fromisoformat(one.uploaded) if one.uploaded else None,
        "hashes": {"sha256": one.sha256},
    }
    return {key: value for key, value in written.items() if value is not None}


def _own_table(lock: Lock) -> dict[str, Any]:
    hosts: dict[str, set[str]] = defaultdict(set)
    for pinned in lock.packages:
        hosts[pinned.index or ""] |= {urlsplit(one.url).netloc for one in pinned.files}
    return {
        "schema": SCHEMA,
        "name": lock.name,
        "spec": lock.spec_digest,
        **({"document": lock.document_digest} if lock.document_digest else {}),
        "catalog": lock.catalog_digest,
        "default": lock.default.group,
        "seal": "",
        "hosts": {index: sorted(hosts[index]) for index in sorted(hosts) if index},
        "target": [_target(offer) for offer in lock.offers],
    }


def _target(offer: Offer) -> dict[str, Any]:
    written = {
        "variant": offer.variant.name,
        "platform": str(offer.platform),
        "python": [str(python) for python in offer.pythons],
        "libc": _said(offer.libc),
        "macos": _said(offer.macos),
        "driver": _said(offer.driver),
        "native-driver": _said(offer.native_driver),
        "native": [str(one) for one in offer.native],
        "ptx": [str(one) for one in offer.ptx],
        "least": _said(offer.least),
        "gfx": list(offer.gfx),
        "names": list(offer.names),
        "why": offer.why,
    }
    return {key: value for key, value in written.items() if value not in (None, [])}


def _said(value: object) -> str | None:
    return None if value is None else str(value)


def _text(document: Mapping[str, Any]) -> str:
    """Write TOML: one key a line, and one file, dependency or environment a line."""
    tool = document["tool"]["envplan"]
    leave = ("packages", "tool") if document["packages"] else ("tool",)  # no entries: packages = []
    parts = [_table("", document, leave=leave, spread=("environments",))]
    parts += [
        _table("[[packages]]", entry, spread=("dependencies", "wheels")) for entry in document["packages"]
    ]
    parts.append(_table("[tool.envplan]", tool, leave=("hosts", "target")))
    parts.append(_table("[tool.envplan.hosts]", tool["hosts"]))
    parts += [_table("[[tool.envplan.target]]", target) for target in tool["target"]]
    return "\n".join(parts)


def _table(head: str, table: Mapping[str, Any], leave: Iterable[str] = (), spread: Iterable[str] = ()) -> str:
    lines = [head] if head else []
    for key, value in table.items():
        if key in leave:
            continue
        if key in spread:
            lines += [f"{_key(key)} = [", *(f"    {_value(one)}," for one in value), "]"]
        else:
            lines.append(f"{_key(key)} = {_value(value)}")
    return "\n".join(lines) + "\n"


def _key(text: str) -> str:
    plain = text.isascii() and text.replace("-", "").replace("_", "").isalnum()
    return text if plain else _string(text)


def _value(value: Any) -> str:
    match value:
        case bool():
            return str(value).lower()
        case str():
            return _string(value)
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case dict():
            return "{ " + ", ".join(f"{_key(key)} = {_value(one)}" for key, one in value.items()) + " }"
        case list():
            return f"[{', '.join(_value(one) for one in value)}]"
        case _:
            return str(value)


def _string(text: str) -> str:
    """Quote a text. What JSON escapes, TOML escapes in the same way, and DEL besides."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")

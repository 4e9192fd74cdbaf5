"""What every lock must keep to, whoever wrote it: asked of the parsed file, in milliseconds."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from envplan.lockfile.origins import source_faults
from envplan.lockfile.seal import changed_parts, entry_seal, lock_seal
from envplan.problems import Problem, Said
from envplan.values.names import normal

CODE = "EP104"
SCHEMA = 1  # of our own table
SIZE_LIMIT = 8 * 1024 * 1024  # a file takes 350 bytes: room for 20,000 of them

_NORMAL = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_IN_GROUP = re.compile(r"""['"]([^'"]*)['"]\s+(?:not\s+)?in\s+dependency_groups""")
_ENTRY_KEYS = frozenset(
    (
        *("name", "version", "marker", "requires-python", "dependencies", "index", "tool"),
        *("vcs", "directory", "archive", "sdist", "wheels"),
    )
)
_HEAD_KEYS = frozenset(
    (
        *("lock-version", "environments", "requires-python", "created-by", "packages", "tool"),
        *("extras", "dependency-groups", "default-groups"),
    )
)


class Faults:
    """Collects the problems of one lock; each names its entry."""

    def __init__(self, file: str, places: Iterable[int] = ()) -> None:
        self.file = file
        self.problems: list[Problem] = []
        self.places = set(places)  # of the entries that something was said of

    def add(
        self, where: str, title: str, *, found: str = "", why: str = "", cure: str = "envplan lock"
    ) -> None:
        """Note one problem."""
        from envplan.documents.reading import printable, shown

        title, reasons = printable(title)[:200], (Said(why),) if why else ()
        origin = f"{self.file}: {where}" if where else self.file
        self.problems.append(Problem(CODE, title, (), (Said(shown(found), origin),), reasons, (cure,)))

    def entry(self, place: int, entry: Mapping[str, Any]) -> Callable[..., None]:
        """Return what notes a problem of one entry."""

        def say(key: str, title: str, *, found: object = "", why: str = "") -> None:
            from envplan.documents.reading import shown

            called = " ".join(shown(str(entry[part])) for part in ("name", "version") if part in entry)
            self.places.add(place)
            where = f"packages[{place}] {called}" + (f": {key}" if key else "")
            self.add(where, f"{called}: {title}", found=str(found), why=why)

        return say


def document_faults(document: Mapping[str, Any], faults: Faults) -> bool:
    """Judge the head of a lock and our own table; whether the rest can be judged at all."""
    if _newer(document, faults):
        return False
    for key in sorted(document.keys() - _HEAD_KEYS):
        faults.add(key, f"unknown key {key!r} in the lock", found=key)
    if document.get("lock-version") != "1.0":
        found = str(document.get("lock-version", "nothing"))
        faults.add("lock-version", "not a lock of version 1.0", found=found)
    entries = document.get("packages")
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        faults.add("packages", "the lock holds no list of packages")
        return False
    tool = document.get("tool")
    ours = tool.get("envplan") if isinstance(tool, dict) else None
    if not isinstance(ours, dict):
        why = "another tool wrote this lock; envplan needs to know what each variant asks of a machine"
        faults.add("tool.envplan", "not a lock that envplan wrote", why=why)
        return False
    _environment(ours.get("name"), faults)
    _groups(document, ours, faults)
    return True


def _newer(document: Mapping[str, Any], faults: Faults) -> bool:
    """Whether a later version of the standard, or of us, wrote it: then its words may mean other things."""
    tool = document.get("tool")
    ours = tool.get("envplan") if isinstance(tool, dict) else None
    schema = ours.get("schema") if isinstance(ours, dict) else None
    version = document.get("lock-version")
    if type(schema) is int and schema > SCHEMA:
        why = f"this one reads {SCHEMA}; a newer envplan reads this lock, or this one makes it anew"
        faults.add("tool.envplan.schema", "made by a newer envplan", found=str(schema), why=why)
    elif isinstance(version, str) and re.fullmatch(r"[0-9]+\.[0-9]+", version) and version != "1.0":
        faults.add("lock-version", "not a lock of version 1.0", found=version, why="this envplan reads 1.0")
    return bool(faults.problems)


def _environment(name: object, faults: Faults) -> None:
    """Ask of the environment's name that it names a folder, and no way to another one."""
    text = name if isinstance(name, str) else ""
    letters = text.replace("-", "").replace("_", "")
    ends = text[:1] + text[-1:]
    if len(text) > 64 or not (letters.isascii() and letters.isalnum() and ends.isalnum()):
        why = "it names a folder on every system: at most 64 letters and digits, with - and _ between them"
        faults.add("tool.envplan.name", "not the name of an environment", found=str(name), why=why)


def _groups(document: Mapping[str, Any], ours: Mapping[str, Any], faults: Faults) -> None:
    known, default = document.get("dependency-groups"), ours.get("default")
    if not isinstance(known, list) or not all(isinstance(group, str) for group in known):
        faults.add("dependency-groups", "the lock lists no groups", found=str(known))
        return
    if document.get("default-groups") != [default] or default not in known:
        found = str(document.get("default-groups"))
        why = f"default-groups and tool.envplan.default name one variant: {default}"
        faults.add("default-groups", "the default group is not the default variant", found=found, why=why)
    targets = ours.get("target")
    for place, target in enumerate(targets if isinstance(targets, list) else ()):
        variant = target.get("variant") if isinstance(target, dict) else None
        if isinstance(variant, str) and variant.replace(".", "") not in known:
            where = f"tool.envplan.target[{place}].variant"
            faults.add(where, f"the variant {variant} is no group of the lock", found=variant)


def entry_faults(document: Mapping[str, Any], faults: Faults) -> None:
    """Judge each entry by itself, and against the others."""
    entries: list[dict[str, Any]] = document["packages"]
    named: dict[str, list[dict[str, Any]]] = {}
    for entry in entries:
        if isinstance(name := entry.get("name"), str):
            named.setdefault(name, []).append(entry)
    groups = set(groups_of(document))
    for place, entry in enumerate(entries):
        say = faults.entry(place, entry)
        for key in sorted(entry.keys() - _ENTRY_KEYS):
            say(key, f"unknown key {key!r}")
        _name(entry.get("name"), named, say)
        _marker(entry.get("marker"), groups, say)
        _needs(entry.get("dependencies", []), named, say)
        source_faults(entry, say)


def _name(name: object, names: Collection[str], say: Callable[..., None]) -> None:
    if not isinstance(name, str):
        say("name", "the name is missing")
    elif not name.isascii():
        odd = ", ".join(f"U+{ord(c):04X}" for c in name if not c.isascii())
        say("name", "the name holds characters that only look like others", found=name, why=f"it holds {odd}")
    elif not _NORMAL.fullmatch(name):
        plain = normal(name)
        twin = f"; {plain} is in the lock too, and both are one project" if plain in names else ""
        say("name", "the name is not in its one spelling", found=name, why=f"it is written {plain}{twin}")


def _marker(marker: object, groups: set[str], say: Callable[..., None]) -> None:
    if marker is None:
        return
    if not isinstance(marker, str):
        say("marker", "the marker is not text", found=marker)
        return
    for group in _IN_GROUP.findall(marker):
        if group not in groups:
            known = f"the groups are {', '.join(sorted(groups))}"
            say("marker", f"the marker names the unknown group {group!r}", found=marker, why=known)


def _needs(needs: object, named: Mapping[Any, Sequence[Mapping[str, Any]]], say: Callable[..., None]) -> None:
    if not isinstance(needs, list):
        say("dependencies", "the dependencies are no list")
        return
    for need in needs:
        told = need if isinstance(need, dict) else {}
        name = told.get("name")
        meant = named.get(name, ()) if isinstance(name, str) else ()
        if not any(told.items() <= one.items() for one in meant):
            found = " ".join(str(value) for value in told.values()) or need
            say("dependencies", "it needs a package that is not in the lock", found=found)


def seal_faults(document: Mapping[str, Any], faults: Faults) -> bool:
    """Compare every seal with what it seals; whether all are whole."""
    seals, whole = [], True
    for place, entry in enumerate(document["packages"]):
        seals.append(entry_seal(entry))
        tool = entry.get("tool")
        ours = tool.get("envplan") if isinstance(tool, dict) else None
        if not isinstance(ours, dict) or ours != {"seal": seals[-1]}:
            whole = False
            if place not in faults.places:
                parts = changed_parts(entry, ours.get("seal")) if isinstance(ours, dict) else ()
                title = (
                    f"its {' and its '.join(parts)} changed since it was locked"
                    if parts
                    else "it has no seal"
                )
                why = "what stands here is not what was sealed when the lock was written"
                faults.entry(place, entry)("tool.envplan.seal", title, why=why)
    if whole and document["tool"]["envplan"].get("seal") != lock_seal(document, seals):
        whole = False
        why = "each entry is whole, but some were added, moved or removed, or something beside them changed"
        faults.add("tool.envplan.seal", "the lock was changed since it was written", why=why)
    return whole


def groups_of(document: Mapping[str, Any]) -> list[str]:
    """List the groups of a lock, variants and the spec's own."""
    known = document.get("dependency-groups")
    return [group for group in known if isinstance(group, str)] if isinstance(known, list) else []

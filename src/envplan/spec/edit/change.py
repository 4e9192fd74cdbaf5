"""Adding and removing packages in the text of a spec, with every other byte left as it is."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Sequence
from typing import Any

from packaging.utils import canonicalize_name

from envplan.documents.reading import nearest, shown
from envplan.problems import EnvplanError, Problem, Said
from envplan.spec.edit.splice import does, inserted, with_value, without_value
from envplan.spec.grammar.names import package_name
from envplan.spec.grammar.refusal import Refusal
from envplan.spec.grammar.taking import dotted
from envplan.spec.model import Requirement
from envplan.spec.words.write import package_value
from envplan.values.records import dataclass, replace

CODE = "EP108"


@dataclass(frozen=True)
class Edited:
    """A text after an edit, and what is to be said about it."""

    text: str
    done: tuple[str, ...]
    notes: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class Place:
    """Where the packages of a spec stand in its file."""

    file: str
    tables: tuple[str, ...] = ()  # tool.envplan in pyproject.toml
    group: str | None = None

    @property
    def path(self) -> tuple[str, ...]:
        """The table of packages."""
        return (*self.tables, "groups", self.group) if self.group else (*self.tables, "packages")

    @property
    def origin(self) -> str:
        """The table of packages, as a message names it."""
        return f"{self.file}: {'.'.join(dotted(part) for part in self.path)}"


def added(text: str, place: Place, wanted: Sequence[Requirement]) -> Edited:
    """Add packages, or change those that are there already."""
    done, notes = [], []
    for requirement in wanted:
        before = _packages(text, place)
        key = _spelled(before, requirement.name)
        if key is None:
            value = package_value(requirement)
            text = _set(text, (*place.path, requirement.name), value)
            done.append(f"added {dotted(requirement.name)} = {value}")
            continue
        changed = _changed(text, place, key, before[key], requirement)
        if changed == text:
            title = f"{requirement.name} is there already, as {shown(before[key])}"
            notes.append(
                Problem(CODE, title, found=(Said("", f"{place.origin}.{dotted(key)}"),), severity="note")
            )
        else:
            was, now = before[key], _packages(changed, place)[key]
            done.append(f"changed {dotted(key)} from {_written(was)} to {_written(now)}")
        text = changed
    return Edited(text, tuple(done), tuple(notes))


def removed(text: str, place: Place, names: Sequence[str]) -> Edited:
    """Remove packages; a name that is not there is refused, and then nothing is removed."""
    problems: list[Problem] = []
    done = []
    for written in names:
        packages = _packages(text, place)
        try:
            key = _spelled(packages, package_name(written))
        except Refusal:
            key = None
        if key is None:
            problems.append(_not_there(text, place, written))
            continue
        text = _set(text, (*place.path, key), None)
        done.append(f"removed {dotted(key)}")
    if problems:
        raise EnvplanError(*problems)
    if done and not place.tables and not {"packages", "groups"} & tomllib.loads(text).keys():
        text = inserted(text, len(text), ["[packages]"])  # an empty spec says so, or it reads as no spec
    return Edited(text, tuple(done))


def _changed(text: str, place: Place, key: str, before: Any, wanted: Requirement) -> str:
    path = (*place.path, key)
    if isinstance(before, str):
        kept = wanted if wanted.asked != "*" else replace(wanted, asked=before)
        says_more = wanted.asked != "*" or wanted.extras or wanted.accelerator is not None
        return _set(text, path, package_value(kept)) if says_more else text
    if not isinstance(before, dict) or ({"path", "git"} & set(before) and wanted.asked != "*"):
        raise EnvplanError(
            Problem(
                CODE,
                f"{wanted.name} comes from a folder or a repository, and has no version to change",
                wanted=(Said(str(wanted)),),
                found=(Said(shown(before), f"{place.origin}.{dotted(key)}"),),
                cures=(f"envplan remove {wanted.name}   (and then add it again)",),
            )
        )
    if wanted.asked != "*" and wanted.asked != before.get("version"):
        text = _set(text, (*path, "version"), json.dumps(wanted.asked))
    listed = before.get("extras", [])
    further = [one for one in wanted.extras if one not in [str(extra) for extra in listed]]
    if further:
        text = _set(text, (*path, "extras"), json.dumps([*listed, *further]))
    if wanted.accelerator is not None and str(wanted.accelerator) != before.get("accelerator"):
        text = _set(text, (*path, "accelerator"), json.dumps(str(wanted.accelerator)))
    return text


def _packages(text: str, place: Place) -> dict[str, Any]:
    table: Any = tomllib.loads(text)
    for part in place.path:
        table = table.get(part, {}) if isinstance(table, dict) else {}
    return table if isinstance(table, dict) else {}


def _spelled(packages: dict[str, Any], name: str) -> str | None:
    return next((key for key in packages if canonicalize_name(key) == name), None)


def _written(value: Any) -> str:
    return (
        f'"{value}"'
        if isinstance(value, str)
        else re.sub(r"'(\w+)':", r"\1 =", shown(value)).replace("'", '"')
    )


def _not_there(text: str, place: Place, written: str) -> Problem:
    """Say where it is instead, or what is there that is called nearly the same."""
    name = canonicalize_name(written)
    document = tomllib.loads(text)
    for part in place.tables:
        document = document.get(part, {})
    groups = document.get("groups", {})
    homes = [None, *groups] if isinstance(groups, dict) else [None]
    elsewhere = [
        home
        for home in homes
        if home != place.group and _spelled(_packages(text, replace(place, group=home)), name) is not None
    ]
    cures = [
        f"envplan remove {name} --group {home}" if home else f"envplan remove {name}" for home in elsewhere
    ]
    there = {canonicalize_name(key): key for key in _packages(text, place)}
    near = nearest(name, there)
    if near and not cures:
        cures = [f"envplan remove {near}" + (f" --group {place.group}" if place.group else "")]
    ours = _listed_by_the_project(text, name) if place.tables else None
    return Problem(
        CODE,
        f"there is no package {shown(written)!r} to remove",
        found=(Said(", ".join(there.values()) or "no packages", place.origin),),
        why=(Said(f"{shown(ours)} stands in [project] dependencies, which envplan leaves to you"),)
        if ours
        else (),
        cures=tuple(cures),
    )


def _listed_by_the_project(text: str, name: str) -> str | None:
    project = tomllib.loads(text).get("project")
    listed = project.get("dependencies") if isinstance(project, dict) else None
    for item in listed if isinstance(listed, list) else ():
        found = re.match(r"\s*([A-Za-z0-9._-]+)", item) if isinstance(item, str) else None
        if found and canonicalize_name(found[1]) == name:
            return str(item)
    return None


def _set(text: str, path: tuple[str, ...], value: str | None) -> str:
    """Set or drop a value, and make sure of it: a TOML text can be written in surprising ways."""
    from tomlkit.exceptions import TOMLKitError

    try:
        after = without_value(text, path) if value is None else with_value(text, path, value)
        if does(text, after, path, value):
            return after
    except (ValueError, TOMLKitError):
        pass
    name = ".".join(dotted(part) for part in path)
    raise EnvplanError(
        Problem(
            CODE,
            f"{name} cannot be changed without touching what stands around it",
            why=(Said("the file writes it in a way that envplan does not edit; nothing was changed"),),
            cures=(f"remove {name} by hand" if value is None else f"{name} = {value}   (by hand)",),
        )
    )

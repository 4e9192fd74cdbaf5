"""A spec from [tool.envplan] and the dependency lists around it: pyproject.toml, and scripts (PEP 723)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from envplan.documents import Reading, Table
from envplan.documents.reading import shown
from envplan.spec import DEFAULT_NAME
from envplan.spec.decode import CODE, spec_in
from envplan.spec.grammar.names import fitting_environment_name, is_variant
from envplan.spec.lists.listed import joined, requirement, together
from envplan.spec.model import Requirement, Spec
from envplan.values.names import normal
from envplan.values.records import replace

_BLOCK = re.compile(
    r"(?m)^# /// (?P<type>[a-zA-Z0-9-]+)$\s(?P<content>(^#(| .*)$\s)+)^# ///$"
)  # as PEP 723 gives it
Groups = dict[str, tuple[Requirement, ...]]


def holds_spec(data: bytes, file: str) -> bool:
    """Whether a pyproject.toml has a [tool.envplan]."""
    if b"envplan" not in data:
        return False
    tool = Reading(file, CODE).parse(data).get("tool")
    return isinstance(tool, dict) and "envplan" in tool


def decode_project(data: bytes, file: str = "pyproject.toml") -> Spec:
    """Read [tool.envplan] and [project]."""
    reading = Reading(file, CODE)
    document = reading.parse(data)
    top = Table(reading, document)
    project = top.table("project") or Table(reading, {}, ("project",))
    listed = _list(project, "dependencies")
    groups = _groups(top, project)
    _note_what_is_not_read(reading, document)
    return _finished(reading, document, listed, groups, project)


def decode_script(data: bytes, file: str) -> Spec:
    """Read the block of a script that says what the script needs."""
    reading = Reading(file, CODE)
    text = reading.decode(data).replace("\r\n", "\n")
    blocks = [found for found in _BLOCK.finditer(text) if found["type"] == "script"]
    if len(blocks) != 1:
        reading.refuse(
            (),
            "two blocks say what the script needs" if blocks else "the script does not say what it needs",
            why="a script has one block that starts with '# /// script' and ends with '# ///'",
        )
        reading.finish()
    content = "".join(
        line[2:] if line.startswith("# ") else line[1:] for line in blocks[0]["content"].splitlines(True)
    )
    document = reading.parse(content.encode())
    top = Table(reading, document)
    return _finished(reading, document, _list(top, "dependencies"), {}, top)


def _finished(
    reading: Reading,
    document: Mapping[str, Any],
    listed: tuple[Requirement, ...],
    groups: Groups,
    around: Table,
) -> Spec:
    tool = Table(reading, document).table("tool")
    ours = tool.table("envplan") if tool else None
    own = spec_in(ours or Table(reading, {}, ("tool", "envplan")))
    requires = _requires_python(around)
    _refuse_disagreement(reading, own, requires, around.origin("requires-python"))
    if (
        not listed
        and "dependencies" not in around
        and not (ours and ("packages" in ours or "groups" in ours))
    ):
        reading.refuse(
            ("tool", "envplan", "packages"),
            "there are no packages",
            why="[project] lists no dependencies, and [tool.envplan.packages] is missing",
            cures=["envplan add torch"],
        )
    reading.finish()
    names = dict(own.groups)
    every = {name: together(names.get(name, ()), groups.get(name, ())) for name in {**names, **groups}}
    return replace(
        own,
        name=own.name if own.name != DEFAULT_NAME else _named_after(around),
        packages=together(own.packages, listed),
        groups=tuple(every.items()),
        requires_python=requires,
        notes=tuple(reading.notes),
    )


def _named_after(project: Table) -> str:
    """Call an environment that has no name of its own as the project is called."""
    name = project.data.get("name")
    return (fitting_environment_name(name) if isinstance(name, str) else None) or DEFAULT_NAME


def _list(table: Table, key: str) -> tuple[Requirement, ...]:
    texts = table.data.get(key)
    found = [
        requirement(table.reading, (*table.path, f"{key}[{index}]"), text)
        for index, text in enumerate(texts if isinstance(texts, list) else [])
        if isinstance(text, str)
    ]
    table.texts(key)  # refuses whatever is no list of texts
    return joined(one for one in found if one)


def _requires_python(table: Table) -> SpecifierSet:
    text = table.text("requires-python")
    try:
        return SpecifierSet(text or "")
    except InvalidSpecifier:
        table.refuse(
            "requires-python",
            f"{shown(text)!r} is not a range of Python versions",
            found=shown(text),
            why='such as ">=3.11"',
        )
        return SpecifierSet()


def _refuse_disagreement(reading: Reading, own: Spec, requires: SpecifierSet, origin: str) -> None:
    fitting = [python for python in own.pythons if replace(own, requires_python=requires).runs_on(python)]
    for python in own.pythons:
        if python not in fitting:
            reading.refuse(
                ("tool", "envplan", "env", "python"),
                f"Python {python} is not one that the project runs on",
                found=str(python),
                why=f"{origin} says {requires}",
                cures=[f'python = "{fitting[0]}"'] if fitting else [],
            )


def _groups(top: Table, project: Table) -> Groups:
    """Read optional dependencies and dependency groups, which both are groups here."""
    groups: Groups = {}
    optional = project.table("optional-dependencies")
    for key in optional.data if optional else ():
        assert optional is not None
        groups[normal(key)] = _list(optional, key)
    lists = top.table("dependency-groups")
    for key in lists.data if lists else ():
        assert lists is not None
        found = joined([*groups.get(normal(key), ()), *_group(lists, key, ())])
        groups[normal(key)] = found
    for name in [name for name in groups if is_variant(name)]:
        top.reading.note(
            ("project", "optional-dependencies", name),
            f"the group {name} is left out",
            why="it picks an accelerator by hand; envplan does that for each machine",
        )
        del groups[name]
    return groups


def _group(lists: Table, key: str, above: tuple[str, ...]) -> list[Requirement]:
    """Read one group with those that it includes."""
    items = lists.raw(key)
    if not isinstance(items, list):
        lists.texts(key)
        return []
    found: list[Requirement] = []
    for index, item in enumerate(items):
        place = f"{key}[{index}]"
        if isinstance(item, str):
            read = requirement(lists.reading, (*lists.path, place), item)
            found += [read] if read else []
            continue
        name = item.get("include-group") if isinstance(item, dict) else None
        included = next(
            (one for one in lists.data if isinstance(name, str) and normal(one) == normal(name)), None
        )
        if included is None:
            lists.refuse(place, "neither a requirement nor a group that exists", found=shown(item))
        elif included in (*above, key):
            lists.refuse(place, f"the group {included} includes itself", found=shown(item))
        else:
            found += _group(lists, included, (*above, key))
    return found


def _note_what_is_not_read(reading: Reading, document: Mapping[str, Any]) -> None:
    """Say what other tools would have read here; whoever relies on it must know."""
    project, tool = document.get("project"), document.get("tool")
    dynamic = project.get("dynamic") if isinstance(project, dict) else None
    if isinstance(dynamic, list) and "dependencies" in dynamic:
        reading.note(
            ("project", "dynamic"),
            "the dependencies are not in the file",
            severity="warning",
            why="they are computed when the project is built; write them under [tool.envplan.packages]",
        )
    for name, keys in (
        ("uv", ("sources", "index")),
        ("poetry", ("dependencies", "source")),
        ("pdm", ("source",)),
    ):
        table = tool.get(name) if isinstance(tool, dict) else None
        for key in keys:
            if isinstance(table, dict) and key in table:
                reading.note(
                    ("tool", name, key),
                    f"[tool.{name}] {key} is not read",
                    severity="warning",
                    why="indexes stand under [tool.envplan.indexes], packages under [tool.envplan.packages]",
                )

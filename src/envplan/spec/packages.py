"""The packages of a spec: one requirement an entry, whichever of its forms it is written in."""

from __future__ import annotations

from packaging.specifiers import SpecifierSet

from envplan.documents import Table
from envplan.documents.reading import shown
from envplan.spec.grammar.accelerators import accelerator
from envplan.spec.grammar.names import PUBLISHED_AS, extra_name, package_name
from envplan.spec.grammar.places import git_rev, git_url, source_path
from envplan.spec.grammar.taking import dotted, list_taken, taken, text_taken
from envplan.spec.grammar.versions import GRAMMAR, asked_versions
from envplan.spec.model import FromGit, FromIndex, FromPath, Location, Requirement

# Keys of other tools, and what says the same here.
_ELSEWHERE = {
    "branch": "rev",
    "commit": "rev",
    "develop": "editable",
    "ref": "rev",
    "tag": "rev",
    "url": "git",
}
_CONDITION = "a pyproject.toml, whose dependencies may have conditions: [tool.envplan] stands beside them"
_FORMS = 'a package is name = "version" or name = { version = "...", extras = ["..."] }'


def requirements(table: Table) -> tuple[Requirement, ...]:
    """Read a table of packages, in the order in which they are written."""
    found: dict[str, Requirement] = {}
    spelled: dict[str, str] = {}
    for key in table.data:
        name = taken(table, dotted(key), key, package_name)
        requirement = _requirement(table, key, name or "unnamed")
        if name is None:
            continue
        if name in found:
            table.refuse(
                dotted(key),
                f"{name} is there twice",
                found=f"{shown(spelled[name])} and {shown(key)}",
                why="upper and lower case, and - _ . are the same in the name of a package",
                cures=[f"remove {dotted(key)}"],
            )
            continue
        found[name], spelled[name] = requirement, key
        _note_namesake(table, key, name)
    return tuple(found.values())


def _note_namesake(table: Table, key: str, name: str) -> None:
    if name in PUBLISHED_AS:
        table.reading.note(
            (*table.path, dotted(key)),
            f"{name} is published as {PUBLISHED_AS[name]}",
            severity="warning",
            found=shown(key),
            why=f"a package called {name} is empty or another one; {PUBLISHED_AS[name]} is probably meant",
        )


def _requirement(table: Table, key: str, name: str) -> Requirement:
    value = table.raw(key)
    if isinstance(value, str):
        specifier = taken(table, dotted(key), value, asked_versions)
        return Requirement(
            name, table.origin(dotted(key)), asked=value.strip(), specifier=specifier or SpecifierSet()
        )
    if isinstance(value, dict):
        return _from_table(Table(table.reading, value, (*table.path, dotted(key))), key, name)
    _refuse_kind(table, dotted(key), value)
    return Requirement(name, table.origin(dotted(key)))


def _refuse_kind(table: Table, key: str, value: object) -> None:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    table.refuse(
        key,
        "a version is written in quotes" if number else f"{shown(value)} says nothing about a package",
        found=shown(value),
        why="without them 2.10 is the number 2.1" if number else f"{_FORMS}; {GRAMMAR}",
        cures=[f'{key} = "{shown(value)}"'] if number else [f'{key} = "*"'],
    )


def _from_table(table: Table, key: str, name: str) -> Requirement:
    location = _location(table)
    version = _version(table)
    specifier = None if version is None else taken(table, "version", version, asked_versions)
    requirement = Requirement(
        name,
        table.origin(),
        asked=(version or "*").strip(),
        specifier=specifier or SpecifierSet(),
        extras=list_taken(table, "extras", extra_name),
        accelerator=text_taken(table, "accelerator", accelerator),
        location=location,
    )
    if version is not None and not isinstance(location, FromIndex):
        place = "path" if isinstance(location, FromPath) else "git"
        table.refuse(
            "version",
            f"version and {place} exclude each other",
            found=shown(version),
            why=f"the version is what the {'folder' if place == 'path' else 'repository'} holds",
            cures=[f"remove version, or remove {place}"],
        )
    _refuse_others(table, key)
    return requirement


def _version(table: Table) -> str | None:
    value = table.raw("version")
    if value is not None and not isinstance(value, str):
        _refuse_kind(table, "version", value)
        return None
    return value


def _location(table: Table) -> Location:
    path, git = text_taken(table, "path", source_path), text_taken(table, "git", git_url)
    editable, rev = table.flag("editable"), text_taken(table, "rev", git_rev)
    if "path" in table and "git" in table:
        table.refuse("git", "path and git exclude each other", cures=["remove one of them"])
    if "editable" in table and "path" not in table:
        table.refuse(
            "editable", "editable without a path", why="only a folder beside the spec can be edited in place"
        )
    if "rev" in table and "git" not in table:
        table.refuse("rev", "rev without git", why="it names a commit, tag or branch of a git repository")
    if path is not None:
        return FromPath(path, bool(editable))
    return FromGit(git, rev) if git is not None else FromIndex()


def _refuse_others(table: Table, key: str) -> None:
    """Refuse unknown keys; say it outright where another tool's word or a dot in the name is the cause."""
    known = {"version", "extras", "accelerator", "path", "editable", "git", "rev"}
    for other in table.data:
        if other in known:
            continue
        if other in _ELSEWHERE:
            table.raw(other)
            meant = _ELSEWHERE[other]
            table.refuse(other, f"{other} is called {meant} here", cures=[f"rename it to {meant}"])
        elif other in ("marker", "markers", "platform", "python"):
            table.raw(other)
            table.refuse(
                other,
                "a package has no conditions",
                found=shown(table.data[other]),
                why="envplan decides for each machine by itself what it can run",
                cures=["remove it", _CONDITION],
            )
        elif known.isdisjoint(table.data) and isinstance(table.data[other], (str, dict)):
            table.raw(other)
            whole = dotted(f"{key}.{other}")
            table.refuse(
                dotted(other),
                f"a name with a dot in it is written in quotes: {whole}",
                found=f"{shown(key)}.{shown(other)}",
                why="TOML reads a dot outside of quotes as a table inside a table",
                cures=[f'{whole} = "*"'],
            )
    table.finish()

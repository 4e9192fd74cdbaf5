"""envplan.toml to a Spec, with everything that is wrong in it said at once."""

from __future__ import annotations

from envplan.documents import Reading, Table
from envplan.documents.reading import shown
from envplan.spec import DEFAULT_NAME
from envplan.spec.grammar.accelerators import accelerator
from envplan.spec.grammar.names import environment_name, group_name
from envplan.spec.grammar.pythons import python
from envplan.spec.grammar.taking import dotted, list_taken, taken, text_taken
from envplan.spec.model import Accelerator, Auto, Requirement, Spec
from envplan.spec.packages import requirements
from envplan.spec.sections import indexes, options, targets
from envplan.values.records import replace
from envplan.values.versions import Python

CODE = "EP101"

# What other tools call these tables.
_ELSEWHERE = {
    "dependencies": "packages",
    "requirements": "packages",
    "dev-dependencies": "groups.dev",
    "dependency-groups": "groups",
    "environment": "env",
    "project": "env",
    "sources": "indexes",
}


def decode(data: bytes, file: str = "envplan.toml") -> Spec:
    """Read the bytes of an envplan.toml."""
    reading = Reading(file, CODE)
    table = Table(reading, reading.parse(data))
    spec = spec_in(table)
    if "packages" not in table and "groups" not in table:
        reading.refuse(
            ("packages",),
            "there are no packages",
            why="a spec says under [packages] what the environment needs",
            cures=["envplan add torch"],
        )
    reading.finish()
    return replace(spec, notes=tuple(reading.notes))


def spec_in(table: Table) -> Spec:
    """Read the tables of a spec, wherever they stand; what is wrong is noted in the table's reading."""
    name, pythons, wanted = _environment(table)
    packages = table.table("packages")
    platforms, profiles = targets(table)
    spec = Spec(
        name=name,
        origin=table.reading.file,
        packages=requirements(packages) if packages else (),
        pythons=pythons,
        python_origin=table.reading.origin((*table.path, "env", "python")) if pythons else "",
        accelerator=wanted or Auto(),
        accelerator_origin=table.reading.origin((*table.path, "env", "accelerator")) if wanted else "",
        groups=_groups(table),
        platforms=platforms,
        profiles=profiles,
        indexes=indexes(table),
        options=options(table),
    )
    _refuse_others(table)
    return spec


def _environment(table: Table) -> tuple[str, tuple[Python, ...], Accelerator | None]:
    env = table.table("env")
    if env is None:
        return DEFAULT_NAME, (), None
    name = text_taken(env, "name", environment_name) or DEFAULT_NAME
    wanted = text_taken(env, "accelerator", accelerator)
    pythons = _pythons(env)
    env.finish()
    return name, pythons, wanted


def _pythons(env: Table) -> tuple[Python, ...]:
    value = env.data.get("python")
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        env.raw("python")
        meant = "3.10" if value == 3.1 else shown(value)  # 3.10 without quotes is the number 3.1
        env.refuse(
            "python",
            "a version is written in quotes",
            found=shown(value),
            why="without them 3.10 is the number 3.1",
            cures=[f'python = "{meant}"'],
        )
        return ()
    if value == []:
        env.raw("python")
        env.refuse("python", "no version of Python is named", cures=['python = "3.11"'])
        return ()
    if not isinstance(value, (str, list)) and value is not None:
        env.text("python")
        return ()
    return list_taken(env, "python", python, one=True)


def _groups(table: Table) -> tuple[tuple[str, tuple[Requirement, ...]], ...]:
    groups = table.table("groups")
    found: dict[str, tuple[Requirement, ...]] = {}
    for key, value in (groups.data if groups else {}).items():
        assert groups is not None
        name = taken(groups, dotted(key), key, group_name)
        if not isinstance(value, dict):
            groups.refuse(
                dotted(key),
                "a group is a table of packages",
                found=shown(value),
                cures=[f"[groups.{dotted(key)}]"],
            )
            continue
        wanted = requirements(Table(table.reading, value, (*groups.path, dotted(key))))
        if name in found:
            groups.refuse(dotted(key), f"the group {name} is there twice", found=shown(key))
        elif name:
            found[name] = wanted
    return tuple(found.items())


def _refuse_others(table: Table) -> None:
    for key, meant in _ELSEWHERE.items():
        if key in table:
            table.raw(key)
            table.refuse(key, f"[{key}] is called [{meant}] here", cures=[f"rename it to [{meant}]"])
    if not table.path and "tool" in table:
        table.raw("tool")
        table.refuse(
            "tool",
            "[tool.envplan] belongs into pyproject.toml",
            why="in envplan.toml its tables stand at the top: [env], [packages]",
            cures=["rename [tool.envplan.packages] to [packages], and so on"],
        )
    table.finish()

"""Small changes to a spec: what the cures try, and what their lines say when somebody types them."""

from __future__ import annotations

import re
import tomllib

from envplan.documents import Reading, Table
from envplan.planner.attempt import Try
from envplan.planner.model import Wish
from envplan.problems import EnvplanError
from envplan.spec.grammar.accelerators import accelerator
from envplan.spec.model import Accelerator, Requirement, Spec
from envplan.spec.packages import requirements
from envplan.values.records import replace
from envplan.values.specifiers import specifier
from envplan.values.versions import Python

_REMOVED = re.compile(r"envplan remove ([\w.-]+)")


def with_spec(tried: Try, **changes: object) -> Try:
    """The same machine, and a spec changed in these fields."""
    changed: Spec = replace(tried.spec, **changes)  # type: ignore[arg-type]
    return replace(tried, spec=changed)


def replaced(tried: Try, old: Requirement | None, new: Requirement) -> Try:
    """One package's wish exchanged for another, wherever it stands."""

    def swap(packages: tuple[Requirement, ...]) -> tuple[Requirement, ...]:
        return tuple(new if old is not None and one.name == old.name else one for one in packages)

    groups = tuple((name, swap(packages)) for name, packages in tried.spec.groups)
    return with_spec(tried, packages=swap(tried.spec.packages), groups=groups)


def freed(requirement: Requirement) -> Requirement:
    """The same package in any version."""
    return replace(requirement, asked="*", specifier=specifier("*"))


def with_lead(tried: Try, wish: Wish, lead: Requirement) -> Try:
    """The leading package's wish exchanged, and its companions left free to follow it."""
    changed = replaced(tried, wish.lead, lead)
    for requirement in wish.companions:
        changed = replaced(changed, requirement, freed(requirement))
    return changed


def with_accelerator(tried: Try, wish: Wish, wanted: Accelerator, *, alone: bool) -> Try:
    """Another accelerator: the environment's, or the package's own where it has one or is not alone."""
    if wish.lead is not None and (wish.lead.accelerator is not None or not alone):
        return replaced(tried, wish.lead, replace(wish.lead, accelerator=wanted))
    return with_spec(tried, accelerator=wanted)


def accelerator_line(wish: Wish, value: str, remark: str, *, alone: bool) -> str:
    """The line that makes the same change in the spec."""
    lead = wish.lead
    if lead is None or (lead.accelerator is None and alone):
        return f'accelerator = "{value}"   # {remark}'
    extras = f", extras = {list(lead.extras)}".replace("'", '"') if lead.extras else ""
    return f'{lead.name} = {{ version = "{lead.asked}"{extras}, accelerator = "{value}" }}   # {remark}'


def typed(tried: Try, line: str) -> Try | None:
    """What the spec is after somebody has typed a line; none where the line is no change to a spec."""
    text = line.split("   #")[0].strip()
    if found := _REMOVED.fullmatch(text):
        packages = tuple(one for one in tried.spec.packages if one.name != found[1])
        return with_spec(tried, packages=packages)
    try:
        data = tomllib.loads(text)
        if "accelerator" in data:
            return with_spec(tried, accelerator=accelerator(data["accelerator"]))
        if "python" in data:
            return with_spec(tried, pythons=(Python.parse(data["python"]),))
        reading = Reading("cure", "EP101")
        changed = tried
        for requirement in requirements(Table(reading, data)):
            old = next((one for one in tried.spec.packages if one.name == requirement.name), None)
            if old is None:
                changed = with_spec(changed, packages=(*changed.spec.packages, requirement))
            else:
                kept = replace(requirement, extras=requirement.extras or old.extras)
                changed = replaced(changed, old, kept)
        reading.finish()
    except (tomllib.TOMLDecodeError, ValueError, EnvplanError):
        return None  # words for a person
    return changed

"""From the spec's packages to one wish a framework, in the order the spec names them."""

from __future__ import annotations

from envplan.catalog.model import Catalog, Framework
from envplan.planner.model import Wish
from envplan.spec.model import FromIndex, Requirement, Spec


def wishes(spec: Spec, catalog: Catalog) -> tuple[Wish, ...]:
    """Gather what is wanted of each framework, with those that others bring along at the end."""
    order: list[Framework] = []
    for requirement in everything(spec):
        framework = _framework(requirement, spec, catalog)
        if framework and framework not in order:
            order.append(framework)
    for framework in list(order):
        for name in (framework.follows, *framework.implies):
            implied = catalog.frameworks.get(name) if name else None
            if implied and implied not in order:
                order.append(implied)
    return tuple(_wish(framework, spec, catalog) for framework in order)


def others(spec: Spec, catalog: Catalog) -> tuple[Requirement, ...]:
    """List the packages that no framework decides."""
    return tuple(one for one in everything(spec) if not _framework(one, spec, catalog))


def everything(spec: Spec) -> tuple[Requirement, ...]:
    """All packages, those of groups last; what several places ask of one is joined."""
    found: dict[str, Requirement] = {}
    for requirement in spec.everything:
        before = found.get(requirement.name)
        found[requirement.name] = before.with_also(requirement) if before else requirement
    return tuple(found.values())


def _framework(requirement: Requirement, spec: Spec, catalog: Catalog) -> Framework | None:
    if not isinstance(requirement.location, FromIndex):
        return None  # a folder or a repository is what it is
    companion = (one for one in catalog.frameworks.values() if requirement.name in one.plain)
    framework = catalog.framework_of(requirement.name) or next(companion, None)
    if framework and requirement.name in spec.options.allow_sdist and not _has_wheels(framework, catalog):
        return None  # built from source, as the spec allows: there is nothing to choose from
    return framework


def _has_wheels(framework: Framework, catalog: Catalog) -> bool:
    projects = {way.project for way in framework.ways}
    return any(projects & listed.keys() for listed in catalog.listing.values())


def _wish(framework: Framework, spec: Spec, catalog: Catalog) -> Wish:
    asked = tuple(one for one in everything(spec) if _framework(one, spec, catalog) is framework)
    own = next((one for one in asked if one.accelerator is not None), None)
    if own is not None and own.accelerator is not None:
        return Wish(framework, own.accelerator, own.origin, asked)
    return Wish(framework, spec.accelerator, spec.accelerator_origin or spec.origin, asked)

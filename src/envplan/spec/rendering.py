"""A spec as programs read it, in the JSON of every command that shows one."""

from __future__ import annotations

from typing import Any

from envplan.spec.model import FromGit, FromPath, Requirement, Spec


def spec_json(spec: Spec) -> dict[str, Any]:
    """Return what schemas/output.schema.json calls a spec."""
    options = spec.options
    return {
        "name": spec.name,
        "file": spec.origin,
        "python": [str(python) for python in spec.pythons],
        "requires-python": str(spec.requires_python),
        "accelerator": str(spec.accelerator),
        "packages": [_requirement(one) for one in spec.packages],
        "groups": {name: [_requirement(one) for one in wanted] for name, wanted in spec.groups},
        "platforms": [str(platform) for platform in spec.platforms],
        "profiles": list(spec.profiles),
        "indexes": [
            {"name": index.name, "url": index.url, "packages": list(index.packages)} for index in spec.indexes
        ],
        "options": {
            "same-versions": options.same_versions,
            "exclude-newer": options.exclude_newer,
            "allow-sdist": list(options.allow_sdist),
            "startup-code": None if options.startup_code is None else list(options.startup_code),
            "ignore-pitfalls": list(options.ignore_pitfalls),
        },
    }


def _requirement(one: Requirement) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "name": one.name,
        "version": one.asked,
        "specifier": str(one.specifier),
        "extras": list(one.extras),
        "origin": one.origin,
    }
    if one.accelerator is not None:
        shown["accelerator"] = str(one.accelerator)
    if one.marker is not None:
        shown["marker"] = one.marker
    match one.location:
        case FromPath(path, editable):
            shown |= {"path": path, "editable": editable}
        case FromGit(url, rev):
            shown |= {"git": url, "rev": rev}
        case _:
            pass
    return shown

"""Digests of what a lock is made from: the same wishes give the same digest, however they are written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from envplan.lockfile.seal import digest_of
from envplan.spec.model import Index, Options, Requirement, Spec
from envplan.values.records import fields


def spec_digest(spec: Spec) -> str:
    """Digest what is wished for; comments, order and the place of the file do not count."""
    return digest_of(
        {
            "name": spec.name,
            "packages": _wishes(spec.packages),
            "pythons": sorted(str(python) for python in spec.pythons),
            "accelerator": str(spec.accelerator),
            "groups": {name: _wishes(wanted) for name, wanted in spec.groups},
            "platforms": sorted(str(platform) for platform in spec.platforms),
            "profiles": sorted(spec.profiles),
            "indexes": sorted((_index(index) for index in spec.indexes), key=digest_of),
            "options": _options(spec.options),
            "requires-python": str(spec.requires_python),
        }
    )


def document_digest(document: Mapping[str, Any]) -> str:
    """Digest a spec as it is written, parsed by nothing but TOML: where this fits, the wishes are the same.

    Another spelling of the same wishes gives another digest; then the digest of the wishes decides.
    """
    return digest_of(document)


def _wishes(wanted: tuple[Requirement, ...]) -> list[dict[str, Any]]:
    return sorted((_wish(one) for one in wanted), key=digest_of)


def _wish(one: Requirement) -> dict[str, Any]:
    return {
        "name": one.name,
        "specifier": str(one.specifier),
        "extras": sorted(one.extras),
        "accelerator": None if one.accelerator is None else str(one.accelerator),
        "location": {"kind": type(one.location).__name__, **_members(one.location)},
        "marker": one.marker,
    }


def _index(index: Index) -> dict[str, Any]:
    # Patterns are asked in their order: the first that fits binds a name.
    return {"url": index.url, "packages": list(index.packages)}


def _options(options: Options) -> dict[str, Any]:
    return {
        key: sorted(value) if isinstance(value, tuple) else value for key, value in _members(options).items()
    }


def _members(value: Any) -> dict[str, Any]:
    return {field.name: getattr(value, field.name) for field in fields(value)}

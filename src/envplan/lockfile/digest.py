"""Digests of what a lock is made from: the same wishes give the same digest, however they are written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from envplan.catalog.model import Catalog
from envplan.lockfile.seal import digest_of
from envplan.spec.model import Index, Options, Requirement, Spec


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
    return digest_of(_plain(document))


def catalog_digest(catalog: Catalog) -> str:
    """Digest what was known when the lock was made."""
    return digest_of(_plain(catalog))


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


def _plain(value: Any) -> Any:
    """Make a value one of tables, lists, texts and numbers; what has no order is sorted."""
    match value:
        case None | bool() | int() | float() | str():
            return value
        case Mapping():
            return {str(key): _plain(one) for key, one in value.items()}
        case list() | tuple():
            return [_plain(one) for one in value]
        case frozenset() | set():
            return sorted((_plain(one) for one in value), key=digest_of)
        case _ if is_dataclass(value):
            return _plain(_members(value))
        case _:
            return str(value)

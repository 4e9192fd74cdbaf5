"""The parts that catalog rows share: evidence, scope, and lists of parsed values."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from functools import cache
from typing import TypeVar

from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from envplan.catalog.places import DEFAULT_INDEX
from envplan.documents import Table
from envplan.values.evidence import METHODS, Evidence
from envplan.values.platforms import Platform
from envplan.values.specifiers import need, specifier
from envplan.values.tags import PlatformTag, PythonTag, platform_tags, python_tag
from envplan.values.variants import Variant

T = TypeVar("T")
Scope = tuple[tuple[SpecifierSet, ...], tuple[str, ...], tuple[Platform, ...], Evidence]

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_PATTERN = re.compile(r"(?=.*[*?])(?:cu|rocm|[*?])[a-z0-9.*?]*")  # with at least one * or ?
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_INDEX = re.compile(r"https?://[^\s/@{}]+(?:/(?:\{variant\}|[^\s@{}/?#]+))*")

# The same few texts stand in hundreds of rows.
platform = cache(Platform.parse)
versions = cache(specifier)
tags = cache(platform_tags)


def each(table: Table, key: str, decode: Callable[[Table], T | None]) -> tuple[T, ...]:
    """Decode every table of a list; those with faults are left out (the reading holds the faults)."""
    found = []
    for row in table.tables(key):
        value = decode(row)
        row.finish()
        if value is not None:
            found.append(value)
    return tuple(found)


def texts(row: Table, key: str, parse: Callable[[str], T], *, required: bool = False) -> tuple[T, ...]:
    """Read a list of strings and make each a value."""
    if required and not row.data.get(key):
        row.raw(key)
        row.refuse(key, f"{key} is missing")
        return ()
    found = [row.parse(key, text, parse) for text in row.texts(key)]
    return tuple(value for value in found if value is not None)


def said(row: Table, key: str) -> str:
    """Read a sentence that must be there."""
    return (row.text(key, required=True) or "").strip()


def evidence(row: Table) -> Evidence:
    """Read where a row comes from."""
    method = row.text("method", required=True, among=METHODS)
    return Evidence(
        said(row, "source"),
        row.parsed("seen", day, required=True) or "",
        next((known for known in METHODS if known == method), "inferred"),
    )


def scope(row: Table) -> Scope:
    """Read which builds a row speaks of."""
    return (
        texts(row, "versions", versions),
        texts(row, "variants", pattern),
        texts(row, "platforms", platform),
        evidence(row),
    )


def day(text: str) -> str:
    """Read "2026-11-20"."""
    if not _DATE.fullmatch(text):
        raise ValueError(f"{text!r} is not a date such as 2026-11-20")
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise ValueError(f"{text!r} is not a day of any calendar") from None


@cache
def pattern(text: str) -> str:
    """Read a variant, or a pattern of variants: "cu121", "cu12*", "rocm*"."""
    if not _PATTERN.fullmatch(text):
        Variant(text)
    return text


def name(text: str) -> str:
    """Read the name of a package."""
    if not _NAME.fullmatch(text):
        raise ValueError(f"{text!r} is not the name of a package")
    return canonicalize_name(text)


def index(text: str) -> str:
    """Read an index: an http(s) URL, in which {variant} may stand, or "default"."""
    text = text.rstrip("/")
    if text != DEFAULT_INDEX and not _INDEX.fullmatch(text):
        raise ValueError(
            f"{text!r} is not an index such as https://download.pytorch.org/whl/{{variant}}, "
            'nor "default" for the default index'
        )
    return text


@cache
def version(text: str) -> Version:
    """Read a version as it is published."""
    try:
        return Version(text)
    except InvalidVersion:
        raise ValueError(f"{text!r} is not a version such as 2.2.1") from None


requirement = cache(need)


@cache
def platform_tag(text: str) -> tuple[PlatformTag, ...]:
    """Read the platform part of a wheel's file name."""
    found = tuple(tag for tag in tags(text) if tag.os is None or tag.arches)
    if not found:
        raise ValueError(f"{text!r} is not a platform tag such as manylinux_2_28_x86_64 or win_amd64")
    return found


@cache
def python(text: str) -> PythonTag:
    """Read the Python of a wheel, in the short form of listings."""
    found = python_tag(text)
    if not found:
        raise ValueError(
            f'{text!r} is not a Python such as "311" (only 3.11), "38+" (3.8 and later) or "any"'
        )
    return found

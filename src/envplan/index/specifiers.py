"""Requires-Python as pages have it, which was not always checked."""

from __future__ import annotations

import re

from packaging.specifiers import InvalidSpecifier, SpecifierSet


def specifiers(text: str) -> SpecifierSet | None:
    """Read Requires-Python; >=3.5.* of old releases means >=3.5, and what cannot be read is none."""
    try:
        return SpecifierSet(text)
    except InvalidSpecifier:
        pass
    try:
        return SpecifierSet(re.sub(r"([<>]=?\s*[0-9.]+)\.\*", r"\1", text))
    except InvalidSpecifier:
        return None

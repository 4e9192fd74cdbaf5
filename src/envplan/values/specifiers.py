"""Versions as people write them in specs and catalog rows, and what they admit."""

from __future__ import annotations

import re

from packaging.specifiers import InvalidSpecifier, SpecifierSet

_SERIES = re.compile(r"[0-9]+(\.[0-9]+)?")
_EXACT = re.compile(r"[0-9]+(\.[0-9]+){2,}[0-9A-Za-z.+!-]*|[0-9]+(\.[0-9]+)*[a-z.+][0-9A-Za-z.+-]*")


def specifier(text: str) -> SpecifierSet:
    """Read "2.2" (that series), "2.2.1" (exactly), ">=2,<3" (PEP 440) or "*" (any)."""
    text = text.strip()
    if text == "*":
        return SpecifierSet()
    if _SERIES.fullmatch(text):
        return SpecifierSet(f"=={text}.*")
    try:
        if _EXACT.fullmatch(text):
            return SpecifierSet(f"=={text}")
        if text:
            return SpecifierSet(text)
    except InvalidSpecifier:
        pass
    raise ValueError(f'{text!r} is not a version such as "2.2", "2.2.1", ">=2,<3" or "*"')

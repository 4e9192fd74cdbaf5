"""Versions as people write them in specs and catalog rows, and what they admit."""

from __future__ import annotations

import re

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from envplan.values.records import dataclass

_SERIES = re.compile(r"[0-9]+(\.[0-9]+)?")
_EXACT = re.compile(r"[0-9]+(\.[0-9]+){2,}[0-9A-Za-z.+!-]*|[0-9]+(\.[0-9]+)*[a-z.+][0-9A-Za-z.+-]*")


def specifier(text: str) -> SpecifierSet:
    """Read "2.2" (that series), "2.2.1" (exactly), ">=2,<3" (PEP 440) or "*" (any)."""
    text = text.strip(" ")
    if not text.isprintable():
        raise ValueError(f"{text!r} holds characters that no version has")
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


_NEED = re.compile(r"([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?:\[([^][]*)\])?\s*([^;@]*)")


@dataclass(frozen=True)
class Need:
    """A package, and the versions of it that will do: a requirement without markers or URLs.

    packaging's own Requirement reads more, and takes ten times as long; a plan reads hundreds.
    """

    name: str
    specifier: SpecifierSet
    extras: tuple[str, ...] = ()

    def __str__(self) -> str:
        extras = f"[{','.join(self.extras)}]" if self.extras else ""
        return f"{self.name}{extras}{self.specifier}"


def need(text: str) -> Need:
    """Read "numpy<2" or "jax[cuda12]"."""
    from packaging.utils import canonicalize_name  # 6 ms that whoever reads versions alone does without

    found = _NEED.fullmatch(text.strip())
    if found:
        try:
            extras = sorted(extra.strip() for extra in (found[2] or "").split(",") if extra.strip())
            return Need(canonicalize_name(found[1]), SpecifierSet(found[3].strip()), tuple(extras))
        except InvalidSpecifier:
            pass
    raise ValueError(f"{text!r} is not a requirement such as numpy<2")

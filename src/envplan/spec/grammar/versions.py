"""Versions as a spec writes them, and the spellings of other tools with their PEP 440 form."""

from __future__ import annotations

import re

from packaging.specifiers import SpecifierSet

from envplan.documents.reading import shown
from envplan.spec.grammar.refusal import Refusal, plain
from envplan.values.specifiers import specifier

GRAMMAR = (
    '"2.2" is any 2.2 release, "2.2.1" exactly that one, ">=2.2,<3" a range, "*" any version; '
    "the comparisons are == != <= >= < > ~="
)

_COMPARISON = re.compile(r"\s*(?:~=|==|!=|<=|>=|<|>)")
_ANY = {"latest", "newest", "any", "stable", "x"}
_TURNED = {"=>": ">=", "=<": "<=", "=": "=="}


def asked_versions(text: str) -> SpecifierSet:
    """Read what a spec asks of a version; refuse all else with what was probably meant."""
    if not text.strip():
        raise Refusal("an empty version", GRAMMAR, meant=["*"])
    text = plain(text, "a version")
    _refuse_other_things(text)
    if meant := _other_spelling(text):
        raise Refusal(f"{shown(text)!r} is not a version as Python packages write it", GRAMMAR, meant=[meant])
    if re.fullmatch(r"[0-9.]+\.\*", text):
        text = f"=={text}"
    if not _reads(text) or "===" in text:  # PEP 440 takes anything at all after ===
        raise Refusal(f"{shown(text)!r} is not a version", GRAMMAR)
    return specifier(text)


def _refuse_other_things(text: str) -> None:
    """Refuse what is no version at all but has another place in a spec."""
    if "://" in text or "@" in text or text.startswith(("./", "../", "/")):
        raise Refusal(
            f"{shown(text)!r} is an address, not a version",
            'what is in no index is written { git = "https://...", rev = "..." } or { path = "..." }',
        )
    if ";" in text:
        raise Refusal(
            f"{shown(text)!r} holds a condition after ';'",
            "envplan decides for each machine by itself; a spec has no conditions on packages",
            meant=[text.split(";")[0].strip()],
        )


def _other_spelling(text: str) -> str | None:
    """Find the PEP 440 spelling of what other tools write; none where it is one already."""
    if text.lower() in _ANY:
        return "*"
    for reading in (_caret_or_tilde, _wildcard, _turned, _parts):
        meant = reading(text)
        if meant is not None and meant != text and _reads(meant):
            return meant
    return None


def _reads(text: str) -> bool:
    try:
        return text == "*" or bool(str(specifier(text)))  # a comma alone would read as no bound at all
    except ValueError:
        return False


def _caret_or_tilde(text: str) -> str | None:
    """^1.2 is >=1.2,<2 (the first number that is not zero may not grow); ~1.2 is >=1.2,<1.3."""
    found = re.fullmatch(r"([\^~])\s*v?([0-9]{1,9}(?:\.[0-9]{1,9}){0,4})", text)
    if not found:
        return None
    numbers = [int(part) for part in found[2].split(".")]
    if found[1] == "^":
        kept = next((place for place, number in enumerate(numbers) if number), len(numbers) - 1)
    else:
        kept = min(1, len(numbers) - 1)
    above = [*numbers[:kept], numbers[kept] + 1]
    return f">={found[2]},<{'.'.join(map(str, above))}"


def _wildcard(text: str) -> str | None:
    """2.x and 2.2.X are 2 and 2.2; >=2.* is >=2; v2.2 is 2.2; 2.2+ is >=2.2; 1!2.2 is a series."""
    if found := re.fullmatch(r"v?([0-9]+(?:\.[0-9]+)*)(?:\.[xX])+", text):
        return found[1]
    if found := re.fullmatch(r"((?:>=|<=|<|>)\s*[0-9.]+?)\.[*xX]", text):
        return found[1]
    if found := re.fullmatch(r"[vV]\.?\s*([0-9].*)", text):
        return found[1]
    if found := re.fullmatch(r"([0-9]+(?:\.[0-9]+)*)\s*\+", text):
        return f">={found[1]}"
    return f"=={text}.*" if re.fullmatch(r"[0-9]+!([0-9]+(\.[0-9]+)?)", text) else None


def _turned(text: str) -> str | None:
    """=>2 is >=2, and =2.2 is ==2.2; === would let anything through unread."""
    if text.startswith("==="):
        return f"=={text[3:].lstrip()}"
    found = re.fullmatch(r"(=>|=<|=)\s*([^=<>~!].*)", text)
    return _TURNED[found[1]] + found[2] if found else None


def _parts(text: str) -> str | None:
    """>=2 <3, and >=2, and ==2.2,, are lists with a comma missing or too many."""
    if not _COMPARISON.match(text):
        return None
    parts = [part for part in re.split(r"\s*,\s*|(?<=[\w*])\s+(?=[=<>!~])", text) if part]
    if any(part.startswith("===") for part in parts):
        parts = [re.sub("^===", "==", part) for part in parts]
    joined = ",".join(parts)
    return joined if len(parts) != text.count(",") + 1 or "===" in text else None

"""The words of a wish taken apart: names, versions, accelerators, and what joins them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Literal

from envplan.values.records import dataclass

Kind = Literal["requirement", "version", "comparison", "separator", "joint", "word"]

_NAME = r"[A-Za-z](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"
_NUMBER = r"[0-9][0-9A-Za-z.+!_*-]*"
_COMPARISON = r"(?:~=|===?|!=|<=|>=|=<|=>|<|>|=|\^|~)\s*[0-9A-Za-z.+!_*-]+"
_COMPARISONS = rf"{_COMPARISON}(?:\s*,\s*{_COMPARISON})*"

# In this order: what is longer is tried first.
_PATTERNS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    ("requirement", re.compile(rf"({_NAME})\s*(\[[^\]]*\])(?:\s*({_COMPARISONS}))?")),
    ("requirement", re.compile(rf"({_NAME})()\s*({_COMPARISONS})")),
    ("comparison", re.compile(_COMPARISONS)),
    ("version", re.compile(rf"[vV]?{_NUMBER}(?=[\s,;]|$)")),
    ("separator", re.compile(r"[,;&]|\+(?=\s)")),
    ("word", re.compile(rf"{_NAME}(?=[\s,;]|$)")),
)
_SEPARATING = {"and", "plus", "also"}
_JOINING = {"on", "with", "for", "using", "in", "under"}


@dataclass(frozen=True)
class Token:
    """One part of a wish, and where in it."""

    kind: Kind
    text: str
    start: int
    name: str = ""  # of a requirement
    extras: str = ""
    version: str = ""


def tokens(phrase: str) -> Iterator[Token]:
    """Take a phrase apart; what fits nothing comes out as a word of its own, to be refused."""
    place = 0
    while place < len(phrase):
        if phrase[place].isspace():
            place += 1
            continue
        token = _token(phrase, place)
        yield token
        place += len(token.text)


def _token(phrase: str, place: int) -> Token:
    for kind, pattern in _PATTERNS:
        found = pattern.match(phrase, place)
        if not found:
            continue
        if kind == "requirement":
            return Token(kind, found[0], place, found[1], found[2], found[3] or "")
        if kind == "word" and found[0].lower() in _SEPARATING | _JOINING:
            kind = "separator" if found[0].lower() in _SEPARATING else "joint"
        return Token(kind, found[0], place)
    unread = re.compile(r"[^\s,;]+|.").match(phrase, place)
    assert unread
    return Token("word", unread[0], place)


def phrases(words: Iterable[str]) -> Iterator[str]:
    """Join what a shell took apart: a number, a comparison or "on ..." goes with the words before it."""
    joined: list[str] = []
    for word in words:
        parts = list(tokens(word))
        if not parts:
            continue
        last = list(tokens(joined[-1]))[-1] if joined else None
        continues = parts[0].kind in ("version", "comparison", "joint")
        if last and (continues or last.kind == "joint"):
            joined[-1] = f"{joined[-1]} {word.strip()}"
        else:
            joined.append(word.strip())
    return iter(joined)

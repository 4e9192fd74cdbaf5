"""The statements of a TOML text and where each stands, so that an edit touches nothing else.

The text must be valid TOML: whoever edits has parsed it before.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import Literal

from envplan.values.records import dataclass

Kind = Literal["header", "pair", "other"]

_REST = re.compile(r"[ \t\r]*(?:#[^\n]*)?(?:\n|\Z)")
_PART = re.compile(r"""[ \t]*([A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*')[ \t]*""")
_STRING = re.compile(
    r'''"""(?:\\.|[^\\])*?""""{0,2}|\'\'\'.*?\'\'\'\'{0,2}|"(?:\\.|[^"\\\n])*"|'[^'\n]*\'''', re.DOTALL
)
_COMMENT = re.compile(r"#[^\n]*")


@dataclass(frozen=True)
class Statement:
    """One header, one key with its value, or one line that is neither."""

    kind: Kind
    path: tuple[str, ...]  # of the table, or of the key from the top of the document
    section: tuple[str, ...]  # the table it stands in
    start: int
    end: int  # after the line break
    value_start: int = 0
    value_end: int = 0


def statements(text: str) -> Iterator[Statement]:
    """Take a text apart; all statements in a row are the whole text."""
    place = 0
    section: tuple[str, ...] = ()
    while place < len(text):
        statement = _statement(text, place, section)
        yield statement
        section, place = statement.section, statement.end


def _statement(text: str, place: int, section: tuple[str, ...]) -> Statement:
    if rest := _REST.match(text, place):
        return Statement("other", section, section, place, rest.end())
    if header := re.compile(r"[ \t]*(\[\[?)").match(text, place):
        path, after = _key(text, header.end())
        if header[1] == "[[":  # a list of tables: no path leads into it
            path = (*path, "[]")
        return Statement("header", path, path, place, _line_end(text, after + len(header[1])))
    key, after = _key(text, place)
    spaces = re.compile(r"=[ \t]*").match(text, after)
    if not spaces or not key:
        raise ValueError(f"no key and value at character {place}")
    value_end = _value_end(text, spaces.end())
    return Statement(
        "pair", (*section, *key), section, place, _line_end(text, value_end), spaces.end(), value_end
    )


def _key(text: str, place: int) -> tuple[tuple[str, ...], int]:
    parts = []
    while found := _PART.match(text, place):
        written, place = found[1], found.end()
        parts.append(tomllib.loads(f"x = {written}")["x"] if written[0] in "\"'" else written)
        if not text.startswith(".", place):
            break
        place += 1
    return tuple(parts), place


def _line_end(text: str, place: int) -> int:
    rest = _REST.match(text, place)
    if not rest:
        raise ValueError(f"something stands after a statement at character {place}")
    return rest.end()


def _value_end(text: str, place: int) -> int:
    depth, end = 0, place
    while place < len(text):
        character = text[place]
        if found := _STRING.match(text, place):
            place = end = found.end()
            continue
        if character == "#" or (character == "\n" and depth == 0):
            if depth == 0:
                break
            comment = _COMMENT.match(text, place)
            place = comment.end() if comment else place + 1
            continue
        depth += (character in "[{") - (character in "]}")
        place += 1
        if not character.isspace():
            end = place
    return end

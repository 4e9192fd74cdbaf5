"""Taking values out of a table through the grammars of a spec, each refusal noted at its place."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import TypeVar

from envplan.documents import Table
from envplan.documents.reading import shown
from envplan.spec.grammar.refusal import Refusal

T = TypeVar("T")


def dotted(key: str) -> str:
    """Write a key as it stands in a dotted path, in quotes where TOML wants them."""
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else json.dumps(shown(key), ensure_ascii=False)


def taken(table: Table, key: str, text: str, parse: Callable[[str], T], *, in_list: bool = False) -> T | None:
    """Make a value of the text at a key; note what is wrong with it and what was meant."""
    try:
        return parse(text)
    except Refusal as refusal:
        meant = [json.dumps(one) if in_list else f"{key} = {json.dumps(one)}" for one in refusal.meant]
        table.refuse(key, refusal.title, found=shown(text), why=refusal.why, cures=[*meant, *refusal.cures])
        return None


def text_taken(table: Table, key: str, parse: Callable[[str], T]) -> T | None:
    """Read one optional text."""
    text = table.text(key)
    return None if text is None else taken(table, key, text, parse)


def list_taken(table: Table, key: str, parse: Callable[[str], T], *, one: bool = False) -> tuple[T, ...]:
    """Read a list of texts, none of them twice; with `one`, a text alone is a list of one."""
    alone = one and isinstance(table.data.get(key), str)
    texts = table.texts(key, one=one)  # refuses whatever is none, so that it can be left out here
    written = texts if alone or not texts else table.data[key]
    values: list[T] = []
    for index, text in enumerate(written):
        if not isinstance(text, str):
            continue
        place = key if alone else f"{key}[{index}]"
        value = taken(table, place, text, parse, in_list=not alone)
        if value is None:
            continue
        if value in values:
            table.refuse(
                place, f"{shown(text)!r} is there twice", found=shown(text), cures=["remove one of them"]
            )
        else:
            values.append(value)
    return tuple(values)

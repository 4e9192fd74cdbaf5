"""A TOML table being read: each value asked for by key and kind, the rest refused by name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any, TypeVar

from envplan.documents.reading import Reading, nearest, shown

T = TypeVar("T")

_KINDS = {
    bool: "true or false",
    str: "text",
    int: "a whole number",
    float: "a number with a point",
    date: "a date",
    list: "a list",
    dict: "a table",
}


class Table:
    """A view on one table of a document that remembers which keys were asked for."""

    def __init__(self, reading: Reading, data: Mapping[str, Any], path: tuple[str, ...] = ()) -> None:
        self.reading = reading
        self.data = data
        self.path = path
        self._asked: list[str] = []

    def __contains__(self, key: str) -> bool:
        return key in self.data

    def origin(self, key: str = "") -> str:
        """Name a place in this table."""
        return self.reading.origin((*self.path, key) if key else self.path)

    def refuse(
        self, key: str, title: str, *, found: str = "", why: str = "", cures: Iterable[str] = ()
    ) -> None:
        """Note a problem with one key, or with the whole table where the key is empty."""
        path = (*self.path, key) if key else self.path
        self.reading.refuse(path, title, found=found, why=why, cures=cures)

    def raw(self, key: str) -> Any:
        """Return whatever stands at the key, for values of more than one kind."""
        self._asked.append(key)
        return self.data.get(key)

    def text(self, key: str, *, required: bool = False, among: Iterable[str] = ()) -> str | None:
        """Read a string, one of a few where they are named."""
        words = tuple(among)
        value = self._of(key, str, required, words)
        if value is not None and words and value not in words:
            meant = nearest(value, words)
            self.refuse(
                key,
                f"{shown(value)!r} is not a known word here",
                found=shown(value),
                why=f"known: {', '.join(words)}",
                cures=[f'{key} = "{meant}"'] if meant else [],
            )
            return None
        return value

    def flag(self, key: str) -> bool | None:
        """Read true or false."""
        return self._of(key, bool, required=False)

    def number(self, key: str, *, required: bool = False) -> int | None:
        """Read a whole number."""
        return self._of(key, int, required)

    def texts(self, key: str, *, one: bool = False) -> tuple[str, ...]:
        """Read a list of strings; with `one`, a single string stands for a list of one."""
        if one and isinstance(self.data.get(key), str):
            self._asked.append(key)
            return (self.data[key],)
        items = self._of(key, list, required=False)
        if items is None:
            return ()
        for index, item in enumerate(items):
            if not isinstance(item, str):
                self.refuse(f"{key}[{index}]", f"must be text, not {_kind(item)}", found=shown(item))
        return tuple(item for item in items if isinstance(item, str))

    def parsed(self, key: str, parse: Callable[[str], T], *, required: bool = False) -> T | None:
        """Read a string and make it a value; the parser's own words say what is wrong with it."""
        text = self._of(key, str, required)
        return None if text is None else self.parse(key, text, parse)

    def parse(self, key: str, text: str, parse: Callable[[str], T]) -> T | None:
        """Make a value of a string that came from this key."""
        try:
            return parse(text)
        except ValueError as error:
            self.refuse(key, shown(str(error)) if len(str(error)) > 300 else str(error), found=shown(text))
            return None

    def table(self, key: str) -> Table | None:
        """Read a table inside this one."""
        data = self._of(key, dict, required=False)
        return None if data is None else Table(self.reading, data, (*self.path, key))

    def tables(self, key: str) -> list[Table]:
        """Read a list of tables inside this one."""
        items = self._of(key, list, required=False)
        found = []
        for index, item in enumerate(items or []):
            if isinstance(item, dict):
                found.append(Table(self.reading, item, (*self.path, f"{key}[{index}]")))
            else:
                self.refuse(f"{key}[{index}]", f"must be a table, not {_kind(item)}", found=shown(item))
        return found

    def finish(self) -> None:
        """Refuse the keys that nobody asked for."""
        for key in self.data:
            if key not in self._asked:
                meant = nearest(key, self._asked)
                self.refuse(
                    key if key.isidentifier() else shown(key),
                    f"unknown key {shown(key)!r}",
                    found=shown(key),
                    why=f"known here: {', '.join(sorted(set(self._asked)))}",
                    cures=[f"rename it to {meant}"] if meant else ["remove it"],
                )

    def _of(self, key: str, kind: type[T], required: bool, words: tuple[str, ...] = ()) -> T | None:
        self._asked.append(key)
        if key not in self.data:
            if required:
                why = f"it is one of: {', '.join(words)}" if words else f"it is {_KINDS[kind]}"
                self.refuse(key, f"{key} is missing", why=why)
            return None
        value = self.data[key]
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            meant = _otherwise_written(value, kind)
            cures = [f"{key} = {meant}"] if meant else []
            self.refuse(
                key, f"{key} must be {_KINDS[kind]}, not {_kind(value)}", found=shown(value), cures=cures
            )
            return None
        return value


def _otherwise_written(value: object, kind: type[Any]) -> str | None:
    """Write a value as one of the kind wanted: quotes are forgotten, or put where they do not belong."""
    if kind is str and isinstance(value, (int, float, date)) and not isinstance(value, bool):
        return f'"{shown(value)}"'
    digits = kind is int and isinstance(value, str) and re.fullmatch(r"[0-9]{1,18}", value)
    return str(value) if digits else None


def _kind(value: object) -> str:
    return next((words for kind, words in _KINDS.items() if isinstance(value, kind)), type(value).__name__)

"""Which targets take an entry: its marker, asked for each of them.

Markers that envplan writes are asked without the library that reads every marker, whose import is half of the
time of a check. What is not of that form is left to it; tests/property holds both to the same answers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from functools import lru_cache
from typing import Any

from envplan.values.interpreters import environment
from envplan.values.targets import Target

Groups = frozenset[str]
Taken = Mapping[Target, Groups]  # who takes an entry, each with the groups that it wants besides
Asked = Callable[[Target, Groups], bool]
Say = Callable[..., None]

_TOKEN = re.compile(
    r"(?P<open>\()|(?P<close>\))|(?P<join>and|or)\b"
    r"|'(?P<group>[a-z0-9-]+)' in dependency_groups"
    r"|(?P<key>sys_platform|platform_machine) (?P<sign>==|!=) '(?P<value>[A-Za-z0-9_]+)'"
    r"|python_version (?P<order>==|!=|>=|<) '3\.(?P<minor>[0-9]{1,2})'"
)


class Takers:
    """Who takes what of one lock, entry after entry."""

    def __init__(self, targets: Collection[Target], groups: Collection[str] = ()) -> None:
        """`groups` are those of the spec."""
        self.targets = targets
        self.groups = groups
        self._known: dict[str | None, Taken] = {None: dict.fromkeys(targets, frozenset())}
        self._first: dict[str, tuple[int, Taken]] = {}
        self._taken: dict[tuple[str, Target], int] = {}

    def of(self, marker: str | None) -> Taken:
        """Find the targets for which a marker is true, each with the groups that it wants besides."""
        if marker not in self._known:
            assert marker is not None
            asked = _read(marker)
            found = ((target, self._wanted(asked, target)) for target in self.targets)
            self._known[marker] = {target: wanted for target, wanted in found if wanted is not None}
        return self._known[marker]

    def _wanted(self, asked: Asked, target: Target) -> Groups | None:
        variant = target.variant.group
        if asked(target, frozenset({variant})):
            return frozenset()
        return frozenset(one for one in self.groups if asked(target, frozenset({variant, one}))) or None

    def judge(self, place: int, entry: Mapping[str, Any], say: Say) -> Taken | None:
        """Find who takes an entry, and say what is wrong with that; none where it cannot be told."""
        marker = entry.get("marker")
        try:
            found = self.of(marker)
        except Exception as error:  # packaging promises nothing about markers it cannot compare
            say("marker", "the marker cannot be understood", found=marker, why=str(error))
            return None
        if len(set(found.values())) > 1:
            say("marker", "its groups differ from target to target", found=marker)
            return None
        if not found:
            say("marker", "no target of the lock takes it", found=marker)
        self._twice(place, entry, found, say)
        return found

    def _twice(self, place: int, entry: Mapping[str, Any], mine: Taken, say: Say) -> None:
        name = str(entry.get("name"))
        if name not in self._first:  # most names stand once, and to count their targets takes long
            self._first[name] = (place, mine)
            return
        first, others = self._first[name]
        for target in others:
            self._taken.setdefault((name, target), first)
        for target in mine:
            if (other := self._taken.setdefault((name, target), place)) != place:
                why = f"packages[{other}] is taken there too"
                say("marker", f"{name} stands twice for {target}", found=entry.get("marker"), why=why)


@lru_cache(256)
def _read(marker: str) -> Asked:
    tokens = _tokens(marker)
    if tokens is not None:
        try:
            asked, left = _any(tokens)
            if not left:
                return asked
        except IndexError:  # it ends in the middle
            pass
    return _by_library(marker)


def _tokens(marker: str) -> list[re.Match[str]] | None:
    found, place = [], 0
    while place < len(marker):
        token = _TOKEN.match(marker, place)
        if token is None:
            return None
        found.append(token)
        place = token.end()
        while marker[place : place + 1] == " ":
            place += 1
    return found


def _any(tokens: list[re.Match[str]]) -> tuple[Asked, list[re.Match[str]]]:
    """Read what is joined by `or`; what is left begins with something else."""
    one, left = _all(tokens)
    parts = [one]
    while left and left[0]["join"] == "or":
        one, left = _all(left[1:])
        parts.append(one)
    return (lambda target, groups: any(part(target, groups) for part in parts)), left


def _all(tokens: list[re.Match[str]]) -> tuple[Asked, list[re.Match[str]]]:
    one, left = _one(tokens)
    parts = [one]
    while left and left[0]["join"] == "and":
        one, left = _one(left[1:])
        parts.append(one)
    return (lambda target, groups: all(part(target, groups) for part in parts)), left


def _one(tokens: list[re.Match[str]]) -> tuple[Asked, list[re.Match[str]]]:
    first, left = tokens[0], tokens[1:]
    if first["open"]:
        inner, left = _any(left)
        if left[0]["close"]:
            return inner, left[1:]
        raise IndexError
    if group := first["group"]:
        return (lambda _, groups: group in groups), left
    if key := first["key"]:
        value, same = first["value"], first["sign"] == "=="
        return (lambda target, _: (environment(target.platform, target.python)[key] == value) == same), left
    if first["order"]:
        return _python(first["order"], int(first["minor"])), left
    raise IndexError


def _python(order: str, minor: int) -> Asked:
    match order:
        case "==":
            return lambda target, _: target.python.minor == minor
        case "!=":
            return lambda target, _: target.python.minor != minor
        case ">=":
            return lambda target, _: target.python.minor >= minor
    return lambda target, _: target.python.minor < minor


def _by_library(marker: str) -> Asked:
    from packaging.markers import Marker

    read = Marker(marker)

    def asked(target: Target, groups: Groups) -> bool:
        world = {
            **environment(target.platform, target.python),
            "extras": frozenset(),
            "dependency_groups": groups,
        }
        return read.evaluate(world, context="lock_file")  # type: ignore[arg-type]

    return asked

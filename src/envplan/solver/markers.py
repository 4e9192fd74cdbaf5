"""What a wheel requires on a target: Requires-Dist with every marker decided but the extras.

The view decides markers itself, so that a solver needs to know nothing of the target, and cannot take the
markers of the machine it runs on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from packaging.markers import InvalidMarker, Marker, UndefinedComparison, UndefinedEnvironmentName
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

from envplan.index.model import Metadata
from envplan.values.interpreters import environments
from envplan.values.platforms import Platform
from envplan.values.records import dataclass
from envplan.values.targets import Target
from envplan.values.versions import Python

_PLAIN = re.compile(r"([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?:\[([^][]*)\])?\s*([^;@()]*)")
_ONLY_EXTRA = re.compile(r"\(?\s*extra\s*==\s*(['\"])([A-Za-z0-9._-]+)\1\s*\)?")
_EXTRA = re.compile(r"""extra\s*(?:==|!=)\s*['"]([^'"]+)['"]|['"]([^'"]+)['"]\s*(?:==|!=)\s*extra""")


@dataclass(frozen=True)
class World:
    """What of a target markers can see."""

    platform: Platform
    python: Python

    @classmethod
    def of(cls, target: Target) -> World:
        """Leave the variant out: no marker sees it."""
        return cls(target.platform, target.python)


@dataclass(frozen=True)
class Requires:
    """A requirement whose markers have been decided."""

    name: str
    specifier: SpecifierSet
    extras: tuple[str, ...] = ()

    def __str__(self) -> str:
        extras = f"[{','.join(self.extras)}]" if self.extras else ""
        return f"{self.name}{extras}{self.specifier}"


@dataclass(frozen=True)
class Dependency:
    """A requirement of one extra ("" for the package itself), or why it cannot be followed."""

    extra: str
    requires: Requires | str


def dependencies(metadata: Metadata, world: World) -> tuple[Dependency, ...]:
    """Decide the markers of everything a package requires."""
    found = (one for line in metadata.requires_dist for one in _of_line(line, world))
    return tuple(dict.fromkeys(found))


def needed(text: str, world: World) -> Requires | str | None:
    """Decide a requirement of the spec: none where its marker does not hold here."""
    return next((one.requires for one in _of_line(text, world) if not one.extra), None)


def _of_line(line: str, world: World) -> Iterator[Dependency]:
    left, _, marker = line.partition(";")
    if "@" in left:  # a URL may hold a semicolon
        left, marker = _split(line)
    requires = _requires(left.strip())
    for extra in _extras(marker.strip(), world):
        yield Dependency(extra, requires)


def _split(line: str) -> tuple[str, str]:
    try:
        read = Requirement(line)
    except InvalidRequirement:
        return line, ""
    return f"{read.name} @ {read.url}" if read.url else line.partition(";")[0], str(read.marker or "")


@lru_cache(32768)
def _requires(text: str) -> Requires | str:
    if "@" in text:
        return f"it requires {text.partition('@')[0].strip()} from an address of its own, not from an index"
    # "foo (>=1.0)" is the form that metadata had before version 2.1.
    plain = text[:-1].replace("(", "", 1) if text.endswith(")") and text.count("(") == 1 else text
    try:
        found = _PLAIN.fullmatch(plain)
        if found is None:
            return f"it requires {text!r}, which is no requirement"
        extras = {canonicalize_name(extra.strip()) for extra in (found[2] or "").split(",") if extra.strip()}
        return Requires(canonicalize_name(found[1]), SpecifierSet(found[3].strip()), tuple(sorted(extras)))
    except InvalidSpecifier:
        return f"it requires {text!r}, which is no requirement"


@lru_cache(32768)
def _extras(marker: str, world: World) -> tuple[str, ...]:
    """Find the extras for which a marker holds: "" alone where it holds without any."""
    if not marker:
        return ("",)
    if found := _ONLY_EXTRA.fullmatch(marker):
        return (canonicalize_name(found[2]),)
    try:
        read = Marker(marker)
        worlds = environments(world.platform, world.python, marker)
        if _holds(read, worlds, ""):
            return ("",)
        named = {canonicalize_name(one or two) for one, two in _EXTRA.findall(marker)}
        return tuple(extra for extra in sorted(named) if _holds(read, worlds, extra))
    except (InvalidMarker, UndefinedComparison, UndefinedEnvironmentName, ValueError):
        return ("",)  # what cannot be decided is asked for: too much is seen, too little is not


def _holds(marker: Marker, worlds: list[dict[str, str]], extra: str) -> bool:
    return any(marker.evaluate({**world, "extra": extra}) for world in worlds)

"""Every package of a spec that no index serves, read in the order of the spec; all problems at once."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path

from envplan.documents.reading import shown
from envplan.lockfile.model import GitSource
from envplan.problems import EnvplanError, Problem, Said
from envplan.sources.folders import beside
from envplan.sources.model import ANOTHER, Given, refusal
from envplan.sources.repositories import Repositories
from envplan.spec.model import FromGit, FromIndex, FromPath, Location, Requirement


def given(
    packages: Iterable[Requirement],
    folder: Path,
    *,
    kept: Mapping[str, GitSource],
    tell: Callable[[str], None],
    built: Collection[str] = (),
    environ: Mapping[str, str] = os.environ,
) -> tuple[Given, ...]:
    """Read what each of them needs.

    `kept` holds the commits of the lock there is, by name; `built` are names that may be built from source.
    """
    repositories = Repositories(environ, tell)
    problems: list[Problem] = []
    found: list[Given] = []
    asked: dict[str, Requirement] = {}
    for one in packages:
        if isinstance(one.location, FromIndex):
            continue
        try:
            if one.name not in asked:
                asked[one.name] = one
                found.append(_one(one, folder, repositories, kept, built))
            elif one.location != asked[one.name].location:
                raise _two_places(asked[one.name], one)
        except EnvplanError as error:
            problems += error.problems
    if problems:
        raise EnvplanError(*dict.fromkeys(problems))
    return tuple(found)


def _one(
    requirement: Requirement,
    folder: Path,
    repositories: Repositories,
    kept: Mapping[str, GitSource],
    built: Collection[str],
) -> Given:
    match requirement.location:
        case FromPath() as place:
            return beside(requirement, place, folder, built)
        case FromGit() as place:
            return repositories.read(requirement, place, kept.get(requirement.name))
        case FromIndex():
            raise AssertionError("packages of indexes are not read here")


def _two_places(one: Requirement, other: Requirement) -> EnvplanError:
    return refusal(
        ANOTHER,
        f"{one.name} is to come from two places",
        one,
        Said(f"{_place(one.location)} and {_place(other.location)}", other.origin),
        "an environment holds one package of a name",
        f"write the same place at {one.origin} and at {other.origin}",
    )


def _place(location: Location) -> str:
    match location:
        case FromPath(path, editable):
            return f"{shown(path)}{' (editable)' if editable else ''}"
        case FromGit(url, rev):
            return f"{shown(url)}{f' at {shown(rev)}' if rev else ''}"
        case FromIndex():
            return "an index"

"""Where targets take different versions of one package, and what keeps each from the newest of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from envplan.solver.model import Solved
from envplan.values.records import dataclass
from envplan.values.targets import Target


@dataclass(frozen=True)
class Taken:
    """One of several versions, who takes it, and why not a newer one that others take."""

    version: Version
    targets: tuple[Target, ...]
    why: tuple[str, ...] = ()  # none for the newest


@dataclass(frozen=True)
class Difference:
    """A package that is not the same in all its targets; variants of one version count as the same."""

    name: str
    taken: tuple[Taken, ...]  # the newest first


# Why a target is not shown a version; none where it is.
Hidden = Callable[[Target, str, Version], str | None]


def differences(answers: Sequence[Solved], hidden: Hidden) -> tuple[Difference, ...]:
    """Compare what the targets got."""
    found: dict[str, dict[Version, list[Solved]]] = defaultdict(lambda: defaultdict(list))
    for answer in answers:
        for name, version in answer.versions.items():
            found[name][_public(version)].append(answer)
    return tuple(_difference(name, found[name], hidden) for name in sorted(found) if len(found[name]) > 1)


def _public(version: Version) -> Version:
    return Version(version.public) if version.local else version


def _difference(name: str, versions: dict[Version, list[Solved]], hidden: Hidden) -> Difference:
    newest = max(versions)
    return Difference(
        name,
        tuple(
            Taken(
                version,
                tuple(sorted(answer.target for answer in versions[version])),
                tuple(dict.fromkeys(_reasons(name, newest, versions[version], hidden)))
                if version != newest
                else (),
            )
            for version in sorted(versions, reverse=True)
        ),
    )


def _reasons(name: str, newer: Version, answers: Sequence[Solved], hidden: Hidden) -> Iterator[str]:
    """Say who forbids the newer version, or that the target is not shown it."""
    for answer in answers:
        unseen = hidden(answer.target, name, newer)
        if unseen:
            yield f"{newer}: {unseen}"
            continue
        for user, needs in answer.dependencies.items():
            if name in needs and user in answer.metadata:
                yield from _bounds(user, answer, name, newer)


def _bounds(user: str, answer: Solved, name: str, newer: Version) -> Iterator[str]:
    for line in answer.metadata[user].requires_dist:
        try:
            needed = Requirement(line)
        except InvalidRequirement:
            continue
        if canonicalize_name(needed.name) == name and not needed.specifier.contains(newer, prereleases=True):
            yield f"{user} {answer.versions[user]} needs {name}{needed.specifier}"

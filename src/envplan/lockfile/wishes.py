"""Whether a lock holds what its spec asks for, package by package, and nothing that the spec forbids."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from envplan.lockfile.rules import Faults
from envplan.lockfile.takers import Groups, Say, Taken
from envplan.values.platforms import Platform
from envplan.values.records import dataclass
from envplan.values.several import targets_said
from envplan.values.targets import Target
from envplan.values.versions import Python

_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_RELEASE = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9}){0,9}")
_SERIES = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?")  # as values/specifiers has it


@dataclass(frozen=True)
class Asked:
    """What one place in the spec asks of one package, as far as a lock can be held against it."""

    name: str
    versions: str = "*"  # as specs write them
    group: str = ""  # none: the packages themselves
    path: str = ""  # as the lock writes it
    editable: bool = False
    url: str = ""  # of a repository
    rev: str = ""
    conditional: bool = False  # for some targets only
    decided: bool = False  # by the catalog: some targets need not have it, or have it under another name


@dataclass(frozen=True)
class Wishes:
    """Everything that a spec asks of its lock. What is left out is not asked."""

    packages: tuple[Asked, ...] = ()
    name: str = ""  # of the environment
    groups: frozenset[str] | None = None
    built: frozenset[str] = frozenset()  # names that may be source code
    newest: str = ""  # nothing published at this time or later
    platforms: frozenset[Platform] = frozenset()  # each of them must be served
    pythons: frozenset[Python] = frozenset()  # each of them on each target, and no other


def wish_faults(
    document: Mapping[str, Any],
    takers: Sequence[Taken],
    targets: Collection[Target],
    wishes: Wishes,
    faults: Faults,
) -> None:
    """Hold each entry against the spec, and the spec's packages against what each target takes."""
    asked: dict[str, list[Asked]] = defaultdict(list)
    for one in wishes.packages:
        asked[one.name].append(one)
    cutoff = _moment(wishes.newest)
    for place, entry in enumerate(document["packages"]):
        name, say = str(entry.get("name")), faults.entry(place, entry)
        _versions(entry, asked.get(name, ()), say)
        _source(entry, asked.get(name, ()), say)
        if name not in wishes.built and _is_source(entry):
            why = "the spec allows it to come as wheels only; its code would run when it is installed"
            say("sdist", "it is source code", why=why)
        if cutoff:
            _age(entry, cutoff, say)
    _missing(document, takers, targets, wishes.packages, faults)
    _head(document, targets, wishes, faults)
    _targets(targets, wishes, faults)


def _versions(entry: Mapping[str, Any], asked: Iterable[Asked], say: Say) -> None:
    version = entry.get("version")
    for one in asked:
        if one.conditional or not isinstance(version, str) or _plainly_met(one.versions, version):
            continue
        from packaging.version import InvalidVersion

        from envplan.values.specifiers import specifier

        try:
            met = specifier(one.versions).contains(version, prereleases=True)
        except (InvalidVersion, ValueError):
            met = False
        if not met:
            say("version", f"it is not what the spec asks for: {one.versions}", found=version)


def _plainly_met(asked: str, version: str) -> bool:
    """Whether it is met for certain; else the library that knows all versions has to say."""
    public = version.partition("+")[0]
    if asked.startswith(">=") and _RELEASE.fullmatch(asked[2:]) and _RELEASE.fullmatch(public):
        return _numbers(public) >= _numbers(asked[2:])
    return asked in ("*", public) or bool(_SERIES.fullmatch(asked) and f"{public}.".startswith(f"{asked}."))


def _numbers(release: str) -> tuple[int, ...]:
    return tuple(map(int, release.split(".")))


def _source(entry: Mapping[str, Any], asked: Sequence[Asked], say: Say) -> None:
    """Ask whether a package that no index serves comes from where the spec says, and no other does."""
    wanted = next((one for one in asked if one.path or one.url), None)
    for key, part in (("directory", "path"), ("archive", "path"), ("vcs", "url")):
        if isinstance(source := entry.get(key), dict):
            place = (wanted.path or wanted.url) if wanted else ""
            if source.get(part) != place:
                why = f"the spec says {place}" if place else "the spec takes it from an index"
                title = "it comes from another place than the spec says"
                say(f"{key}.{part}", title, found=source.get(part, ""), why=why)
            elif wanted:
                _way(key, source, wanted, say)
            return
    if wanted:
        why = f"the spec says {wanted.path or wanted.url}"
        say("", "it comes from an index, and not from where the spec says", why=why)


def _way(key: str, source: Mapping[str, Any], wanted: Asked, say: Say) -> None:
    if key == "directory" and source.get("editable", False) != wanted.editable:
        why = f"the spec says editable = {str(wanted.editable).lower()}"
        say("directory.editable", "it is not installed as the spec says", why=why)
    if key == "vcs":
        rev = source.get("requested-revision", "")
        if rev != wanted.rev or (_COMMIT.fullmatch(wanted.rev) and source.get("commit-id") != wanted.rev):
            why = f"the spec says {wanted.rev}" if wanted.rev else "the spec names none"
            say("vcs", "it is not the commit, tag or branch of the spec", found=rev, why=why)


def _is_source(entry: Mapping[str, Any]) -> bool:
    archive = entry.get("archive")
    return "sdist" in entry or (isinstance(archive, dict) and not str(archive.get("path")).endswith(".whl"))


def _age(entry: Mapping[str, Any], cutoff: datetime, say: Say) -> None:
    for place, wheel in enumerate(entry.get("wheels", ())):
        uploaded = wheel.get("upload-time")
        if isinstance(uploaded, datetime) and _aware(uploaded) >= cutoff:
            why = f"the spec takes nothing from {cutoff:%Y-%m-%d} on (exclude-newer)"
            say(f"wheels[{place}].upload-time", "the file is too new", found=uploaded.isoformat(), why=why)


def _moment(text: str) -> datetime | None:
    try:
        return _aware(datetime.fromisoformat(text)) if text else None
    except ValueError:
        return None  # an age: how old the files may be depends on the day


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _missing(
    document: Mapping[str, Any],
    takers: Sequence[Taken],
    targets: Collection[Target],
    asked: Iterable[Asked],
    faults: Faults,
) -> None:
    """Ask whether every target takes what the spec names, without a group or with the one it is named in."""
    wanted = [one for one in asked if not (one.conditional or one.decided)]
    had: dict[str, dict[Target, Groups]] = {one.name: {} for one in wanted}
    for entry, mine in zip(document["packages"], takers, strict=True):
        if (name := str(entry.get("name"))) in had:
            had[name].update(mine)
    for one in wanted:
        without = [
            target
            for target in targets
            if (groups := had[one.name].get(target)) is None or (groups and one.group not in groups)
        ]
        if without:
            group = f" in the group {one.group}" if one.group else ""
            why = f"the spec asks for it{group}"
            faults.add("packages", f"{one.name} is missing for {targets_said(without, targets)}", why=why)


def _head(document: Mapping[str, Any], targets: Collection[Target], wishes: Wishes, faults: Faults) -> None:
    name = document["tool"]["envplan"]["name"]
    if wishes.name and name != wishes.name:
        faults.add(
            "tool.envplan.name",
            "it is of another environment",
            found=name,
            why=f"the spec is of {wishes.name}",
        )
    if wishes.groups is not None:
        groups = sorted({target.variant.group for target in targets} | wishes.groups)
        if document["dependency-groups"] != groups:
            why = f"its variants and the spec's groups are {', '.join(groups)}"
            found = str(document["dependency-groups"])
            faults.add("dependency-groups", "the groups are others", found=found, why=why)


def _targets(targets: Collection[Target], wishes: Wishes, faults: Faults) -> None:
    for platform in sorted(wishes.platforms - {target.platform for target in targets}):
        faults.add(
            "tool.envplan.target", f"no target is for {platform}", why="the spec names it under [targets]"
        )
    pythons: dict[tuple[str, Platform], set[Python]] = defaultdict(set)
    for target in targets:
        pythons[str(target.variant), target.platform].add(target.python)
    for (variant, platform), mine in sorted(pythons.items()):
        if wishes.pythons and mine != wishes.pythons:
            found = ", ".join(map(str, sorted(mine)))
            why = f"the spec names {', '.join(map(str, sorted(wishes.pythons)))}"
            title = f"{variant} on {platform} is for other Pythons than the spec's"
            faults.add("tool.envplan.target", title, found=found, why=why)

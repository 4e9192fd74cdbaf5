"""Drift in words: which package it hit, who did it, and what puts it right."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from envplan.environment.listing import Listing
from envplan.environment.proof.report import Change, Culprit, Drift
from envplan.problems import Problem, Said, first_of
from envplan.values.names import normal
from envplan.values.numbers import counted

UNREADABLE = "EP459"
OWN = "EP612"

_CHANGED, _ADDED = "EP610", "EP611"
_SHOWN = 5  # files of one package; the report in JSON has them all
_STARTUP = re.compile(r"site-packages/(?:[^/]+\.pth|(?:site|user)customize(?:\.py|/))$")
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")
_INTERPRETER = re.compile(r"(?:bin|Scripts)/python[0-9.]*w?(?:\.exe)?")


def is_interpreter(path: str) -> bool:
    """Whether a path is the environment's Python, of which `interpreter.py` tells."""
    return bool(_INTERPRETER.fullmatch(path))


def problems(
    found: Drift, listing: Listing, versions: dict[str, str], again: str = "envplan apply"
) -> tuple[Problem, ...]:
    """Say what drifted; `again` is the command that builds the same environment anew."""
    left = [one for one in found.changes if not is_interpreter(one.path)]
    said: list[Problem] = []
    for culprit in found.culprits:
        did = [one for one in left if _explains(culprit, one)]
        left = [one for one in left if one not in did]
        said.append(_installed(culprit, did, versions, again))
    closed = [one for one in left if one.kind == "unreadable"]
    added = [one for one in left if one.kind == "added"]
    rest = [one for one in left if one.kind not in ("unreadable", "added")]
    said += [_unreadable(closed)] if closed else []
    said += _changed(rest, listing, versions, again)
    said += _nobodys([one for one in added if not one.harmless], again)
    said += _written([one for one in added if one.harmless])
    return tuple(said)


def _explains(culprit: Culprit, change: Change) -> bool:
    if change.kind == "missing":  # an installer first takes away what was there
        return change.owner == normal(culprit.project)
    if change.path.endswith("/"):
        return any(path.startswith(change.path) for path in culprit.paths)
    return change.path in culprit.paths


def _installed(culprit: Culprit, did: Sequence[Change], versions: dict[str, str], again: str) -> Problem:
    name, new = normal(culprit.project), f"{culprit.project} {culprit.version}"
    old = versions.get(name)
    if old is None:
        title = f"{culprit.tool} installed {new} into the environment"
    elif old == culprit.version:
        title = f"{culprit.tool} installed {new} once more, over what was built"
    else:
        title = f"{culprit.tool} put {new} in the place of {old}"
    touched = [one for one in did if one.kind not in ("added", "missing") and one.owner != name]
    hit = Counter(one.owner or "the environment" for one in touched)
    found = [
        Said(f"{counted(count, 'file')} of {owner} written over", _example(touched, owner))
        for owner, count in hit.items()
    ]
    here = next((one.path for one in did if one.path.endswith(".dist-info/")), "")
    mark = Said(f"its INSTALLER says {culprit.tool}", here or next((one.path for one in did), ""))
    cures = [again, *([f"envplan add {name}"] if old is None and _NAME.fullmatch(name) else [])]
    why = Said("what is installed past the lock is on no other machine, and gone with the next apply")
    return Problem(_ADDED, title, found=(mark, *found), why=(why,), cures=tuple(cures))


def _example(changes: Sequence[Change], owner: str) -> str:
    return next(one.path for one in changes if (one.owner or "the environment") == owner)


def _changed(
    changes: Sequence[Change], listing: Listing, versions: dict[str, str], again: str
) -> Iterator[Problem]:
    total = Counter(listing.owners) if changes else Counter()
    by_owner: dict[str, list[Change]] = {}
    for one in changes:
        by_owner.setdefault(one.owner, []).append(one)
    for owner, mine in sorted(by_owner.items()):
        whole = total[listing.packages.index(owner)] if owner in listing.packages else 0
        named = f"{owner} {versions.get(owner, '')}".strip() if owner else "the environment itself"
        yield Problem(
            _CHANGED if owner else OWN,
            _title(mine, whole, named),
            found=_lines(mine),
            cures=(again,),
        )


def _title(mine: Sequence[Change], whole: int, named: str) -> str:
    count = len(mine)
    missing = sum(one.kind == "missing" for one in mine)
    if missing == count and count >= whole > 1:
        return f"{named} is gone: all {whole} of its files are missing"
    if missing == count:
        return f"{counted(count, 'file')} of {named} {'are' if count != 1 else 'is'} missing"
    if count == 1:
        return f"a file of {named} is not as it was built: {mine[0].kind}"
    return f"{count} files of {named} are not as they were built"


def _lines(changes: Sequence[Change]) -> tuple[Said, ...]:
    lines = [Said(f"{one.kind}: {one.detail}" if one.detail else one.kind, one.path) for one in changes]
    return first_of(lines, _SHOWN)


def _nobodys(added: Sequence[Change], again: str) -> Iterator[Problem]:
    if not added:
        return
    startup = [one for one in added if _STARTUP.search(one.path)]
    ordered = [*startup, *(one for one in added if one not in startup)]
    lines = [
        Said("runs whenever Python starts" if one in startup else one.detail or "added", one.path)
        for one in ordered
    ]
    title = f"{_things(added)} in the environment that no package of the lock brought"
    yield Problem(_ADDED, title, found=first_of(lines, _SHOWN), cures=(again,))


def _things(added: Sequence[Change]) -> str:
    folders = sum(one.path.endswith("/") for one in added)
    files = len(added) - folders
    both = ((folders, "folder"), (files, "file"))
    return " and ".join(counted(count, thing) for count, thing in both if count)


def _written(added: Sequence[Change]) -> Iterator[Problem]:
    if not added:
        return
    title = f"{_things(added)} inside packages that were not there when it was built"
    why = Said("no code among them; packages keep such things beside themselves as they run")
    yield Problem(_ADDED, title, found=_lines(added), why=(why,), severity="warning")


def _unreadable(closed: Sequence[Change]) -> Problem:
    title = f"{counted(len(closed), 'file')} of the environment cannot be read"
    return Problem(UNREADABLE, title, found=_lines(closed))

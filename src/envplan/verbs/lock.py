"""Lock: plan what the lock is for, solve each target in its own view, check the answers, write one file."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Sequence
from functools import cache, partial
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

from envplan.documents import nearest
from envplan.documents.reading import shown
from envplan.documents.writing import write_document
from envplan.lockfile import LOCK_FILE
from envplan.lockfile.diff import Diff, diff
from envplan.lockfile.digest import document_digest
from envplan.lockfile.encode import encode
from envplan.lockfile.model import GitSource, Lock, Source
from envplan.machine.model import Machine
from envplan.problems import AGAIN, EnvplanError, Problem, Said
from envplan.solver.differences import Difference
from envplan.solver.ignored import ignored_settings
from envplan.solver.making import Tell, Work, make
from envplan.spec.model import FromIndex, Spec
from envplan.spec.read import decode_file, read_bytes, read_spec, spec_file
from envplan.values.numbers import counted
from envplan.values.records import dataclass, replace
from envplan.values.targets import Target
from envplan.verbs.locks import lock_bytes, remade_by
from envplan.verbs.places import seen_from
from envplan.verbs.plan import beside, compute_of, profiles_of
from envplan.verbs.project import typed

if TYPE_CHECKING:
    from envplan.sources.model import Given

_UNREADABLE, _ANOTHERS, _SETTINGS, _EDITED = "EP104", "EP112", "EP310", "EP313"


@dataclass(frozen=True)
class LockRequest:
    """What `envplan lock` is asked to do."""

    spec_file: Path | None = None
    lock_file: Path | None = None
    profiles: tuple[str, ...] = ()
    upgrade: bool = False
    upgrade_packages: tuple[str, ...] = ()
    solver: str = "uv"
    cross_check: bool = False


@dataclass(frozen=True)
class LockMade:
    """The lock, where its targets differ, and how it differs from the one before."""

    lock: Lock
    file: Path
    changed: bool
    difference: Diff | None  # none where there was no lock
    differences: tuple[Difference, ...]
    compared: tuple[Target, ...]  # targets that the other solver confirmed
    problems: tuple[Problem, ...] = ()


def lock(request: LockRequest, tell: Tell, *, write: bool = True) -> LockMade:
    """Make the lock; without `write`, only say what would change."""
    path = spec_file(request.spec_file or Path())
    text = read_bytes(path)
    spec = decode_file(text, path)
    folder = beside(path)
    file = request.lock_file or folder / LOCK_FILE
    before, told = _before(file, request)
    if before and write and not request.lock_file:
        _refuse_anothers(before, file, spec, path)
    _known(request.upgrade_packages, before, file)
    machines = profiles_of(spec, folder, request.profiles)
    given = _given(spec, folder, file, before, request, tell)
    work = Work(
        spec,
        folder,
        machines,
        cache(partial(_here, folder)),
        before,
        given,
        request.solver,
        request.cross_check,
        request.upgrade,
        request.upgrade_packages,
    )
    made = make(work, tell)
    new = replace(made.lock, document_digest=_document(text, path))
    data = encode(new, file.name)
    changed = not file.is_file() or file.read_bytes() != data
    if changed and write:
        write_document(file, data.decode())
    problems = (*spec.notes, *told, *_ignored(folder), *made.problems)
    difference = diff(before, new) if before else None
    return LockMade(new, file, changed, difference, made.differences, made.compared, problems)


def _before(file: Path, request: LockRequest) -> tuple[Lock | None, tuple[Problem, ...]]:
    """The lock there is, whose pins are kept. Of one that was edited nothing but its pins is believed."""
    typing = typed(request.spec_file, request.lock_file)
    data = lock_bytes(file, f"envplan lock{typing}") if file.is_file() else b""
    if not data:
        return None, ()
    from envplan.lockfile.decode import decode

    try:
        return decode(data, file.name), ()
    except EnvplanError as error:
        faults = error.problems
    why = tuple(Said(one.title, one.found[0].origin if one.found else "") for one in faults[:8])
    try:
        edited = decode(data, file.name, sealed=False)
    except EnvplanError:
        if request.upgrade:
            return None, ()
        title = f"{file.name} is no lock that pins can be kept from"
        problem = Problem(_UNREADABLE, title, why=why, cures=(remade_by(data, str(file)) + typing,))
        raise EnvplanError(problem) from None
    title = f"{file.name} was edited by hand; its pins are kept where they hold, all else is made anew"
    return edited, (Problem(_EDITED, title, why=why, severity="warning"),)


def _refuse_anothers(before: Lock, file: Path, spec: Spec, path: Path) -> None:
    """Refuse to write over the lock of another spec that lies in the same folder."""
    try:
        usual = spec_file(path.parent)
        if before.name == spec.name or usual == path or read_spec(usual).name != before.name:
            return  # a spec that was given another name has the lock that it had
    except EnvplanError:
        return
    folder = "" if file.parent == Path() else f"{file.parent}{os.sep}"
    own = quote(f"{folder}pylock.{re.sub('[^A-Za-z0-9]+', '-', spec.name)}.toml")
    raise EnvplanError(
        Problem(
            _ANOTHERS,
            f"{shown(file.name)} is the lock of another spec",
            wanted=(Said(f"a lock of {spec.name}", shown(str(path))),),
            found=(Said(f"it is the lock of {before.name}", shown(str(usual))),),
            why=(Said("its pins would be gone; nothing was written"),),
            cures=(f"{AGAIN} --lock {own}", f"{AGAIN} --lock {quote(str(file))}   (to write over it)"),
        )
    )


def _known(names: Sequence[str], before: Lock | None, file: Path) -> None:
    """Refuse to upgrade what is not there to be upgraded: most often a slip of the fingers."""
    held = {one.name for one in before.packages} if before else set()
    unknown = [name for name in names if name not in held]
    if unknown:
        meant = [near for name in unknown if (near := nearest(name, held))]
        found = counted(len(held), "package") if before else "no lock"
        raise EnvplanError(
            Problem(
                "EP100",
                f"{', '.join(unknown)} cannot be upgraded: not in the lock",
                wanted=(Said(", ".join(unknown), "--upgrade-package"),),
                found=(Said(found, str(file)),),
                cures=tuple(f"envplan lock --upgrade-package {name}" for name in meant) or ("envplan lock",),
            )
        )


def _given(
    spec: Spec, folder: Path, file: Path, before: Lock | None, request: LockRequest, tell: Tell
) -> tuple[Given, ...]:
    """Ask folders, files and git repositories what they hold; a commit stays until it is to be upgraded."""
    elsewhere = [one for one in spec.everything if not isinstance(one.location, FromIndex)]
    if not elsewhere:
        return ()
    from envplan.sources.asked import given

    kept = {
        one.name: one.source
        for one in (before.packages if before and not request.upgrade else ())
        if isinstance(one.source, GitSource) and one.name not in request.upgrade_packages
    }
    found = given(elsewhere, folder, kept=kept, tell=tell, built=spec.options.allow_sdist)
    return tuple(replace(one, source=_from_lock(one.source, file, folder)) for one in found)


def _from_lock(source: Source, file: Path, folder: Path) -> Source:
    if isinstance(source, GitSource):
        return source
    return replace(source, path=seen_from(file, folder, source.path))


def _ignored(folder: Path) -> tuple[Problem, ...]:
    """Say which settings of pip and uv would have changed an answer, and do not."""
    said = ignored_settings(os.environ, folder.absolute(), Path.home())
    if not said:
        return ()
    title = "settings of pip and uv on this machine are not followed: a lock is the same everywhere"
    why = (Said("indexes are named in the spec; mirrors of them in envplan's own configuration"),)
    return (Problem(_SETTINGS, title, found=said, why=why, severity="note"),)


def _document(text: bytes, path: Path) -> str | None:
    """Digest the spec as it is written, where it is TOML: by that a check soonest tells it is the same."""
    return document_digest(tomllib.loads(text.decode())) if path.suffix == ".toml" else None


def _here(folder: Path) -> Machine:
    from envplan.machine.probe import here

    return here(known=partial(compute_of, overlay=folder / "catalog.d")).machine

"""What is to be installed: a lock that is in order, the target of it that fits here, and its packages."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator
from functools import partial
from hashlib import sha256
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

from envplan.documents.reading import shown
from envplan.lockfile.check import check as check_lock
from envplan.lockfile.choose import Choice, Wanted, choose
from envplan.lockfile.decode import decode
from envplan.lockfile.model import Lock
from envplan.lockfile.selection import Selected, refuse_unknown, select
from envplan.machine.model import Machine
from envplan.machine.probe.survey import VARIABLE
from envplan.problems import EnvplanError, Problem, Said
from envplan.spec.model import Spec
from envplan.values.fitting import Ground
from envplan.values.records import dataclass, replace
from envplan.values.versions import Compute, Python
from envplan.verbs.check import check
from envplan.verbs.locks import lock_bytes, mendable, remade_by
from envplan.verbs.project import Project

if TYPE_CHECKING:
    from envplan.store.bundle import Bundle
    from envplan.verbs.apply import ApplyRequest

ELSEWHERE, USAGE = "EP402", "EP100"

_COMMAND = "envplan apply"


@dataclass(frozen=True)
class Held:
    """A lock that was found in order, and the spec it answers."""

    lock: Lock
    data: bytes  # that it was read from: the file may be another by now
    name: str  # of its file, as it may be shown
    spec: Spec | None

    @property
    def digest(self) -> str:
        """The sha256 of its bytes."""
        return sha256(self.data).hexdigest()


@dataclass(frozen=True)
class Here:
    """The machine that is installed for."""

    machine: Machine
    real: bool  # else it is only pretended
    warnings: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class Intent:
    """A lock, the target of it that is wanted, and what that takes."""

    held: Held
    here: Here
    choice: Choice
    selected: tuple[Selected, ...]

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What should be said, and stands in nobody's way."""
        return (*self.here.warnings, *self.choice.problems)


def intended(where: Project, request: ApplyRequest, bundle: Bundle | None = None) -> Intent:
    """Find out what to install. Whatever speaks against it is said here, before anything is downloaded."""
    held = held_lock(where, request.spec_file, bundle)
    refuse_unknown(held.lock, request.groups, request.extras, _COMMAND)
    here = machine_here(where, request.profile, installing=not request.dry_run)
    wanted = Wanted(request.variant, python_asked(request.python, held.lock, _COMMAND), request.profile)
    choice = chosen(held, here, wanted)
    return Intent(held, here, choice, select(held.lock, choice.target, ground(choice, here), request.groups))


def chosen(held: Held, here: Here, wanted: Wanted) -> Choice:
    """Choose a target; a refusal comes with what the probe doubted, such as GPUs that a variable hides."""
    try:
        return choose(held.lock, here.machine, held.name, wanted)
    except EnvplanError as error:
        raise EnvplanError(*error.problems, *here.warnings) from None


def ground(choice: Choice, here: Here) -> Ground:
    """Say which wheels run: those for the machine, or for the oldest one that the variant is for."""
    machine, offer = here.machine, choice.offer
    libc = machine.libc.value if machine.libc else offer.libc
    macos = machine.macos.value if machine.macos else offer.macos
    return Ground(machine.platform, choice.target.python, libc, macos)


def held_lock(where: Project, spec_file: Path | None, bundle: Bundle | None = None) -> Held:
    """Read the lock that is there, else that of the bundle; refuse one that is not in order."""
    if bundle is not None and not where.lock.exists():
        name = f"{bundle.path.name}: {bundle.contents.lock}"
        lock = _decoded(bundle.lock, name, check_lock(bundle.lock, name), "envplan bundle")
        return Held(lock, bundle.lock, name, None)
    name = where.lock.name
    committed = f"git checkout -- {quote(str(where.lock))}"
    begin = "envplan lock" if where.spec else 'envplan init "torch 2.2 on gpu" && envplan lock'
    data = lock_bytes(where.lock, committed if os.path.lexists(where.lock) and not where.spec else begin)
    spec = _spec(where, spec_file)
    if spec is not None and spec_file is None and not _is_of(spec, data, name):
        spec = None  # the spec of another environment that lies in the same folder
    faults = check_lock(data, name) if spec is None else check(Path(spec.origin), where.lock).problems
    made_anew = partial(remade_by, data, str(where.lock))
    lock = _decoded(data, name, faults, made_anew if where.spec else f"{committed}   (as it was committed)")
    return Held(lock, data, name, spec)


def _decoded(data: bytes, name: str, faults: Collection[Problem], cure: str | Callable[[], str]) -> Lock:
    try:
        if faults:
            raise EnvplanError(*faults)
        return decode(data, name)
    except EnvplanError as error:
        raise EnvplanError(*mendable(error.problems, cure if isinstance(cure, str) else cure())) from None


def _spec(where: Project, asked: Path | None) -> Spec | None:
    """Read the spec; a lock can be applied without one, unless somebody names it."""
    from envplan.spec.read import read_spec, spec_file

    if where.spec is None and asked is None:
        return None
    try:
        found = spec_file(asked or (where.spec or Path()).parent)
    except EnvplanError:  # a pyproject.toml that only mentions envplan
        if asked:
            raise
        return None
    return read_spec(found)


def _is_of(spec: Spec, data: bytes, name: str) -> bool:
    """Whether a lock was made for this spec, told by the name of the environment; a broken one is not."""
    try:
        return decode(data, name, sealed=False).name == spec.name
    except EnvplanError:
        return True  # whatever is wrong with it is said when it is checked


def python_asked(text: str | None, lock: Lock, command: str) -> Python | None:
    """Read --python."""
    if text is None:
        return None
    try:
        return Python.parse(text)
    except ValueError:
        why = Said(
            "a lock is made for minor versions; the newest of them that is here is taken without --python"
        )
        newest = max(python for offer in lock.offers for python in offer.pythons)
        title = f"{shown(text)} is no minor version of Python"
        raise EnvplanError(
            Problem(USAGE, title, why=(why,), cures=(f"{command} --python {newest}",))
        ) from None


def machine_here(where: Project, named: str | None, *, installing: bool) -> Here:
    """Probe this machine, or read the one that was named; installing takes a computer of its platform."""
    from envplan.machine.probe import here

    overlay = where.lock.parent / "catalog.d"
    pretended = named or os.environ.get(VARIABLE)
    if not pretended:
        survey = here(known=partial(_compute_of, overlay))
        return Here(survey.machine, real=True, warnings=survey.warnings)
    from envplan.verbs.plan import profile

    machine = profile(pretended, overlay)
    if not installing:
        return Here(machine, real=False)
    return Here(_on_this_computer(machine, pretended), real=False)


def _compute_of(overlay: Path, name: str) -> Compute | None:
    """Ask the catalog, which is read only for a GPU whose driver hides its capability."""
    from envplan.verbs.plan import compute_of

    return compute_of(name, overlay)


def _on_this_computer(machine: Machine, named: str) -> Machine:
    """Pretend to be a machine, on the interpreters of this one."""
    from envplan.machine.probe import Host
    from envplan.machine.probe.interpreters import by_name
    from envplan.machine.probe.system import platform

    host = Host.here()
    own = platform(host)
    if own != machine.platform:
        raise EnvplanError(
            Problem(
                ELSEWHERE,
                f"an environment for {machine.platform} cannot be built on {own}",
                wanted=(Said(f"{machine.name}, {machine.platform}", machine.origin),),
                found=(Said(str(own), "this computer"),),
                why=(Said("it stands on an interpreter that runs here"),),
                cures=tuple(_elsewhere(named)),
            )
        )
    return replace(machine, pythons=tuple(one.fact for one in by_name(host)))


def _elsewhere(named: str) -> Iterator[str]:
    yield f"envplan apply --dry-run --for {quote(named)}   (only says what it would do)"
    yield f"envplan bundle --for {quote(named)}   (what such a machine installs from)"

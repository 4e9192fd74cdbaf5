"""Verify: is the environment what was built, is that what the lock holds, and does it work here?"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from envplan.documents.reading import printable
from envplan.environment.model import Receipt
from envplan.environment.pointer import Foreign, Nowhere, Ours, pointing, ways_past
from envplan.environment.proof.prove import prove
from envplan.environment.proof.question import Question
from envplan.environment.proof.report import Report
from envplan.environment.receipts import NAME, read_receipt
from envplan.problems import EnvplanError, Problem, Said
from envplan.store.model import Tell, untold
from envplan.values.records import dataclass, replace
from envplan.verbs.apply import digest_of
from envplan.verbs.project import Project, find_project, lock_file, lock_of, typed

if TYPE_CHECKING:
    from envplan.machine.model import Machine

_NOTHING, _BROKEN, _STALE, _LOST = "EP458", "EP612", "EP615", "EP616"


@dataclass(frozen=True)
class VerifyRequest:
    """What `envplan verify` is asked to do."""

    spec_file: Path | None = None
    lock_file: Path | None = None
    environment: Path | None = None
    deep: bool = False
    imports: bool = True
    smoke: bool | None = None  # none: where builds for a GPU meet that GPU
    deadline: float = 120.0

    @property
    def options(self) -> str:
        """What to type after another command, for it to mean the same environment."""
        return typed(self.spec_file, self.lock_file, self.environment)


def verify(request: VerifyRequest, tell: Tell = untold) -> Report:
    """Prove the environment that the pointer names."""
    where = find_project(request.spec_file, request.lock_file, request.environment)
    there = _generation(where, request)
    folder = there.folder
    receipt = read_receipt(folder)
    if receipt is None:
        return Report(str(where.pointer), folder.name, {}, problems=(_no_receipt(folder, request),))
    overlay = (where.spec or where.lock).parent / "catalog.d"
    machine, unreadable = _machine(receipt, overlay) if request.imports or request.smoke else (None, ())
    question = Question(
        folder,
        receipt,
        str(where.pointer),
        machine=machine,
        named=_named(where, lock_of(there.name), receipt) if request.imports else (),
        overlay=overlay,
        deep=request.deep,
        imports=request.imports,
        smoke=request.smoke,
        deadline=request.deadline,
        options=request.options,
        tell=tell,
    )
    report = prove(question)
    return replace(
        report,
        problems=(
            *_stale(where, lock_of(there.name), receipt, request),
            *_lost(where, receipt),
            *report.problems,
            *unreadable,
        ),
    )


def _generation(where: Project, request: VerifyRequest) -> Ours:
    """Find what the pointer leads to."""
    there = pointing(where.pointer)
    cures: tuple[str, ...] = (f"envplan apply{request.options}",)
    match there:
        case Ours():
            return there
        case Nowhere():
            title, found = "there is no environment to verify", "nothing"
        case Foreign(kind):
            title, found = f"{where.pointer.name} is {kind} that envplan did not make", kind
            cures = ways_past(where.pointer)
    raise EnvplanError(
        Problem(
            _NOTHING,
            title,
            found=(Said(found, str(where.pointer)),),
            cures=cures,
        )
    )


def _no_receipt(folder: Path, request: VerifyRequest) -> Problem:
    gone = not folder.is_dir()
    return Problem(
        _BROKEN,
        "the environment is gone" if gone else "the receipt of the environment is missing or damaged",
        found=(Said("no folder" if gone else "", str(folder if gone else folder / NAME)),),
        why=(Said("without it nothing can be said of what it should hold"),),
        cures=(f"envplan apply{request.options}",),
    )


def _machine(receipt: Receipt, overlay: Path) -> tuple[Machine | None, tuple[Problem, ...]]:
    """Look at this machine; what cannot be read of it matters where the environment is for a GPU."""
    from envplan.machine.probe import here
    from envplan.machine.probe.survey import VARIABLE
    from envplan.verbs.plan import compute_of

    if os.environ.get(VARIABLE):
        return None, ()
    survey = here(known=partial(compute_of, overlay=overlay))
    for_gpu = receipt.target.get("variant") != "cpu"
    return survey.machine, survey.machine.unreadable if for_gpu else ()


def _named(where: Project, name: str, receipt: Receipt) -> frozenset[str]:
    """Read which packages the spec asks for; without one of this environment, all are imported."""
    from envplan.spec.read import read_spec

    try:
        spec = read_spec(where.spec) if where.spec else None
    except EnvplanError:  # a matter of `envplan lock --check`; the environment can be looked at all the same
        return frozenset()
    if spec is None or spec.name != name:
        return frozenset()
    groups = (group for called, group in spec.groups if called in receipt.groups)
    return frozenset(one.name for group in (spec.packages, *groups) for one in group)


def _stale(where: Project, name: str, receipt: Receipt, request: VerifyRequest) -> tuple[Problem, ...]:
    """Say that the lock is another one than the environment was built from.

    With --env alone that may be the lock beside the environment, or the one here; .venv-lab has its own.
    """
    beside = [where.pointer.parent / lock_file(where.pointer, where.lock.name)]
    if beside[0].name == where.lock.name:
        beside.append(where.lock)
    files = dict.fromkeys([where.lock] if request.lock_file or request.spec_file else beside)
    found = {file: data for file in files if (data := _bytes(file)) is not None}
    if any(hashlib.sha256(data).hexdigest() == receipt.lock for data in found.values()):
        return ()
    other = next((file for file, data in found.items() if _is_for(data, name)), None)
    if other is None:
        return ()  # an environment that was moved away from its lock
    return (
        Problem(
            _STALE,
            "the environment was built from another lock than the one that is there",
            found=(Said(f"built on {receipt.created} from a lock with other bytes", str(other)),),
            cures=(f"envplan apply{request.options}{receipt.asked}",),
        ),
    )


def _lost(where: Project, receipt: Receipt) -> Iterator[Problem]:
    """Name the editable packages whose folder is gone. Paths begin at the folder of the lock."""
    if digest_of(where.lock) != receipt.lock:
        return
    for row in receipt.packages:
        if row.get("editable") and not os.path.isdir(folder := where.lock.parent / row["path"]):  # noqa: PTH112
            yield Problem(
                _LOST,
                f"the folder of {row['name']} is gone",
                wanted=(Said(f"{row['name']}, editable", "the lock"),),
                found=(Said("nothing is there", printable(str(folder))),),
                why=(Said("a package that is editable is read where it lies"),),
                cures=(f"envplan why {row['name']}",),
            )


def _bytes(file: Path) -> bytes | None:
    try:
        return file.read_bytes()
    except OSError:
        return None


def _is_for(data: bytes, name: str) -> bool:
    """Whether a lock is one of the environment of this name; one that cannot be read may be."""
    from envplan.lockfile.decode import decode

    try:
        return decode(data, "the lock", sealed=False).name == name
    except EnvplanError:
        return True

"""Apply: is the environment the one that is asked for? If not, everything else (`carrying_out.py`).

The question comes before all else and is answered in milliseconds, without reading the lock or asking the
machine, so this module imports next to nothing. Whatever it cannot tell at once, it leaves to the whole way.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from envplan import __version__
from envplan.environment.listing import read_listing
from envplan.environment.model import FORBIDDEN
from envplan.environment.pointer import Ours, pointing
from envplan.environment.receipts import built_for, read_receipt, same_python
from envplan.environment.untouched import untouched
from envplan.machine.fingerprint import fingerprint, stamp
from envplan.values.digests import sha256
from envplan.values.records import dataclass
from envplan.verbs.folders import stamp_of
from envplan.verbs.project import Project, find_project, typed

if TYPE_CHECKING:
    from envplan.environment.model import Receipt
    from envplan.problems import Problem
    from envplan.store.model import Tell
    from envplan.verbs.change import Change


@dataclass(frozen=True)
class ApplyRequest:
    """What `envplan apply` is asked to do."""

    spec_file: Path | None = None
    lock_file: Path | None = None
    environment: Path | None = None
    profile: str | None = None
    variant: str | None = None
    python: str | None = None
    groups: tuple[str, ...] = ()  # sorted
    extras: tuple[str, ...] = ()  # of these groups, those that were asked for as extras
    dry_run: bool = False
    offline: bool = False
    bundle: Path | None = None
    smoke: bool | None = None  # none: where a GPU's variant meets its GPU
    replace: bool = False
    compile: bool = False

    @property
    def options(self) -> str:
        """What to type after another command, for it to mean the same environment."""
        return typed(self.spec_file, self.lock_file, self.environment)

    @property
    def wishes(self) -> str:
        """What else to type, for it to become the same environment again."""
        from shlex import quote

        named = (("--variant", self.variant), ("--python", self.python), ("--for", self.profile))
        words = [(option, word) for option, word in named if word]
        words += [("--group", group) for group in self.groups]
        compile_too = " --compile" if self.compile else ""
        return "".join(f" {option} {quote(word)}" for option, word in words) + compile_too


@dataclass(frozen=True)
class Applied:
    """What was done, or would be."""

    where: Project
    receipt: Receipt
    change: Change | None = None  # none: there was nothing to do
    done: bool = False
    passed: tuple[str, ...] = ()  # better variants, and why not
    moved: Path | None = None  # where a foreign environment went
    problems: tuple[Problem, ...] = ()


def apply(request: ApplyRequest, tell: Tell) -> Applied:
    """Make the environment what the lock says, or leave it as it is where it is that already."""
    where = find_project(request.spec_file, request.lock_file, request.environment)
    if receipt := standing(where, request):
        return Applied(where, receipt)
    from envplan.verbs.carrying_out import carry_out

    return carry_out(request, where, tell)


def standing(where: Project, request: ApplyRequest) -> Receipt | None:
    """Return the receipt of what stands there, if nothing has changed that it rests on; none if unsure."""
    here = pointing(where.pointer)
    receipt = read_receipt(here.folder) if isinstance(here, Ours) else None
    if receipt is None or not isinstance(here, Ours) or not built_for(receipt, where.pointer):
        return None
    if receipt.groups != request.groups or receipt.machine != rests_on(request):
        return None
    if FORBIDDEN in receipt.unproven and request.smoke is not False:
        return None
    if receipt.lock != digest_of(where.lock) or receipt.spec != digest_of(where.spec):
        return None
    if not same_python(receipt.interpreter) or not _same_folders(receipt, where):
        return None
    listing = read_listing(here.folder)
    return receipt if listing and untouched(here.folder, listing) else None


def _same_folders(receipt: Receipt, where: Project) -> bool:
    """Whether packages that come from folders beside the lock are still what was built."""
    return all(
        row["stamp"] == stamp_of(where.lock.parent / row["path"], editable=row["editable"])
        for row in receipt.packages
        if "stamp" in row
    )


def rests_on(request: ApplyRequest) -> str:
    """Digest the machine, and what was asked for by name."""
    return fingerprint(_asked(request))


def _asked(request: ApplyRequest) -> Iterator[str]:
    yield __version__
    yield f"variant {request.variant}"
    yield f"python {request.python}"
    yield f"compile {request.compile}"
    yield f"smoke {request.smoke is True}"
    yield f"for {request.profile} {stamp(request.profile) if request.profile else ''}"


def digest_of(file: Path | None) -> str:
    """Digest a document's bytes; empty where there is none that could be read."""
    try:
        return sha256(file.read_bytes()).hexdigest() if file and file.is_file() else ""
    except (OSError, ValueError):
        return ""

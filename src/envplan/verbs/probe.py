"""Probe: look at this machine, or at a profile, and write it down."""

from __future__ import annotations

import contextlib
import os
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from envplan.machine.model import Machine
from envplan.machine.probe import Host, Survey, pretended, survey
from envplan.machine.probe.survey import VARIABLE
from envplan.problems import EnvplanError, Problem, Said
from envplan.values.versions import Compute

_HEADER = "# A machine, as `envplan probe --save` found it.\n"


@dataclass(frozen=True)
class Probed:
    """What was found out, and the file it was saved to."""

    survey: Survey
    saved: Path | None = None


def probe(
    host: Host | None = None, *, profile: str | None = None, save: Path | None = None, force: bool = False
) -> Probed:
    """Look at this machine, or at a profile; save it where asked to."""
    host = host or Host.here()
    if save and not force:
        _refuse_existing(save)  # before a probe that may take seconds
    wanted = profile or host.environ.get(VARIABLE)
    found = pretended(wanted, _known) if wanted else survey(host, known=_known)
    if save is None:
        return Probed(found)
    machine = found.machine if wanted else replace(found.machine, name=_name(save))
    _save(machine, save)
    return Probed(replace(found, machine=machine), save)


def profile_names() -> tuple[str, ...]:
    """List the profiles that ship with envplan."""
    from envplan.machine.profile import shipped_profiles

    return shipped_profiles()


def _known(name: str) -> Compute | None:
    from envplan.verbs.plan import compute_of  # the catalog is read only for a GPU that hides its capability

    return compute_of(name)


def _name(file: Path) -> str:
    name = "".join(letter for letter in file.stem if letter.isprintable()).strip()
    return name[:200] or "this-machine"


def _refuse_existing(file: Path) -> None:
    if os.path.lexists(file):
        what = "a folder" if file.is_dir() else "a file"
        cure = f"envplan probe --save {file} --force"
        other = f"envplan probe --save {file / 'this.toml'}"
        raise EnvplanError(
            Problem(
                "EP521",
                f"there is {what} called {file.name!r} already",
                found=(Said(str(file)),),
                why=(Said("saving never overwrites by itself"),),
                cures=(other if file.is_dir() else cure,),
            )
        )


def _save(machine: Machine, file: Path) -> None:
    """Write the profile whole, or not at all."""
    from envplan.machine.profile import encode

    if machine.unreadable:
        raise EnvplanError(*machine.unreadable, _incomplete(file))
    text = _HEADER + encode(machine)
    try:
        target = Path(os.path.realpath(file))  # fails too, where the folder we stand in is gone
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:100]}-")
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as out:
                out.write(text)
                out.flush()
                os.fsync(out.fileno())
            umask = os.umask(0)
            os.umask(umask)
            Path(temporary).chmod(0o666 & ~umask)  # mkstemp's files are for their owner alone
            Path(temporary).replace(target)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(temporary).unlink()
            raise
    except (OSError, ValueError) as error:
        raise EnvplanError(_unwritten(file, getattr(error, "strerror", None) or str(error))) from error


def _incomplete(file: Path) -> Problem:
    return Problem(
        "EP523",
        f"{file.name} was not written",
        why=(
            Said("something about this machine could not be read, and a profile would say it is not there"),
        ),
        cures=("envplan probe   (shows every source; cure the problem above first)",),
    )


def _unwritten(file: Path, reason: str) -> Problem:
    missing = not file.parent.is_dir()
    return Problem(
        "EP522",
        f"{file} cannot be written",
        found=(Said(reason),),
        why=(Said("the folder does not exist" if missing else "the folder does not let this user write"),),
        cures=(f"mkdir -p {file.parent}",) if missing else (f"ls -ld {file.parent}",),
    )

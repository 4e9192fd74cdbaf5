"""Probe: look at this machine, or at a profile, and write it down."""

from __future__ import annotations

from pathlib import Path
from shlex import quote

from envplan.documents.opening import kind_of
from envplan.documents.reading import shown
from envplan.documents.writing import write_document
from envplan.machine.model import Machine
from envplan.machine.probe import Host, Survey, pretended, survey
from envplan.machine.probe.survey import VARIABLE
from envplan.problems import EnvplanError, Problem, Said
from envplan.values.records import dataclass, replace
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
        _refuse_existing(save, profile)  # before a probe that may take seconds
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


def _refuse_existing(file: Path, profile: str | None) -> None:
    try:
        kind = kind_of(file)
    except (OSError, ValueError):
        return  # writing will say what is wrong with the path
    if kind == "nothing":
        return
    again = "envplan probe" + (f" --for {quote(profile)}" if profile else "")
    cures = {
        "a file": f"{again} --save {quote(str(file))} --force",
        "a folder": f"{again} --save {quote(str(file / 'this.toml'))}",
    }
    raise EnvplanError(
        Problem(
            "EP521",
            f"{shown(str(file))} is there already",
            found=(Said(kind, shown(str(file))),),
            why=(Said("saving never overwrites by itself"),),
            cures=(cures[kind],) if kind in cures else (),
        )
    )


def _save(machine: Machine, file: Path) -> None:
    """Write the profile whole, or not at all."""
    from envplan.machine.profile import encode

    if machine.unreadable:
        raise EnvplanError(*machine.unreadable, _incomplete(file))
    write_document(file, _HEADER + encode(machine), code="EP522")


def _incomplete(file: Path) -> Problem:
    return Problem(
        "EP523",
        f"{shown(str(file))} was not written",
        why=(
            Said("something about this machine could not be read, and a profile would say it is not there"),
        ),
        cures=("envplan probe   (shows every source; cure the problem above first)",),
    )

"""Run: resolve the pointer once, and start a command in what it names. Nothing is installed or checked."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from shlex import quote

from envplan.environment.model import Receipt
from envplan.environment.moved import moved
from envplan.environment.pointer import Ours, pointing
from envplan.environment.receipts import read_receipt
from envplan.environment.running import commands_folder, program, surroundings
from envplan.problems import EnvplanError, Problem, Said
from envplan.values.records import dataclass
from envplan.verbs.environments import none_there, open_place
from envplan.verbs.unstartable import Command, cannot_start, not_found


@dataclass(frozen=True)
class Ready:
    """A command that only needs to be started."""

    program: str
    environ: Mapping[str, str]
    command: Command

    def refused(self, error: OSError) -> EnvplanError:
        """Say why the system does not start it."""
        return cannot_start(self.command, self.program, error)


def ready(words: Sequence[str], env: Path | None = None, environ: Mapping[str, str] = os.environ) -> Ready:
    """Find a command, and what it runs in."""
    typed = f"envplan run{f' --env {quote(str(env))}' if env else ''} --"
    if not words:
        raise EnvplanError(
            Problem("EP100", "envplan run needs a command", cures=(f"{typed} python --version",))
        )
    place = open_place(env)
    match pointing(place.pointer):
        case Ours(_, _, folder) if folder.is_dir():
            generation = Path(os.path.realpath(folder))
        case Ours(_, _, folder):
            raise none_there(place.pointer, Said("it leads to a folder that is gone", str(folder)))
        case _:
            raise none_there(place.pointer)
    _refuse_without_python(generation, place.pointer)
    around = surroundings(generation, place.name, environ)
    command = Command(tuple(words), typed, generation, place.name)
    found = program(words[0], around)
    if found is None:
        raise not_found(command, around["PATH"])
    if Path(found).parent == commands_folder(generation) and not Path(found).name.startswith("python"):
        _refuse_moved(generation, place.pointer)
    return Ready(found, around, command)


def _refuse_without_python(generation: Path, pointer: Path) -> None:
    """Refuse to let another Python of PATH take the place of one that was removed from the machine."""
    if os.access(commands_folder(generation) / f"python{'.exe' if os.name == 'nt' else ''}", os.X_OK):
        return
    from envplan.environment.proof.interpreter import out_of_reach

    raise EnvplanError(out_of_reach(generation, _again(read_receipt(generation), pointer)))


def _again(receipt: Receipt | None, pointer: Path) -> str:
    """Write the command that makes the environment anew."""
    return f"envplan apply --env {quote(str(pointer))}{receipt.asked if receipt else ''}"


def _refuse_moved(generation: Path, pointer: Path) -> None:
    """Refuse commands that would start the Python of another place; Python itself is right anywhere."""
    receipt = read_receipt(generation)
    if receipt and (problem := moved(receipt, pointer, _again(receipt, pointer))):
        raise EnvplanError(problem)

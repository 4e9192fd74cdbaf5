"""Run: resolve the pointer once, and start a command in what it names. Nothing is installed or checked."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from shlex import join, quote

from envplan.documents import nearest
from envplan.documents.reading import shown
from envplan.environment.pointer import Ours, pointing
from envplan.environment.running import commands_folder, names, program, surroundings
from envplan.problems import EnvplanError, Problem, Said
from envplan.values.records import dataclass
from envplan.verbs.environments import none_there, open_place

NOT_FOUND = "EP447"


@dataclass(frozen=True)
class Ready:
    """A command that only needs to be started."""

    program: str
    words: tuple[str, ...]
    environ: Mapping[str, str]


def ready(words: Sequence[str], env: Path | None = None, environ: Mapping[str, str] = os.environ) -> Ready:
    """Find a command, and what it runs in."""
    if not words:
        raise EnvplanError(
            Problem("EP100", "envplan run needs a command", cures=("envplan run -- python --version",))
        )
    place = open_place(env)
    match pointing(place.pointer):
        case Ours(_, _, folder) if folder.is_dir():
            generation = Path(os.path.realpath(folder))
        case Ours(_, _, folder):
            raise none_there(place.pointer, Said("it leads to a folder that is gone", str(folder)))
        case _:
            raise none_there(place.pointer)
    around = surroundings(generation, place.name, environ)
    found = program(words[0], around)
    if found is None:
        raise _not_found(words, generation, place.name)
    return Ready(found, tuple(words[1:]), around)


def _not_found(words: Sequence[str], generation: Path, name: str) -> EnvplanError:
    known = names(generation)
    near = nearest(words[0], known)
    return EnvplanError(
        Problem(
            NOT_FOUND,
            f"there is no command {shown(words[0])}",
            wanted=(Said(join(words)),),
            found=(
                Said(f"{len(known)} commands in the environment {name}", str(commands_folder(generation))),
            ),
            why=(Said("it is neither in the environment nor on PATH"),),
            cures=(f"envplan run -- {join((near, *words[1:]))}",) if near else (),
        )
    )


def cannot_start(found: Ready, error: OSError) -> EnvplanError:
    """Say why the system does not start what was found: not a program, or one for another processor."""
    return EnvplanError(
        Problem(
            NOT_FOUND,
            f"{shown(Path(found.program).name)} cannot be started",
            found=(Said((error.strerror or str(error)).lower(), found.program),),
            cures=(f"file {quote(found.program)}",),
        )
    )

"""Empty environments, as virtualenv makes them: once for each interpreter, then written out in milliseconds.

To import virtualenv and let it ask an interpreter takes longer than to link a whole PyTorch. What it makes is
small text, so it is kept in the store as one document, with marks for the pointer's path and the prompt.
"""

from __future__ import annotations

import os
import re
import shlex
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from envplan.environment.interpreters import NONE, candidates, identity, missing, own
from envplan.environment.keeping import keep, kept
from envplan.environment.model import Interpreter
from envplan.problems import EnvplanError, Problem, Said
from envplan.values.records import dataclass
from envplan.values.versions import Python

if TYPE_CHECKING:
    from envplan.machine.probe.host import Host

POINTER = "/envplan-pointer-4be1c09d"  # what is in nobody's path
PROMPT = "envplan-prompt-4be1c09d"

_FORMAT = 1
_PLAIN = re.compile(r"[A-Za-z0-9_/.@+=,-]+")  # what no shell sees anything in, quoted or not


@dataclass(frozen=True)
class Layout:
    """Where a wheel's files go: each scheme's folder, relative to the environment."""

    purelib: str
    platlib: str
    scripts: str
    headers: str
    python: str  # the interpreter's own place

    def of(self, scheme: str, project: str) -> str:
        """Return the folder of a scheme, empty for the environment itself; headers have one a project."""
        match scheme:
            case "purelib" | "platlib" | "scripts":
                return str(getattr(self, scheme))
            case "headers":
                return f"{self.headers}/{project}"
            case _:
                return ""


@dataclass(frozen=True)
class Skeleton:
    """An environment with nothing installed, that lies nowhere yet."""

    interpreter: Interpreter
    layout: Layout
    folders: tuple[str, ...]  # parents first
    links: dict[str, str]
    files: dict[str, bytes]
    programs: frozenset[str]  # files that can be run

    def at(self, pointer: Path, prompt: str) -> dict[str, bytes]:
        """Return its files for an environment that is known by its pointer."""
        marked = self.files
        place = str(pointer)
        if not _PLAIN.fullmatch(place):
            # Each shell quotes in its own way. virtualenv knows them all, so that is asked again.
            from envplan.environment.virtual import activation

            try:
                marked = {**marked, **activation(self.interpreter.path, place)}
            except Unfit as unfit:
                raise _no_scripts(self.interpreter, str(unfit)) from None
        marks = ((POINTER.encode(), os.fsencode(place)), (PROMPT.encode(), prompt.encode()))
        return {name: _replaced(data, marks) for name, data in marked.items()}


class Unfit(Exception):  # noqa: N818
    """virtualenv can make nothing of an interpreter; carries its words."""


def _no_scripts(interpreter: Interpreter, reason: str) -> EnvplanError:
    return EnvplanError(
        Problem(
            NONE,
            "the scripts that activate the environment cannot be written",
            found=(Said(reason, interpreter.path),),
            why=(Said("virtualenv asks the interpreter again where a path has letters that shells read"),),
            cures=(f"{shlex.quote(interpreter.path)} --version",),
        )
    )


def _replaced(data: bytes, marks: tuple[tuple[bytes, bytes], ...]) -> bytes:
    for mark, text in marks:
        data = data.replace(mark, text)
    return data


def skeleton(python: Python, store: Path, host: Host | None = None) -> Skeleton:
    """Find an interpreter of a minor version, and the empty environment that stands on it."""
    if host is None:
        if (mine := own(python)) and (made := _kept(mine, store)):
            return made
        from envplan.machine.probe.host import Host

        host = Host.here()
    failures = []
    for path in candidates(python, host):
        try:
            found = _kept(path, store) or _made(path, store)
        except Unfit as unfit:
            failures.append(Said(str(unfit), path))
            continue
        if found.interpreter.version.startswith(f"{python}."):
            return found
        failures.append(Said(f"it is Python {found.interpreter.version}", path))  # whatever its name says
    raise missing(python, host, tuple(failures))


def _document(path: str, store: Path) -> Path:
    return store / "skeletons" / f"{sha256(os.fsencode(os.path.realpath(path))).hexdigest()[:40]}.json"


def _kept(path: str, store: Path) -> Skeleton | None:
    """Read the one that was made before, if the interpreter and virtualenv are still the same."""
    held = kept(_document(path, store))
    if held is None:
        return None
    try:
        if held["format"] != _FORMAT or held["virtualenv"] != _virtualenv():
            return None
        if any(identity(one[0]) != one for one in held["rests_on"]):
            return None
        return _decoded(held)
    except (LookupError, TypeError, ValueError, AttributeError):
        return None


def _made(path: str, store: Path) -> Skeleton:
    from envplan.environment.virtual import empty

    made = empty(path)
    rests_on = [identity(one) for one in dict.fromkeys((os.path.realpath(path), made.interpreter.path))]
    held = _encoded(made) | {"format": _FORMAT, "virtualenv": _virtualenv(), "rests_on": rests_on}
    keep(_document(path, store), held)
    return made


def _virtualenv() -> str:
    """Read virtualenv's version, without the tenth of a second that its import takes."""
    from importlib.util import find_spec

    spec = find_spec("virtualenv")
    assert spec
    assert spec.origin
    return Path(spec.origin).with_name("version.py").read_text(encoding="utf-8")


def _encoded(made: Skeleton) -> dict[str, Any]:
    return {
        "interpreter": vars(made.interpreter),
        "layout": vars(made.layout),
        "folders": made.folders,
        "links": made.links,
        "files": {name: data.decode("latin-1") for name, data in made.files.items()},
        "programs": sorted(made.programs),
    }


def _decoded(held: dict[str, Any]) -> Skeleton:
    return Skeleton(
        Interpreter(**held["interpreter"]),
        Layout(**held["layout"]),
        tuple(held["folders"]),
        held["links"],
        {name: data.encode("latin-1") for name, data in held["files"].items()},
        frozenset(held["programs"]),
    )

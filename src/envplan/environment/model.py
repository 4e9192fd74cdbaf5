"""An environment as values: where its parts lie, and what a generation says it holds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from envplan.store.model import Tree
from envplan.values.records import dataclass

GENERATIONS = ".envplan"  # the folder beside pointers that all lie in
LONGEST = 86_400  # seconds that a proof may be given
FORBIDDEN = "not asked for"  # why a framework was not run: `--no-smoke`


@dataclass(frozen=True)
class Place:
    """One environment of a project: `.venv` is the pointer, `.envplan/NAME/ID` its generations."""

    name: str  # the lock's
    pointer: Path  # absolute, as the user names it: PROJECT/.venv, or that of --env

    @property
    def folder(self) -> Path:
        """Where its generations lie, beside the pointer."""
        return self.pointer.parent / GENERATIONS / self.name


@dataclass(frozen=True)
class Interpreter:
    """The Python that a generation stands on, outside of any environment."""

    path: str
    version: str  # "3.11.7"
    stamp: str = ""  # what its file looked like; empty: nobody has looked


@dataclass(frozen=True)
class Part:
    """One package of a generation: its unpacked wheel, and what is known of how it came to be wanted.

    A folder that is editable is one too: its wheel only points to the folder (PEP 660).
    """

    tree: Tree
    direct: dict[str, Any] | None = None  # the contents of direct_url.json; none: from an index
    requested: bool = False  # the spec names it; else another package needs it


@dataclass(frozen=True)
class Receipt:
    """What a generation holds, written last: a generation without one is garbage."""

    id: str
    lock: str  # sha256 of the lock's bytes
    spec: str  # sha256 of the spec's bytes; empty where there was none
    machine: str  # what the choice rested on, from `fingerprint`
    target: dict[str, str]  # variant, platform, python
    why: str  # the choice, in one line
    groups: tuple[str, ...]
    extras: tuple[str, ...]
    interpreter: Interpreter
    packages: tuple[dict[str, Any], ...]  # name, version, wheel, sha256, index or url, size
    startup: tuple[tuple[str, str], ...]  # (package, file) that runs when Python starts
    verified: dict[str, Any]  # the report of the checks before the flip
    created: str  # RFC 3339
    pointer: str = ""  # the path it was built for, which its commands and scripts have in them
    asked: str = ""  # what was typed after `envplan apply`, to be typed again for the same environment

    @property
    def unproven(self) -> tuple[str, ...]:
        """Why frameworks were not run, of each that was not."""
        smoke = self.verified.get("smoke", ())
        return tuple(str(one["detail"]) for one in smoke if one["status"] == "not-run")

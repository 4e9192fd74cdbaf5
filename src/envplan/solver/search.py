"""What a solver is handed, and what may come back: the part that every solver shares."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from envplan.processes.outcomes import Ended, Stopped
from envplan.processes.run import run
from envplan.processes.surroundings import from_nothing
from envplan.values.records import dataclass, field

_PIN = re.compile(r"([a-z0-9](?:[a-z0-9-]*[a-z0-9])?)==([A-Za-z0-9.+!_-]+)")
_LONGEST_ANSWER = 8 * 1024 * 1024
DEADLINE = 600.0

# A traceback, but for its last line, which says what went wrong.
_FRAMES = re.compile(r"^[ \t]*Traceback \(most recent call last\):\n(?:[ \t]+.*\n?)*", re.MULTILINE)


@dataclass(frozen=True)
class Search:
    """One search on one view. Texts are written by us from values that packaging has read."""

    url: str  # of the view; holds its secret
    requirements: tuple[str, ...]
    constraints: tuple[str, ...] = ()
    preferred: Mapping[str, Version] = field(default_factory=dict)
    deadline: float = DEADLINE
    stop: threading.Event = field(default_factory=threading.Event)


@dataclass(frozen=True)
class Found:
    """The versions that fit together, as the solver says."""

    versions: Mapping[str, Version]


@dataclass(frozen=True)
class NotFound:
    """No versions fit together, as the solver says; these are its words."""

    words: str


@dataclass(frozen=True)
class Broken:
    """The solver gave no answer."""

    reason: str
    words: str = ""


Result = Found | NotFound | Broken | Stopped


class Solver(Protocol):
    """Something that finds versions that fit together."""

    @property
    def name(self) -> str:
        """Its name, for messages."""
        ...

    def search(self, search: Search) -> Result:
        """Find versions on a view."""
        ...


def write_search(search: Search, folder: Path) -> None:
    """Write needs, constraints and preferences to files: nothing of them is ever an argument."""
    _write(folder / "needs.in", search.requirements)
    _write(folder / "constraints.txt", search.constraints)
    _write(folder / "pins.txt", [f"{name}=={version}" for name, version in sorted(search.preferred.items())])


def _write(path: Path, lines: Sequence[str]) -> None:
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def compile_pins(
    search: Search,
    command: Sequence[str],
    settings: Mapping[str, str],
    folder: Path,
    refused: re.Pattern[str],
) -> Result:
    """Run a compiler of pins; what it writes is read strictly, and its words are left for the end."""
    outcome = run(
        command,
        environ=from_nothing(folder, settings),
        deadline=search.deadline,
        folder=folder,
        stop=search.stop,
        errors="joined",
    )
    match outcome:
        case Stopped():
            return outcome
        case Ended(0):
            return read_pins(folder / "pins.txt")
        case Ended():
            words = clean(outcome.text, search.url)
            if refused.search(outcome.text):
                return NotFound(words)
            return Broken(outcome.reason, words)
        case _:
            return Broken(outcome.reason, clean(outcome.printed, search.url))


def read_pins(path: Path) -> Result:
    """Read name==version lines, and take nothing else for an answer."""
    try:
        with path.open("rb") as file:
            text = file.read(_LONGEST_ANSWER + 1).decode("utf-8")
    except (OSError, UnicodeDecodeError):
        return Broken("wrote no answer that can be read")
    if len(text) > _LONGEST_ANSWER:
        return Broken("wrote an answer without end")
    versions: dict[str, Version] = {}
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        found = _PIN.fullmatch(line.strip())
        try:
            if found is None or found[1] in versions or canonicalize_name(found[1]) != found[1]:
                return Broken(f"answered {line[:100]!r}, which is not a name and a version")
            versions[found[1]] = Version(found[2])
        except InvalidVersion:
            return Broken(f"answered {line[:100]!r}, which is not a name and a version")
    return Found(versions)


def clean(output: str, url: str) -> str:
    """Take our address, control characters, tracebacks and most of the length out of a solver's words."""
    output = _FRAMES.sub("", output)
    base = url.removesuffix("simple/")
    text = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", output).replace(url, "the view ").replace(base, "the view ")
    text = re.sub(r"http://127\.0\.0\.1:[0-9]+/\S*", "the view", text)
    lines = [
        "".join(char if char.isprintable() else " " for char in line).rstrip() for line in text.splitlines()
    ]
    kept = [line[:400] for line in lines if line.strip()]
    return "\n".join(kept[:6] + (["…"] if len(kept) > 6 else []))

"""The computer being looked at: where its files start, its environment, what the interpreter knows of it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Self

from envplan.machine.probe.registry import EMPTY, Registry, this_registry
from envplan.machine.probe.rungs import Absent, Found, Outcome, Unreadable
from envplan.problems import Problem, Said, reason_of
from envplan.values.records import dataclass, field
from envplan.values.versions import Python

# A driver that has to wake eight sleeping GPUs takes seconds; one that hangs never answers.
DEADLINE = 5.0
DEADLINE_VARIABLE = "ENVPLAN_PROBE_SECONDS"

_LIMIT = 256 * 1024


@dataclass(frozen=True)
class Host:
    """Everything the probes may look at. Tests hand in a folder for a root, and an environment."""

    root: Path = Path("/")
    environ: Mapping[str, str] = field(default_factory=dict)
    system: str = "linux"  # as sys.platform says it
    arch: str = "x86_64"  # as the kernel says it
    libc: str = ""  # of the running interpreter: "glibc 2.35"
    build: str = ""  # Windows: 10.0.22631
    executable: str = sys.executable
    python: Python | None = None
    registry: Registry = EMPTY
    deadline: float = DEADLINE

    @classmethod
    def here(cls, environ: Mapping[str, str] | None = None) -> Self:
        """Describe the computer we run on."""
        environ = dict(os.environ) if environ is None else environ
        return cls(
            root=Path(Path(sys.prefix).anchor or "/"),
            environ=environ,
            system=sys.platform,
            arch=_arch(environ),
            libc=_libc(),
            build=_windows_build(),
            executable=sys.executable or "",
            python=Python(*sys.version_info[:2]),
            registry=this_registry(sys.platform),
            deadline=_deadline(environ),
        )

    @property
    def windows(self) -> bool:
        """Whether this is Windows itself (WSL is Linux)."""
        return self.system == "win32"

    @property
    def real(self) -> bool:
        """Whether the root is the true one, so that the system's loader sees the same files as we do."""
        return self.root == Path(self.root.anchor or "/")

    def path(self, place: str) -> Path:
        """Find an absolute path under the root."""
        if self.real:
            return Path(place)
        if self.windows:
            return self.root.joinpath(*PureWindowsPath(place).parts[1:])
        return self.root / Path(place).relative_to(Path(place).anchor)

    def shown(self, path: Path) -> str:
        """Name a path as the user of this host would."""
        return str(path) if self.real else "/" + path.relative_to(self.root).as_posix()

    def absolute(self, place: str) -> bool:
        """Whether a path starts at the root, in the way this system writes paths."""
        return (PureWindowsPath(place) if self.windows else PurePosixPath(place)).is_absolute()

    def exists(self, place: str) -> bool:
        """Whether something is there; what may not be looked at counts as there."""
        try:
            self.path(place).lstat()
        except PermissionError:
            return True
        except (OSError, ValueError):
            return False
        return True

    def read(self, place: str, limit: int = _LIMIT) -> Outcome[str]:
        """Read a small file, or the start of a large one."""
        try:
            with self.path(place).open("rb") as file:
                text = file.read(limit).decode("utf-8", "replace").strip("\0 \t\r\n")
        except (FileNotFoundError, NotADirectoryError):
            return Absent("no such file")
        except (OSError, ValueError) as error:
            return Unreadable(
                Problem(
                    "EP517",
                    f"{place} cannot be read",
                    found=(Said(reason_of(error), place),),
                    why=(Said("what it would say about this machine stays unknown"),),
                    cures=(f"ls -l {place}",),
                )
            )
        return Found(text)

    def text(self, place: str, limit: int = _LIMIT) -> str:
        """Read a small file that may as well not be there."""
        match self.read(place, limit):
            case Found(text):
                return text
            case _:
                return ""

    def entries(self, place: str) -> list[str]:
        """List a folder's names, sorted; nothing where it cannot be listed."""
        try:
            return sorted(os.listdir(self.path(place)))  # noqa: PTH208 - names are all that is needed, quickly
        except (OSError, ValueError):
            return []

    def folders(self, variable: str) -> Iterator[str]:
        """Walk the absolute folders of a search path; a relative one would be whatever folder we stand in."""
        seen = set()
        for folder in self.environ.get(variable, "").split(";" if self.windows else ":"):
            if folder not in seen and self.absolute(folder):
                seen.add(folder)
                yield folder

    def program(self, name: str, *places: str) -> Path | None:
        """Find a program on PATH, else in the places named."""
        names = (f"{name}.exe",) if self.windows else (name,)
        for folder in (*self.folders("PATH"), *places):
            for candidate in names:
                path = self.path(folder) / candidate
                if is_file(path) and os.access(path, os.X_OK):
                    return path
        return None


def is_file(path: Path) -> bool:
    """Whether a file is there; in a folder that may not be entered there is none for us."""
    return os.path.isfile(path)  # noqa: PTH113 - pathlib raises where this answers no


def _arch(environ: Mapping[str, str]) -> str:
    if hasattr(os, "uname"):
        return os.uname().machine
    return environ.get("PROCESSOR_ARCHITEW6432") or environ.get("PROCESSOR_ARCHITECTURE", "")


def _libc() -> str:
    try:
        return os.confstr("CS_GNU_LIBC_VERSION") or ""
    except (AttributeError, ValueError, OSError):  # Windows, macOS, musl
        return ""


def _windows_build() -> str:
    if sys.platform == "win32":
        version = sys.getwindowsversion()
        return f"{version.major}.{version.minor}.{version.build}"
    return ""


def _deadline(environ: Mapping[str, str]) -> float:
    try:
        seconds = float(environ.get(DEADLINE_VARIABLE, ""))
    except ValueError:
        return DEADLINE
    return min(max(seconds, 0.1), 600.0) if seconds == seconds else DEADLINE

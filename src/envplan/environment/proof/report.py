"""What was found out about one environment: the shape promised in schemas/output.schema.json."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from envplan.problems import Problem
from envplan.values.records import dataclass, field

Kind = Literal["changed", "emptied", "truncated", "missing", "added", "replaced", "unreadable"]
Status = Literal["passed", "failed", "not-run"]


@dataclass(frozen=True)
class Change:
    """One file or folder that is not as it was built; a folder's path ends with a slash."""

    path: str  # relative to the generation
    kind: Kind
    owner: str = ""  # the package it belongs to; empty: the environment's own, or nobody's
    detail: str = ""
    harmless: bool = False  # data that a package may have written beside itself while it ran

    def as_json(self) -> dict[str, Any]:
        """Return it for programs."""
        return {"path": self.path, "kind": self.kind, "owner": self.owner or None, "detail": self.detail}


@dataclass(frozen=True)
class Culprit:
    """A tool that put a package into the environment, past envplan."""

    tool: str  # as its INSTALLER file says
    project: str
    version: str
    paths: frozenset[str] = field(default=frozenset(), repr=False)  # what its RECORD lists


@dataclass(frozen=True)
class Drift:
    """How the files differ from those that were built."""

    files: int = 0  # that were looked at
    deep: bool = False  # whether all of them were read
    changes: tuple[Change, ...] = ()
    culprits: tuple[Culprit, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return it for programs."""
        return {
            "files": self.files,
            "deep": self.deep,
            "changes": [one.as_json() for one in self.changes],
            "culprits": [
                {"tool": one.tool, "project": one.project, "version": one.version} for one in self.culprits
            ],
        }


@dataclass(frozen=True)
class Imported:
    """One module that was imported, or was not."""

    module: str
    package: str
    status: Status
    detail: str = ""  # the last line of what it said
    seconds: float = 0.0

    def as_json(self) -> dict[str, Any]:
        """Return it for programs."""
        return {
            "module": self.module,
            "package": self.package,
            "status": self.status,
            "detail": self.detail,
            "seconds": self.seconds,
        }


@dataclass(frozen=True)
class Check:
    """One thing a device was asked to do; `ok` is none where it was not asked."""

    name: str
    ok: bool | None
    detail: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class Device:
    """One device as a framework sees it, and what it did."""

    key: str  # as the framework counts: cpu, cuda:1
    name: str
    compute: str | None = None
    checks: tuple[Check, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return it for programs."""
        checks = [
            {"name": one.name, "ok": one.ok, "detail": one.detail, "seconds": one.seconds}
            for one in self.checks
        ]
        return {"device": self.key, "name": self.name, "compute": self.compute, "checks": checks}


@dataclass(frozen=True)
class Smoke:
    """One framework at work; version and variant as it tells them itself."""

    framework: str
    package: str
    status: Status
    version: str | None = None
    variant: str | None = None
    detail: str = ""  # why it was not run, or how it ended
    devices: tuple[Device, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return it for programs."""
        return {
            "framework": self.framework,
            "package": self.package,
            "version": self.version,
            "variant": self.variant,
            "status": self.status,
            "detail": self.detail,
            "devices": [one.as_json() for one in self.devices],
        }


@dataclass(frozen=True)
class Report:
    """Everything that was proven of one generation, or refuted."""

    env: str
    generation: str
    target: dict[str, str]
    drift: Drift = Drift()
    imports: tuple[Imported, ...] = ()
    smoke: tuple[Smoke, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def errors(self) -> tuple[Problem, ...]:
        """What speaks against the environment."""
        return tuple(one for one in self.problems if one.severity == "error")

    @property
    def whole(self) -> bool:
        """Whether nothing speaks against it."""
        return not self.errors

    @property
    def as_json(self) -> dict[str, Any]:
        """Return it for programs."""
        return {
            "env": self.env,
            "generation": self.generation,
            "target": dict(self.target),
            "status": "whole" if self.whole else "failed",
            "drift": self.drift.as_json(),
            "imports": _listed(self.imports),
            "smoke": _listed(self.smoke),
        }


def _listed(parts: Iterable[Imported | Smoke]) -> list[dict[str, Any]]:
    return [one.as_json() for one in parts]

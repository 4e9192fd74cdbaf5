"""Generations of an environment, and what lies between two of them: for people, and for programs."""

from __future__ import annotations

from typing import Any

from envplan.cli.views.columns import columns
from envplan.documents.reading import printable
from envplan.environment.generations import Generation
from envplan.verbs.gc import Collected
from envplan.verbs.rollback import PackageChange, RolledBack


def rollback_text(done: RolledBack) -> str:
    """Say where the pointer goes now, and what that changes."""
    came = f", from generation {done.before.number}" if done.before else ""
    lines = [f"{printable(str(done.place.pointer))} is generation {_said(done.after)}{came}"]
    rows = [[change.name, _change(change)] for change in done.changes]
    lines += [f"  {line}" for line in columns(rows)] or ["  the same packages"]
    return "\n".join(lines)


def rollback_json(done: RolledBack) -> dict[str, Any]:
    """Say the same in the shape of schemas/output.schema.json."""
    return {
        "pointer": str(done.place.pointer),
        "before": _json(done.before),
        "after": _json(done.after),
        "changes": [vars(change) for change in done.changes],
    }


def gc_text(done: Collected) -> str:
    """Say what was removed, and why the rest was not."""
    name = done.place.name
    lines = [f"removed generation {_said(one, name)}" for one in done.removed] or ["nothing to remove"]
    if done.current:
        lines.append(f"kept generation {_said(done.current)}: in use")
    if done.previous:
        lines.append(f"kept generation {_said(done.previous)}: envplan rollback goes to it")
    lines += [
        f"kept generation {_said(one.generation, name)}: pid {', '.join(map(str, one.users))} runs from it"
        for one in done.in_use
    ]
    return "\n".join(lines)


def gc_json(done: Collected) -> dict[str, Any]:
    """Say the same in the shape of schemas/output.schema.json."""
    return {
        "pointer": str(done.place.pointer),
        "removed": [_json(one) for one in done.removed],
        "current": _json(done.current),
        "previous": _json(done.previous),
        "in_use": [{**(_json(one.generation) or {}), "pids": list(one.users)} for one in done.in_use],
    }


def _said(generation: Generation, name: str = "") -> str:
    """Say which it is; of one of another name than that of the environment, whose it was."""
    other = generation.folder.parent.name
    whose = f" of {printable(other)}" if name not in ("", other) else ""
    return f"{generation.number}{whose} ({printable(generation.receipt.created)})"


def _json(generation: Generation | None) -> dict[str, Any] | None:
    if generation is None:
        return None
    return {
        "id": generation.receipt.id,
        "created": generation.receipt.created,
        "path": str(generation.folder),
    }


def _change(change: PackageChange) -> str:
    if not change.before:
        return f"+ {printable(change.after)}"
    if not change.after:
        return f"- {printable(change.before)}"
    return printable(f"{change.before} → {change.after}")

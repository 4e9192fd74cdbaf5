"""An environment that was applied, or would be: for people, and for programs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from envplan.documents.reading import printable
from envplan.values.numbers import counted, size_said
from envplan.verbs.apply import Applied

TYPE_CHECKING = False
if TYPE_CHECKING:
    from envplan.verbs.change import Change, Line


def outcome(done: Applied) -> str:
    """Name what was done in one word."""
    if done.done:
        return "applied"
    return "unchanged" if done.change is None else "would-apply"


def apply_text(done: Applied) -> str:
    """Say what was chosen and why, what changes, and what was proven."""
    if done.change is None:
        packages = counted(len(done.receipt.packages), "package")
        return f"{_where(done)}: nothing to do ({_target(done)}, {packages})"
    from envplan.cli.views.columns import columns

    parts = [f"{_where(done)}: {_target(done)}{'' if done.done else ' (dry run)'}"]
    passed = () if done.receipt.target["variant"] == "cpu" else done.passed  # of those, problems tell loudly
    parts += [f"  {done.receipt.why}", *(f"  not {one}" for one in passed)]
    lines = [f"  {line}" for line in columns([_line(one) for one in done.change.changed])]
    parts += ["", *(lines or ["  the same packages, built anew"])]
    parts += ["", *(f"  {line}" for line in columns([*_sums(done, done.change)]))]
    return "\n".join(parts)


def apply_json(done: Applied) -> dict[str, Any]:
    """The shape promised in schemas/output.schema.json."""
    receipt, change = done.receipt, done.change
    return {
        "environment": str(done.where.pointer),
        "lock": str(done.where.lock),
        "generation": receipt.id or None,
        "target": dict(receipt.target),
        "why": receipt.why,
        "passed": list(done.passed),
        "groups": list(receipt.groups),
        "python": receipt.interpreter.path or None,
        "packages": [dict(row) for row in receipt.packages],
        "startup": [{"package": package, "file": file} for package, file in receipt.startup],
        "changes": [] if change is None else [vars(line) for line in change.changed],
        "fetch": {"bytes": change.fetch, "unknown": list(change.untold)} if change else None,
        "disk": {"store": change.store, "environment": change.copies} if change else None,
        "verified": receipt.verified or None,
        "moved": str(done.moved) if done.moved else None,
    }


def _where(done: Applied) -> str:
    """Name the environment as one would type it here."""
    path = done.where.pointer
    here = os.getcwd()  # noqa: PTH109 - only its text is needed
    return printable(os.path.relpath(path, here) if path.is_relative_to(here) else str(path))


def _target(done: Applied) -> str:
    target = done.receipt.target
    groups = f", with {', '.join(done.receipt.groups)}" if done.receipt.groups else ""
    return f"{target['variant']} for {target['platform']}, Python {target['python']}{groups}"


def _line(line: Line) -> list[str]:
    size = "size not known" if line.fetch is None else size_said(line.fetch) if line.fetch else ""
    before, after = printable(line.before or ""), printable(line.after or "")
    match line.kind:
        case "added":
            return ["+", line.name, after, size]
        case "removed":
            return ["-", line.name, before, size]
        case "other" if before == after:
            return ["~", line.name, f"{after}, other files", size]
        case _:
            return ["~", line.name, f"{before} → {after}", size]


def _sums(done: Applied, change: Change) -> Iterator[list[str]]:
    names = f", and what no index tells the size of: {', '.join(change.untold)}" if change.untold else ""
    yield ["packages", str(change.packages)]
    yield ["download", (size_said(change.fetch) if change.fetch else "nothing") + names]
    if change.bundled:
        yield ["bundle", size_said(change.bundled)]
    if not done.done and change.store:
        yield ["disk", f"about {size_said(change.store)} in the store, shared by all environments"]
    if not done.done and change.copies:
        size = size_said(change.copies)
        yield ["disk", f"about {size} for {_where(done)}: copies, since the store is on another disk"]
    for package, file in done.receipt.startup:
        yield ["at start", f"{package} runs code whenever Python starts ({file})"]
    for smoke in done.receipt.verified.get("smoke", ()):
        detail = f": {smoke['detail']}" if smoke["detail"] else ""
        devices = ", ".join(device["name"] for device in smoke["devices"])
        yield [
            "tested",
            printable(f"{smoke['framework']} {smoke['status']}{detail}{f' on {devices}' if devices else ''}"),
        ]
    if done.moved:
        yield ["moved", f"what was there before is {printable(str(done.moved))}"]

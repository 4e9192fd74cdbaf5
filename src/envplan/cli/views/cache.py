"""The store: for people, and for programs."""

from __future__ import annotations

from typing import Any

from envplan.cli.views.columns import columns
from envplan.documents.reading import printable
from envplan.store.upkeep import Usage
from envplan.values.numbers import counted, size_said
from envplan.verbs.cache import Checked, Collected, Held


def held_text(held: Held) -> str:
    """List wheels by size, each with who uses it."""
    total = sum(one.size for one in held.wheels)
    head = f"{printable(str(held.folder))}: {counted(len(held.wheels), 'wheel')}, {size_said(total)} unpacked"
    rows = [[size_said(one.size), f"{one.project} {one.version}", _users(one)] for one in held.wheels]
    lines = [f"  {line}" for line in columns(rows)]
    if held.partial:
        lines.append(f"  {size_said(held.partial)} of downloads that are not complete")
    return "\n".join([head, *lines])


def held_json(held: Held) -> dict[str, Any]:
    """The shape promised in schemas/output.schema.json."""
    return {
        "store": str(held.folder),
        "partial": held.partial,
        "wheels": [
            {
                "name": one.project,
                "version": one.version,
                "wheel": one.wheel,
                "sha256": one.sha256,
                "bytes": one.size,
                "files": one.files,
                "environments": [str(path) for path in one.environments],
                "linked": one.linked,
            }
            for one in held.wheels
        ],
    }


def checked_text(found: Checked) -> str:
    """Say whether all is as it was unpacked."""
    wheels = counted(found.wheels, "wheel")
    how = "every byte" if found.deep else "names, sizes and dates"
    if found.problems:
        wrong = len(found.problems)
        return f"{wrong} of {wheels} had changed, and will be made anew when needed ({how})"
    return f"{wheels}, all as they were unpacked ({how})"


def checked_json(found: Checked) -> dict[str, Any]:
    """The same for programs."""
    return {"store": str(found.folder), "wheels": found.wheels, "deep": found.deep}


def collected_text(done: Collected) -> str:
    """Say what was deleted."""
    freed = done.freed
    lines = [
        f"deleted {counted(len(freed.wheels), 'wheel')}, {size_said(freed.size)}",
        *(f"  {one}" for one in freed.wheels),
    ]
    if freed.aside:
        lines.append(f"  {freed.aside} that had changed")
    if freed.partial:
        lines.append(f"  {size_said(freed.partial)} of downloads that nobody came back for")
    return "\n".join(lines) if freed.wheels or len(lines) > 1 else "nothing to delete"


def collected_json(done: Collected) -> dict[str, Any]:
    """The same for programs."""
    return {
        "store": str(done.folder),
        "wheels": list(done.freed.wheels),
        "bytes": done.freed.size,
        "aside": done.freed.aside,
        "partial": done.freed.partial,
    }


def _users(one: Usage) -> str:
    if one.environments:
        return printable(", ".join(map(str, one.environments)))
    return "linked from somewhere that is not known" if one.linked else "not used"

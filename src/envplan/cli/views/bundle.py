"""A bundle that was written: for people, and for programs."""

from __future__ import annotations

from shlex import quote
from typing import Any

from envplan.documents.reading import printable
from envplan.values.numbers import counted, size_said
from envplan.verbs.bundle import Bundled


def bundle_text(done: Bundled) -> str:
    """Say what is in it, and what to do with it."""
    files = counted(len(done.contents.files), "file")
    lines = [f"{printable(str(done.file))}: {size_said(done.size)}, {files} for"]
    lines += [
        f"  {one['variant']} on {one['platform']}, Python {one['python']}" for one in done.contents.targets
    ]
    if done.contents.groups:
        lines.append(f"  with {', '.join(done.contents.groups)}")
    lines += ["", f"  envplan apply --offline --bundle {printable(quote(done.file.name))}"]
    return "\n".join(lines)


def bundle_json(done: Bundled) -> dict[str, Any]:
    """The shape promised in schemas/output.schema.json."""
    return {
        "bundle": str(done.file),
        "bytes": done.size,
        "lock": done.contents.lock,
        "targets": [dict(one) for one in done.contents.targets],
        "groups": list(done.contents.groups),
        "files": [{"name": one.name, "sha256": one.sha256, "bytes": one.size} for one in done.contents.files],
    }

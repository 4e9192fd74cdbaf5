"""What the standards want to stand beside an installed package: who installed it, from where, which files."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from envplan.environment.model import Part
from envplan.environment.records import Columns, record

if TYPE_CHECKING:
    from envplan.environment.contents import Batch, Made

INSTALLER = b"envplan\n"


def described(part: Part, batches: Sequence[Batch], made: Sequence[Made]) -> list[Made]:
    """Write INSTALLER, REQUESTED, direct_url.json and RECORD of a package, from what is placed of it."""
    from envplan.environment.contents import Made

    tree = part.tree
    site = next(batch.target for batch in batches if tree.info in batch.files.folders)
    info = f"{site}/{tree.info}"
    said = [Made(tree.project, f"{info}/INSTALLER", INSTALLER)]
    if part.requested:
        said.append(Made(tree.project, f"{info}/REQUESTED", b""))
    if part.direct is not None:
        data = json.dumps(part.direct, separators=(",", ":")).encode()
        said.append(Made(tree.project, f"{info}/direct_url.json", data))
    up = "../" * len(site.split("/"))
    columns = [
        Columns(
            batch.files.paths if batch.target == site else [up + path for path in batch.paths],
            batch.files.sha256,
            batch.files.sizes,
        )
        for batch in batches
    ]
    lines = [(_seen_from(site, up, one.path), one.data) for one in (*made, *said)]
    own = f"{info}/RECORD"
    said.append(Made(tree.project, own, record(columns, lines, _seen_from(site, up, own))))
    return said


def _seen_from(site: str, up: str, path: str) -> str:
    return path[len(site) + 1 :] if path.startswith(f"{site}/") else up + path

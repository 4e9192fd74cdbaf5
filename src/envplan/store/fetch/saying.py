"""The problems of fetching: what came was not what the lock holds, or there is no room for it."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from envplan.documents.folders import make_folder
from envplan.documents.reading import printable
from envplan.index.model import File
from envplan.index.trouble import (
    ALTERED,
    LARGE,
    MISSING,
    Trouble,
    address_shown,
    failure,
    of_a_mirror,
    of_silence,
)
from envplan.index.web.patience import Patience
from envplan.problems import AGAIN, EnvplanError, Problem, Said
from envplan.store.disk import ELSEWHERE, refused
from envplan.store.fetch.part import allocated
from envplan.values.records import replace

LIMIT = 32 << 30  # where the lock knows no size; no index takes files of more than a few gigabytes


def told(trouble: Trouble, file: File, patience: Patience, *, mirrored: bool) -> EnvplanError:
    """Say what a trouble on the way means for a file of the lock."""
    trouble = of_silence(trouble, patience.first_byte)
    if trouble.code == MISSING:
        cures: tuple[str, ...] = (f"envplan lock --upgrade-package {file.project}",)
    else:
        kept = "what has come so far is kept: the next run goes on from there"
        trouble = replace(trouble, why="; ".join(filter(None, (trouble.why, kept))))
        cures = (AGAIN,)
    trouble = replace(trouble, cures=trouble.cures or cures)
    return failure(of_a_mirror(trouble, file.url) if mirrored else trouble, file.name, file.index)


def altered(file: File, found: str, *, mirrored: bool, later: bool) -> EnvplanError:
    """Say that another file came, and came rightly; `later`: in the place of one that was begun."""
    why = [Said("all of it came, so that no fault on the way explains it: it is another file")]
    if later:
        why.append(Said("by what the server says of it (ETag), it was replaced after its download had begun"))
    if mirrored:
        why.append(Said("a mirror in your settings answered in the place of the index"))
    size = "" if file.size is None else f", {file.size:,} bytes"
    return EnvplanError(
        Problem(
            ALTERED,
            f"{printable(file.name)} is not the file that the lock holds",
            wanted=(Said(f"sha256 {file.sha256}{size}", "the lock"),),
            found=(Said(found, address_shown(file.url)),),
            why=(*why, Said("nothing of it was kept or used")),
            cures=(f"envplan lock --upgrade-package {file.project}",),
        )
    )


def too_large(file: File, url: str) -> Trouble:
    """Say that something without a known size does not end."""
    return Trouble(
        LARGE, f"more than {LIMIT:,} bytes", f"the lock does not know the size of {file.name}", url
    )


def room_for(files: Sequence[File], folder: Path, *, unpacked: bool = False) -> None:
    """See to it that there is room for what is still to come, before its first byte does.

    `unpacked`: wheels may all lie there packed and unpacked at once, and never shrink by that.
    """
    parts = folder / "parts"
    try:
        make_folder(parts)
        free = shutil.disk_usage(parts).free
    except OSError as error:
        raise refused(folder, error, "room for wheels") from None
    sizes = {file.sha256: file.size - allocated(parts, file.sha256 or "") for file in files if file.size}
    wheels = {file.sha256: file.size or 0 for file in files if file.is_wheel and unpacked}
    wanted = sum(max(0, size) for size in sizes.values()) + sum(wheels.values())
    if wanted <= free:
        return
    count = f"{len(sizes)} wheels" if len(sizes) > 1 else printable(files[0].name)
    count += ", packed and unpacked" if wheels else ""
    raise EnvplanError(
        Problem(
            "EP401",
            "there is not enough room for what must be fetched",
            wanted=(Said(f"{wanted:,} bytes for {count}", "the lock"),),
            found=(Said(f"{free:,} bytes are free", printable(str(folder))),),
            why=(Said("so nothing is begun: a disk that fills up half-way harms others too"),),
            cures=("envplan cache gc", ELSEWHERE),
        )
    )

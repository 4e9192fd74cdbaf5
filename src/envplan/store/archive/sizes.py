"""Sizes: what an archive may become, so that no small file fills a disk."""

from __future__ import annotations

from collections.abc import Sequence

from envplan.store.archive.layout import Member
from envplan.store.archive.refusal import BOMB, Refusal

# The largest real wheels have 2.5 GB and become 4 GB; some become 18 times as much.
_TOTAL = 64 << 30
_RATIO = 100
_SMALL = 256 << 20  # whatever packs better than that, but stays below, harms nobody
_DENSEST = 1040  # deflate cannot do better than 1 to 1032


def check_sizes(found: Sequence[Member], archive: int) -> None:
    """Refuse an archive of `archive` bytes that would become far more than any wheel does."""
    total = sum(member.size for member in found)
    if total > _TOTAL or total > max(_SMALL, _RATIO * archive):
        raise Refusal(BOMB, f"its {archive:,} bytes would become {total:,}")
    for member in found:
        if member.size > _DENSEST * (member.packed + 64):
            why = f"its {member.packed:,} bytes cannot become {member.size:,}"
            raise Refusal(BOMB, why, member.name)

"""What frameworks say when they fail: the row that a text fits."""

from __future__ import annotations

import re
from collections.abc import Iterable

from envplan.catalog.model import Symptom
from envplan.values.platforms import Os
from envplan.values.records import dataclass


@dataclass(frozen=True)
class Diagnosis:
    """What is behind a text, and what helps."""

    id: str
    why: str
    cures: tuple[str, ...]
    source: str


def diagnosis(text: str, os: Os, rows: Iterable[Symptom]) -> Diagnosis | None:
    """Find what a text means; none where nobody has written that down."""
    for row in rows:
        found = re.search(row.text, text) if not row.os or os in row.os else None
        if found:
            return Diagnosis(row.id, _filled(row.why, found), row.cures, str(row.evidence))
    return None


def _filled(words: str, found: re.Match[str]) -> str:
    first = found[1] if found.re.groups and found[1] else ""
    return words.replace("{1}", first)

"""The long form of every code, from codes.toml: what `envplan explain` says."""

from __future__ import annotations

import tomllib
from pathlib import Path

from envplan.values.records import dataclass


@dataclass(frozen=True)
class Explanation:
    """One code: its short name, and what to know about it."""

    code: str
    title: str
    text: str


def explanations() -> tuple[Explanation, ...]:
    """Read them all, in order."""
    data = tomllib.loads(Path(__file__).with_name("codes.toml").read_text(encoding="utf-8"))
    return tuple(Explanation(code, row["title"], row["text"].strip()) for code, row in sorted(data.items()))

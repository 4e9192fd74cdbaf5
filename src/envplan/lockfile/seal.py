"""Digests over what a lock says, by which every later edit is found.

Each entry carries a seal over itself, so that an edit can be named and two branches that lock different
packages touch different lines. The seal of the lock is made over those seals and all that stands outside the
entries. They find edits and bad merges; they are no signature: who can write the lock can seal it again, so
what an entry may say is checked besides.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Any

# The parts of a seal, and what to say where one does not fit.
PARTS: tuple[tuple[str, frozenset[str]], ...] = (
    ("marker", frozenset({"marker"})),
    (
        "files (their addresses, sizes or hashes)",
        frozenset({"wheels", "sdist", "vcs", "directory", "archive"}),
    ),
)
OTHER = "name, version, index, or what it needs"


def entry_seal(entry: Mapping[str, Any]) -> str:
    """Digest one entry of [[packages]] in parts, its own seal left out."""
    told = [{key: value for key, value in entry.items() if key in keys} for _, keys in PARTS]
    rest = {key: value for key, value in entry.items() if key != "tool" and not any(key in t for t in told)}
    return "-".join([*(_digest(part)[:12] for part in told), _digest(rest)[:12]])


def changed_parts(entry: Mapping[str, Any], seal: object) -> tuple[str, ...]:
    """Say which parts of an entry do not fit its seal."""
    names = [*(name for name, _ in PARTS), OTHER]
    told, true = str(seal).split("-"), entry_seal(entry).split("-")
    if len(told) != len(true):
        return ()
    return tuple(name for name, one, other in zip(names, told, true, strict=True) if one != other)


def lock_seal(document: Mapping[str, Any], seals: Sequence[str]) -> str:
    """Digest all the rest, and the seals of the entries in their order."""
    tool = document.get("tool", {})
    ours = {key: value for key, value in tool.get("envplan", {}).items() if key != "seal"}
    rest = {key: value for key, value in document.items() if key not in ("packages", "tool")}
    return f"sha256:{_digest([rest, {**tool, 'envplan': ours}, list(seals)])}"


def digest_of(value: object) -> str:
    """Digest a value made of tables, lists, texts and numbers; the order of keys does not count."""
    return f"sha256:{_digest(value)}"


def _digest(value: object) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), default=_written)
    return hashlib.sha256(text.encode()).hexdigest()


def _written(value: object) -> str:
    assert isinstance(value, (date, time))  # TOML knows nothing else that JSON does not
    if isinstance(value, datetime) and value.tzinfo:
        value = value.astimezone(UTC)  # the same moment, however it is written
    return value.isoformat()

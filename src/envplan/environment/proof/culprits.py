"""Who put files into an environment: what installers leave behind says so."""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from envplan.environment.proof.report import Change, Culprit

_OURS = "envplan"
_INFO = re.compile(r"(?P<project>[^/]+?)-(?P<version>[^/]+)\.dist-info")
_LONGEST = 16 * 1024 * 1024  # of a RECORD


def culprits(folder: Path, changes: Sequence[Change]) -> tuple[Culprit, ...]:
    """Read the metadata that is new or was written over, and name the tools that wrote it."""
    infos = dict.fromkeys(info for one in changes if (info := _info(one)))
    found = (_culprit(folder, info) for info in infos)
    return tuple(one for one in found if one)


def _info(change: Change) -> str | None:
    """Find the folder of metadata that a change is in, where it tells of an installation."""
    head, mark, rest = change.path.partition(".dist-info/")
    if not mark or change.kind == "missing":
        return None
    return head + ".dist-info" if rest in ("", "INSTALLER", "RECORD") else None


def _culprit(folder: Path, info: str) -> Culprit | None:
    where = folder / info
    named = _INFO.fullmatch(where.name)
    tool = _first_line(where / "INSTALLER")
    if named is None or tool == _OURS or not where.is_dir():
        return None
    paths = frozenset(_recorded(where, info.rpartition("/")[0]))
    return Culprit(tool or "something", named["project"], named["version"], paths)


def _first_line(file: Path) -> str:
    """Read the tool's name; it is shown, so it must be a word."""
    try:
        with file.open(encoding="utf-8", errors="replace") as opened:
            words = opened.readline(200).split()
    except OSError:
        return ""
    return words[0][:40] if words else ""


def _recorded(info: Path, site: str) -> Iterator[str]:
    """List what a RECORD lists, relative to the generation; commands are written as ../../../bin/name."""
    try:
        with (info / "RECORD").open(encoding="utf-8", errors="replace", newline="") as opened:
            lines = opened.read(_LONGEST).splitlines()
    except OSError:
        return
    for row in csv.reader(lines):
        if row:
            yield os.path.normpath(f"{site}/{row[0]}").replace(os.sep, "/")

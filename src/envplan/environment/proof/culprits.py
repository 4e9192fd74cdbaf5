"""Who put files into an environment: what installers leave behind says so."""

from __future__ import annotations

import contextlib
import csv
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from envplan.documents.opening import read_document
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
    tool = _first_word(where / "INSTALLER")
    if named is None or tool == _OURS or not where.is_dir():
        return None
    paths = frozenset(_recorded(where, info.rpartition("/")[0]))
    return Culprit(tool or "something", named["project"], named["version"], paths)


def _first_word(file: Path) -> str:
    """Read the tool's name; it is shown, so it must be a word."""
    words = _text(file, 200).partition("\n")[0].split()
    return words[0][:40] if words else ""


def _recorded(info: Path, site: str) -> Iterator[str]:
    """List what a RECORD lists, relative to the generation; commands are written as ../../../bin/name."""
    with contextlib.suppress(csv.Error):  # damaged: what it lists before that is still so
        for row in csv.reader(_text(info / "RECORD", _LONGEST).splitlines()):
            if row:
                yield os.path.normpath(f"{site}/{row[0]}").replace(os.sep, "/")


def _text(file: Path, limit: int) -> str:
    try:
        return read_document(file, limit)[:limit].decode("utf-8", "replace")
    except OSError:
        return ""

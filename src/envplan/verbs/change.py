"""What applying changes in an environment: packages that come, go or differ, and the bytes that takes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from packaging.version import InvalidVersion, Version

from envplan.lockfile.model import ArchiveSource, GitSource, LocalSource
from envplan.lockfile.selection import Selected
from envplan.values.records import dataclass, replace
from envplan.verbs.folders import stamp_of

Kind = Literal["added", "removed", "up", "down", "other", "same"]
Row = Mapping[str, Any]  # of a receipt: one package

_UNPACKED = 3  # times its own size is what a wheel takes unpacked, as a rule: torch 2, small ones 4


@dataclass(frozen=True)
class Line:
    """What becomes of one package."""

    name: str
    before: str | None
    after: str | None
    kind: Kind
    fetch: int | None = 0  # bytes to download, or to take from a bundle; none where no index told


@dataclass(frozen=True)
class Change:
    """Everything that applying changes."""

    lines: tuple[Line, ...]
    packages: int  # that there will be
    fetch: int  # bytes to download, as far as is told
    untold: tuple[str, ...]  # files whose size no index told
    store: int  # bytes that the store grows by; about, since the wheels are still to be unpacked
    copies: int = 0  # bytes that the environment takes where it cannot share the store's files; about
    least: int = 0  # of those, what is certain
    bundled: int = 0  # bytes that come out of a bundle instead

    @property
    def changed(self) -> tuple[Line, ...]:
        """What does not stay as it is."""
        return tuple(line for line in self.lines if line.kind != "same")


def row_of(one: Selected, beside: Path) -> dict[str, Any]:
    """Say which package this is, as receipts do; paths begin at the folder of the lock."""
    pinned = one.pinned
    row: dict[str, Any] = {"name": pinned.name, "version": str(pinned.version) if pinned.version else None}
    match pinned.source:
        case LocalSource(path, editable):
            stamp = stamp_of(beside / path, editable=editable)
            row |= {"path": path, "editable": editable, "stamp": stamp}
        case ArchiveSource(path, sha256, size):
            row |= {"path": path, "sha256": sha256, "size": size}
        case GitSource(url, commit):
            row |= {"url": url, "commit": commit}
        case None:
            row |= {"index": pinned.index}
    if one.file:
        kind = "wheel" if one.file.is_wheel else "sdist"
        row |= {kind: one.file.name, "sha256": one.file.sha256, "size": one.file.size}
    return row


def is_same(before: Row, after: Row) -> bool:
    """Whether two rows are one package: the same bytes, or the same place where nothing pins bytes."""
    if "sha256" in after:
        return bool(before.get("sha256") == after["sha256"])
    return all(before.get(key) == value for key, value in after.items() if key != "version")


def change(
    before: Sequence[Row],
    after: Sequence[Row],
    missing: Collection[str],
    bundled: Collection[str] = (),
    copied: int | None = None,
) -> Change:
    """Compare what is there with what will be; `missing` are the sha256 of files not in the store.

    `bundled` are those of files in a bundle, and `copied` the bytes of what is in the store, where files are
    copied from it.
    """
    had, wanted = ({row["name"]: row for row in rows} for rows in (before, after))
    names = sorted(had.keys() | wanted.keys())
    lines = tuple(_line(name, had.get(name), wanted.get(name), missing) for name in names)
    lacking = [row for row in after if row.get("sha256") in missing]
    new = sum(row["size"] or 0 for row in lacking)
    taken = sum(row["size"] or 0 for row in lacking if row["sha256"] in bundled)
    untold = tuple(row.get("wheel") or row["sdist"] for row in lacking if row["size"] is None)
    found = Change(lines, len(wanted), new - taken, untold, new * _UNPACKED, bundled=taken)
    if copied is None:
        return found
    wheels = sum(row["size"] or 0 for row in lacking if "wheel" in row)
    return replace(found, copies=copied + new * _UNPACKED, least=copied + wheels)


def _line(name: str, was: Row | None, now: Row | None, missing: Collection[str]) -> Line:
    before = None if was is None else _version(was)
    after = None if now is None else _version(now)
    if now is None:
        return Line(name, before, None, "removed")
    fetch = now["size"] if now.get("sha256") in missing else 0
    if was is None:
        return Line(name, None, after, "added", fetch)
    if is_same(was, now):
        return Line(name, before, after, "same", fetch)
    return Line(name, before, after, _direction(str(before), str(after)), fetch)


def _version(row: Row) -> str:
    return str(row["version"] or row.get("path") or row.get("url"))


def _direction(before: str, after: str) -> Kind:
    try:
        was, now = Version(before), Version(after)
    except InvalidVersion:
        return "other"
    return "up" if now > was else "down" if now < was else "other"

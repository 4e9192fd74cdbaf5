"""What differs between two locks: for people, and for programs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any

from envplan.cli.views.columns import columns
from envplan.documents.reading import printable
from envplan.lockfile.diff import Change, Diff, Download
from envplan.values.numbers import size_said
from envplan.values.several import targets_said
from envplan.values.targets import Target

_SAME = "the same packages, for the same machines"


def diff_text(diff: Diff) -> str:
    """Write what a new lock changes, in paragraphs; the versions first."""
    if not diff:
        return _SAME
    parts = [
        *_paragraph("versions", columns([_change(one, _both(diff)) for one in diff.changes])),
        *_paragraph("targets", _targets(diff)),
        *_paragraph("machines", columns(_reach(diff))),
        *_paragraph("to download, for a machine that has the old one", columns(_downloads(diff))),
    ]
    return "\n\n".join(parts)


def diff_json(diff: Diff) -> dict[str, Any]:
    """Say the same in the shape of schemas/output.schema.json."""
    return {
        "changes": [
            {
                "name": one.name,
                "before": one.before,
                "after": one.after,
                "kind": one.kind,
                "targets": [target.as_json for target in one.targets],
            }
            for one in diff.changes
        ],
        "targets": {
            "gained": [one.as_json for one in diff.added],
            "lost": [one.as_json for one in diff.removed],
        },
        "machines": [
            {"platform": str(one.platform), "gained": list(one.gained), "lost": list(one.lost)}
            for one in diff.reach
        ],
        "downloads": [
            {"target": one.target.as_json, "bytes": one.size, "unknown": list(one.unknown)}
            for one in diff.downloads
        ],
    }


def _both(diff: Diff) -> tuple[Target, ...]:
    """The targets that both locks have: only there is anything compared."""
    return tuple(one.target for one in diff.downloads if one.target not in diff.added)


def _change(change: Change, among: Collection[Target]) -> list[str]:
    before, after = change.before or "", change.after or ""
    match change.kind:
        case "added":
            said = f"+ {after}"
        case "removed":
            said = f"- {before}"
        case "other" if before == after:
            said = f"{after}, other files"
        case "down":
            said = f"{before} → {after}  (older)"
        case _:
            said = f"{before} → {after}"
    return [change.name, printable(said), targets_said(change.targets, among)]


def _targets(diff: Diff) -> list[str]:
    return [f"+ {one}" for one in diff.added] + [f"- {one}" for one in diff.removed]


def _reach(diff: Diff) -> list[list[str]]:
    rows: list[list[str]] = []
    for one in diff.reach:
        said = [f"+ {text}" for text in _merged(one.gained)] + [f"- {text}" for text in _merged(one.lost)]
        rows += [[str(one.platform) if place == 0 else "", text] for place, text in enumerate(said)]
    return rows


def _merged(said: Iterable[str]) -> list[str]:
    """Put the GPUs of one kind on one line: "cuda GPUs of sm_80, sm_86"."""
    together: dict[str, list[str]] = defaultdict(list)
    for text in said:
        kind, of, which = text.partition(" GPUs of ")
        together[kind + of].append(which)
    return [f"{start}{', '.join(which)}" for start, which in together.items()]


def _downloads(diff: Diff) -> list[list[str]]:
    together: dict[tuple[int, tuple[str, ...]], list[Target]] = defaultdict(list)
    for one in diff.downloads:
        together[one.size, one.unknown].append(one.target)
    among = [one.target for one in diff.downloads]
    return [
        [targets_said(targets, among), _download(Download(targets[0], size, unknown))]
        for (size, unknown), targets in together.items()
    ]


def _download(download: Download) -> str:
    if not download.unknown:
        return size_said(download.size) if download.size else "nothing"
    names = ", ".join(download.unknown)
    known = f"{size_said(download.size)}, and " if download.size else ""
    return f"{known}what no index tells the size of: {names}"


def _paragraph(title: str, lines: list[str]) -> list[str]:
    return ["\n".join([title, *(f"  {line}" for line in lines)])] if lines else []

"""What was proven of an environment, as people read it."""

from __future__ import annotations

from collections.abc import Iterator

from envplan.cli.views.columns import columns
from envplan.documents.reading import printable
from envplan.environment.proof.report import Check, Device, Drift, Imported, Report, Smoke

_NAMES = 20
_OUTCOMES = {True: "", False: "wrong", None: "not run"}


def verify_text(report: Report) -> str:
    """Say what was looked at, and what came of it; what is wrong stands in the problems."""
    lines = [_head(report), ""]
    lines += [f"  {line}" for line in columns([*_files(report.drift), *_imports(report.imports)])]
    for one in report.smoke:
        lines += _framework(one)
    return "\n".join(printable(line.rstrip()) for line in lines)


def _head(report: Report) -> str:
    target = report.target
    named = f": {target['variant']} on {target['platform']}, Python {target['python']}" if target else ""
    state = "is whole" if report.whole else "is not as it should be"
    return f"{report.env} {state} (generation {report.generation}{named})"


def _files(drift: Drift) -> Iterator[tuple[str, str]]:
    if not drift.files:
        yield "files", "not looked at"
        return
    how = "contents" if drift.deep else "names, sizes and dates"
    changed = f", {len(drift.changes):,} changed" if drift.changes else ""
    yield "files", f"{drift.files:,} looked at ({how}){changed}"


def _imports(imports: tuple[Imported, ...]) -> Iterator[tuple[str, str]]:
    words = {"passed": "imports", "failed": "fail", "not-run": "left out"}
    for status, word in words.items():
        names = [one.module for one in imports if one.status == status]
        if names:
            more = f" and {len(names) - _NAMES} more" if len(names) > _NAMES else ""
            yield word, ", ".join(names[:_NAMES]) + more


def _framework(one: Smoke) -> Iterator[str]:
    told = " ".join(part for part in (one.version, f"({one.variant})" if one.variant else "") if part)
    state = {"passed": "works", "failed": "fails", "not-run": "not run"}[one.status]
    detail = f": {one.detail}" if one.detail else ""
    yield f"  {one.framework} {told}".rstrip() + f"  {state}{detail}"
    for device in one.devices:
        yield f"    {_device(device)}"
        yield from (f"      {line}" for line in columns([_check(check) for check in device.checks]))


def _device(device: Device) -> str:
    compute = f", {device.compute}" if device.compute else ""
    return device.name if device.key == device.name else f"{device.key}: {device.name}{compute}"


def _check(check: Check) -> tuple[str, str, str]:
    seconds = f"{check.seconds:.2f} s" if check.ok is not None else ""
    words = " ".join(part for part in (_OUTCOMES[check.ok], check.detail) if part)
    return check.name, seconds, words

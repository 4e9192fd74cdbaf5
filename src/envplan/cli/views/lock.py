"""A lock that was made, or judged: for people, and for programs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from envplan.cli.views.columns import columns
from envplan.cli.views.diff import diff_json, diff_text
from envplan.documents.reading import printable
from envplan.lockfile.graph import targets_of
from envplan.lockfile.model import Lock, Offer
from envplan.solver.differences import Difference
from envplan.values.numbers import counted
from envplan.values.several import targets_said
from envplan.values.targets import Target
from envplan.verbs.lock import LockMade

_OF_A_VARIANT = re.compile(r"\S+ \S+\+\S+ needs ")


def lock_text(made: LockMade, *, written: bool) -> str:
    """Say what the lock holds, what its targets do not share, and what is new."""
    every = targets_of(made.lock)
    parts = [
        f"{printable(str(made.file))}: {_count(made.lock)}{_news(made, written)}",
        "\n".join(_variants(made.lock)),
    ]
    if made.differences:
        following = [one.name for one in made.differences if _follows_variant(one)]
        lines = [
            line for one in made.differences if one.name not in following for line in _difference(one, every)
        ]
        lines += [f"  as each variant needs it: {', '.join(following)}"] if following else []
        parts.append("\n".join(["not the same version everywhere", *lines]))
    if made.difference:
        parts.append(diff_text(made.difference))
    if made.compared:
        parts.append(f"both solvers agree on {targets_said(made.compared, every)}")
    return "\n\n".join(parts)


def lock_json(made: LockMade, *, written: bool) -> dict[str, Any]:
    """The shape promised in schemas/output.schema.json."""
    return {
        "lock": str(made.file),
        "changed": made.changed,
        "written": written and made.changed,
        "default": made.lock.default.name,
        "targets": [_target_json(made.lock, target) for target in targets_of(made.lock)],
        "packages": [
            {
                "name": one.name,
                "version": str(one.version) if one.version else None,
                "index": one.index,
                "targets": [target.as_json for target in sorted(one.targets)],
            }
            for one in made.lock.packages
        ],
        "differences": [_difference_json(one) for one in made.differences],
        "diff": diff_json(made.difference) if made.difference is not None else None,
        "compared": [target.as_json for target in made.compared],
    }


def _count(lock: Lock) -> str:
    names, targets = len({one.name for one in lock.packages}), len(targets_of(lock))
    return f"{counted(names, 'package')} for {counted(targets, 'target')}"


def _news(made: LockMade, written: bool) -> str:
    if not made.changed:
        return ", unchanged"
    return "" if written else " (not written)"


def _variants(lock: Lock) -> list[str]:
    rows = []
    for offer in lock.offers:
        pythons = ", ".join(map(str, offer.pythons))
        default = "default" if offer.variant == lock.default else ""
        rows.append([offer.variant.name, str(offer.platform), f"Python {pythons}", _asks(offer), default])
    return [f"  {line}" for line in columns(rows)]


def _asks(offer: Offer) -> str:
    asked = [f"driver ≥ {offer.driver}"] if offer.driver else []
    asked += [f"{offer.libc.family} ≥ {offer.libc.version}"] if offer.libc else []
    asked += [f"macOS ≥ {offer.macos}"] if offer.macos else []
    return ", ".join(asked)


def _follows_variant(one: Difference) -> bool:
    """Whether only the builds of some variants, each for itself, ask for these versions: cuDNN for torch."""
    older = one.taken[1:]
    return all(taken.why and all(_OF_A_VARIANT.match(reason) for reason in taken.why) for taken in older)


def _difference(one: Difference, every: tuple[Target, ...]) -> Iterator[str]:
    yield f"  {one.name}"
    for taken in one.taken:
        yield f"    {taken.version}  {targets_said(taken.targets, every)}"
        yield from (f"        {reason}" for reason in taken.why)


def _difference_json(one: Difference) -> dict[str, Any]:
    return {
        "name": one.name,
        "versions": [
            {
                "version": str(taken.version),
                "targets": [target.as_json for target in taken.targets],
                "why": list(taken.why),
            }
            for taken in one.taken
        ],
    }


def _target_json(lock: Lock, target: Target) -> dict[str, Any]:
    offer = next(one for one in lock.offers if target in one.targets)
    count = sum(target in one.targets for one in lock.packages)
    return {**target.as_json, "packages": count, "why": offer.why}

"""Many targets in few words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Set

from envplan.values.targets import Target

_Pairs = Mapping[str, Set[str]]  # what stands first, and all that stands beside it


def targets_said(targets: Collection[Target], among: Collection[Target]) -> str:
    """Name some of a lock's targets: "all 7 targets", "cu121", "cu118, cu121 on linux-x86_64"."""
    if len(among) > 1 and set(targets) >= set(among):
        return "both targets" if len(among) == 2 else f"all {len(among)} targets"
    if len(targets) == 1:
        return _one(next(iter(targets)), among)
    pythons: dict[tuple[str, ...], list[Target]] = defaultdict(list)
    for mine in _by_machine(targets).values():
        everywhere = _by_machine(among).get((str(mine[0].variant), str(mine[0].platform)), mine)
        numbers = () if len(mine) == len(everywhere) else tuple(str(one.python) for one in sorted(mine))
        pythons[numbers] += mine
    parts = [
        f"{_machines(some, among)}{f', Python {_listed(numbers)}' if numbers else ''}"
        for numbers, some in pythons.items()
    ]
    return "; ".join(parts)


def _one(target: Target, among: Collection[Target]) -> str:
    """Name one target, without what all have alike."""
    if len({one.python for one in among}) > 1:
        return str(target)
    return _machines([target], among) if len(among) > 1 else str(target)


def _by_machine(targets: Iterable[Target]) -> dict[tuple[str, str], list[Target]]:
    found: dict[tuple[str, str], list[Target]] = defaultdict(list)
    for one in sorted(targets):
        found[str(one.variant), str(one.platform)].append(one)
    return found


def _machines(targets: Iterable[Target], among: Iterable[Target]) -> str:
    """Name variants and platforms from whichever side takes fewer words."""
    mine, every = _by_machine(targets), _by_machine(among)
    by_variant = _grouped(_pairs(mine), _pairs(every), "{0} on {1}")
    turned = [(platform, variant) for variant, platform in mine]
    by_platform = _grouped(_pairs(turned), _pairs((p, v) for v, p in every), "{1} on {0}")
    return min(by_variant, by_platform, key=len)


def _pairs(found: Iterable[tuple[str, str]]) -> _Pairs:
    pairs: dict[str, set[str]] = {}
    for first, second in found:
        pairs.setdefault(first, set()).add(second)
    return pairs


def _grouped(mine: _Pairs, every: _Pairs, form: str) -> str:
    together: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for first, seconds in mine.items():
        whole = seconds >= every.get(first, seconds)
        together[() if whole else tuple(sorted(seconds))].append(first)
    return "; ".join(
        form.format(_listed(firsts), _listed(seconds)) if seconds else _listed(firsts)
        for seconds, firsts in together.items()
    )


def _listed(words: Iterable[str]) -> str:
    return ", ".join(words)

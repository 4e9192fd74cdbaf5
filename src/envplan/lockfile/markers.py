"""From the targets that take a package to the simplest marker that says so.

A set of targets is covered by boxes: all targets of some variants on some platforms with some Pythons. Each
side of a box that decides nothing among the targets of the lock is left out: a marker says only what it must.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from functools import lru_cache
from itertools import combinations, permutations, product
from typing import TypeVar

from envplan.values.interpreters import SYS_PLATFORMS, machine_of
from envplan.values.platforms import Platform
from envplan.values.targets import Target
from envplan.values.variants import Variant
from envplan.values.versions import Python

Box = tuple[frozenset[Variant], frozenset[Platform], frozenset[Python]]
T = TypeVar("T")


def marker(targets: Collection[Target], among: Collection[Target], groups: Iterable[str] = ()) -> str | None:
    """Write the marker that is true for these targets and no other of `among`; none where all take it.

    `groups` are those of the spec that need the package, where the packages of the spec themselves do not.
    """
    where = _told(frozenset(targets), frozenset(among))
    asked = _or([_in_group(group) for group in sorted(groups)])
    return _and([where, asked]) or None


@lru_cache(maxsize=1024)  # dozens of packages are taken by the same few sets of targets
def _told(wanted: frozenset[Target], among: frozenset[Target]) -> str:
    if wanted == among:
        return ""
    return _or([_and(_term(box, among)) for box in _cover(wanted, among)])


def every_combination(targets: Collection[Target]) -> frozenset[Target]:
    """List the targets that could be made of the parts of these.

    Where a name stands several times, its markers must not hold together even on a machine and with a group
    that the lock does not serve together.
    """
    sides = [{side(target) for target in targets} for side in _SIDES]
    return frozenset(Target(*parts) for parts in product(*sides))  # type: ignore[arg-type]


def environments(targets: Collection[Target]) -> tuple[str, ...]:
    """Write one marker for each platform, with its Pythons where the platforms differ in them."""
    every = {target.python for target in targets}
    found = []
    for platform in {target.platform for target in targets}:
        pythons = {target.python for target in targets if target.platform == platform}
        parts = [_atom("sys_platform", "==", SYS_PLATFORMS[platform.os])]
        parts.append(_atom("platform_machine", "==", machine_of(platform)))
        found.append(_and([*parts, *([] if pythons == every else [_pythons(pythons, every)])]))
    return tuple(sorted(found))


def requires_python(pythons: Collection[Python]) -> str:
    """Write the bounds on Python that admit these minor versions and no other."""
    known = sorted(pythons)
    first, last = known[0], known[-1]
    gaps = [Python(first.major, minor) for minor in range(first.minor, last.minor)]
    missing = [f"!={python}.*" for python in gaps if python not in known]
    return ",".join([f">={first}", *missing, f"<{last.major}.{last.minor + 1}"])


_SIDES: tuple[Callable[[Target], Variant | Platform | Python], ...] = (
    lambda target: target.variant,
    lambda target: target.platform,
    lambda target: target.python,
)


def _cover(wanted: frozenset[Target], among: frozenset[Target]) -> list[Box]:
    """Choose boxes that hold all that is wanted and nothing else, in the fewest words."""
    found = {_grown(seed, order, wanted, among) for seed in wanted for order in permutations(range(3))}
    boxes = sorted(found, key=lambda box: (_words(box, among), _and(_term(box, among))))
    for count in range(1, 4):  # more than three are rare, and trying all of them takes long
        fits = [some for some in combinations(boxes[:40], count) if _held(some, wanted) == wanted]
        if fits:
            return list(min(fits, key=lambda some: sum(_words(box, among) for box in some)))
    chosen: list[Box] = []
    while (left := wanted - _held(chosen, wanted)) and boxes:
        chosen.append(max(boxes, key=lambda box: (len(_held([box], left)), -_words(box, among))))
    return chosen


def _grown(seed: Target, order: Sequence[int], wanted: frozenset[Target], among: frozenset[Target]) -> Box:
    """Widen one target, one side after the other, as far as nothing unwanted comes in."""
    box: list[frozenset[object]] = [frozenset({side(seed)}) for side in _SIDES]
    for place in order:
        values = {_SIDES[place](target) for target in among}
        tries = [frozenset(values), *(frozenset({value}) for value in sorted(values))]
        for more in tries:
            wider = [*box[:place], box[place] | more, *box[place + 1 :]]
            held = _held([wider], among)
            if held <= wanted and (len(more) == len(values) or len(held) > len(_held([box], among))):
                box = wider
    return tuple(box)  # type: ignore[return-value]


def _held(boxes: Iterable[Sequence[frozenset[object]]], targets: frozenset[Target]) -> frozenset[Target]:
    return frozenset(
        target
        for target in targets
        for box in boxes
        if target.variant in box[0] and target.platform in box[1] and target.python in box[2]
    )


def _words(box: Box, among: frozenset[Target]) -> int:
    return sum(part.count("'") // 2 for part in _term(box, among))


def _term(box: Box, among: frozenset[Target]) -> list[str]:
    """Write one box; a side that decides nothing, given the others, is left out.

    Each side written is then taken for what its words admit, which can be more than the box.
    """
    variants, platforms, pythons = box
    parts = []
    near = {one.variant for one in among if one.platform in platforms and one.python in pythons}
    if near <= variants:
        variants = frozenset(one.variant for one in among)
    else:
        variants &= near
        parts.append(_or([_in_group(one.group) for one in sorted(variants)]))
    systems = {one.platform for one in among if one.variant in variants and one.python in pythons}
    every = frozenset(one.platform for one in among)
    if systems <= platforms:
        platforms = every
    else:
        words, platforms = _platforms(platforms & systems, systems, every)
        parts.append(words)
    known = {one.python for one in among if one.variant in variants and one.platform in platforms}
    if not known <= pythons:
        parts.append(_pythons(pythons & known, known))
    return parts


def _platforms(
    wanted: frozenset[Platform], among: Collection[Platform], every: frozenset[Platform]
) -> tuple[str, frozenset[Platform]]:
    """Write the shortest words that tell some platforms from others, and what they admit of all there are."""
    systems = sorted({SYS_PLATFORMS[one.os] for one in among})
    machines = sorted({machine_of(one) for one in among})
    keys = [("sys_platform", systems), ("platform_machine", machines)]
    atoms = [(key, sign, word) for key, words in keys for sign in ("==", "!=") for word in words]
    true_for = {atom: frozenset(one for one in every if _holds(atom, one)) for atom in atoms}
    tries = [(_atom(*atom), true_for[atom]) for atom in atoms]
    for one, other in combinations(atoms, 2):
        tries.append((_and([_atom(*one), _atom(*other)]), true_for[one] & true_for[other]))
        tries.append((_or([_atom(*one), _atom(*other)]), true_for[one] | true_for[other]))
    for words, admitted in tries:
        if admitted.intersection(among) == wanted:
            return words, admitted
    named = [
        [("sys_platform", "==", SYS_PLATFORMS[one.os]), ("platform_machine", "==", machine_of(one))]
        for one in sorted(wanted)
    ]
    return _or([_and([_atom(*atom) for atom in atoms]) for atoms in named]), wanted


def _holds(atom: tuple[str, str, str], platform: Platform) -> bool:
    key, sign, word = atom
    value = SYS_PLATFORMS[platform.os] if key == "sys_platform" else machine_of(platform)
    return (value == word) == (sign == "==")


def _pythons(chosen: Collection[Python], among: Collection[Python]) -> str:
    known = sorted(among)
    missing = [one for one in known if one not in chosen]
    if len(missing) == 1 and known[0] != missing[0] != known[-1]:
        return _atom("python_version", "!=", str(missing[0]))
    runs: list[list[Python]] = []
    for one in known:
        if one in chosen:
            before = known[known.index(one) - 1] if one != known[0] else None
            if runs and runs[-1][-1] == before:
                runs[-1].append(one)
            else:
                runs.append([one])
    return _or([_run(run, known) for run in runs])


def _run(run: Sequence[Python], known: Sequence[Python]) -> str:
    if len(run) == 1:
        return _atom("python_version", "==", str(run[0]))
    parts = [] if run[0] == known[0] else [_atom("python_version", ">=", str(run[0]))]
    if run[-1] != known[-1]:
        parts.append(_atom("python_version", "<", str(known[known.index(run[-1]) + 1])))
    return _and(parts)


def _in_group(group: str) -> str:
    return f"'{group}' in dependency_groups"


def _atom(key: str, sign: str, value: str) -> str:
    return f"{key} {sign} '{value}'"


def _and(parts: Sequence[str]) -> str:
    parts = [part for part in parts if part]
    return " and ".join(f"({part})" if _is_or(part) and len(parts) > 1 else part for part in parts)


def _or(parts: Sequence[str]) -> str:
    return " or ".join(parts)


def _is_or(text: str) -> bool:
    """Whether the text is joined by `or` outside of all parentheses."""
    depth = 0
    for word in text.replace("(", "( ").replace(")", " )").split():
        depth += (word == "(") - (word == ")")
        if word == "or" and not depth:
            return True
    return False

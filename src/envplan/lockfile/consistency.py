"""Whether the parts of a lock agree: its head with its targets, and each entry's files with who takes it.

Asked of every lock, sealed or not: whoever can write a lock can seal it again.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from envplan.lockfile import markers
from envplan.lockfile.origins import files_of
from envplan.lockfile.rules import SCHEMA, Faults
from envplan.lockfile.takers import Say, Taken, Takers
from envplan.values.fitting import Ground, Unfit, build_of, judge
from envplan.values.platforms import Platform
from envplan.values.several import targets_said
from envplan.values.targets import Target
from envplan.values.variants import Variant, default_of
from envplan.values.versions import Compute, Dotted, Libc, Python

Grounds = Mapping[Target, Ground]

_VARIANT = re.compile(r"[/+](?:cpu|xpu|cu[0-9]+|rocm[0-9.]+)$")

_OURS = frozenset(("schema", "name", "spec", "document", "catalog", "default", "seal", "hosts", "target"))
_NUMBERS: Mapping[str, Callable[[str], object]] = {
    "libc": Libc.parse,
    "macos": Dotted,
    "driver": Dotted,
    "native-driver": Dotted,
    "least": Compute.parse,
}
_LISTS: Mapping[str, Callable[[str], object]] = {
    "native": Compute.parse,
    "ptx": Compute.parse,
    "gfx": str,
    "names": str,
}
_TARGET = frozenset(("variant", "platform", "python", "why", *_NUMBERS, *_LISTS))


def grounds(ours: Mapping[str, Any]) -> Grounds | None:
    """Read the targets of our own table; none where it is not as we write it. Reading it in full says why."""
    words = (ours.get(key) for key in ("name", "spec", "catalog", "default"))
    if ours.get("schema") != SCHEMA or ours.keys() - _OURS or not all(isinstance(one, str) for one in words):
        return None
    try:
        return dict(pair for table in ours["target"] for pair in _target(table))
    except (ValueError, TypeError, LookupError, AttributeError):
        return None


def _target(table: Mapping[str, Any]) -> Iterator[tuple[Target, Ground]]:
    if table.keys() - _TARGET or not isinstance(table["why"], str) or not table["python"]:
        raise ValueError
    for key, parse in _LISTS.items():
        if not all(isinstance(one, str) and parse(one) for one in table.get(key, ())):
            raise ValueError
    read = {key: parse(table[key]) for key, parse in _NUMBERS.items() if key in table}
    variant, platform = Variant(table["variant"]), Platform.parse(table["platform"])
    for text in table["python"]:
        python = Python.parse(text)
        yield Target(variant, platform, python), Ground(platform, python, read.get("libc"), read.get("macos"))  # type: ignore[arg-type]


def head_faults(document: Mapping[str, Any], targets: Grounds, faults: Faults) -> None:
    """Hold what installers go by against the targets."""
    written = list(markers.environments(targets))
    if document.get("environments") != written:
        why = f"its targets are for {'; '.join(written)}"
        found = str(document.get("environments"))
        faults.add("environments", "the environments are not those of the targets", found=found, why=why)
    bounds = markers.requires_python({target.python for target in targets})
    if document.get("requires-python") != bounds:
        why, found = f"its targets are for Python {bounds}", str(document.get("requires-python"))
        faults.add("requires-python", "the Pythons are not those of the targets", found=found, why=why)
    if document.get("extras"):
        faults.add("extras", "the lock has extras, and no entry is for one", found=str(document["extras"]))
    ours, default = document["tool"]["envplan"], default_of({target.variant for target in targets})
    if ours["default"] != default.group:
        why = f"of its variants, {default} runs on most machines"
        faults.add(
            "tool.envplan.default", "another default than its variants have", found=ours["default"], why=why
        )
    used: dict[str, set[str]] = defaultdict(set)
    for entry in document["packages"]:
        if isinstance(index := entry.get("index"), str):
            used[index] |= {host for _, _, host in files_of(entry)}
    if ours.get("hosts") != {index: sorted(hosts) for index, hosts in used.items()}:
        faults.add("tool.envplan.hosts", "the hosts are not those of the files", found=str(ours.get("hosts")))


def taken(document: Mapping[str, Any], takers: Takers, targets: Grounds, faults: Faults) -> list[Taken]:
    """Find who takes each entry, and hold its files against that."""
    found: list[Taken] = []
    known: set[tuple[object, ...]] = set()
    for place, entry in enumerate(document["packages"]):
        say = faults.entry(place, entry)
        mine = takers.judge(place, entry, say) or {}
        named = _wheels(entry)
        kind = (entry.get("marker"), *(_tags(name) for _, name in named))
        if mine and kind not in known and _files(named, targets, mine, say, built="sdist" in entry):
            known.add(kind)  # most packages are of a few kinds
        _twice(named, say)
        _label(entry, say)
        found.append(mine)
    return found


def _files(named: Sequence[tuple[str, str]], targets: Grounds, mine: Taken, say: Say, *, built: bool) -> bool:
    """Every target that takes the entry runs one of its wheels, and every wheel is best for one of them."""
    if not named:
        return True
    best = {target: max(_ranks(named, targets[target]), default=None) for target in mine}
    left = [target for target, found in best.items() if found is None]
    if left and not built:
        say("wheels", f"it has no file for {targets_said(left, targets)}")
    needed = {found[1] for found in best.values() if found}
    for key, name in named:
        if name not in needed:
            why = "of each target the lock holds the best file, and no other"
            say(key, "no target would take the file", found=name, why=why)
    return not left and needed.issuperset(name for _, name in named)


def _twice(named: Sequence[tuple[str, str]], say: Say) -> None:
    names = [name for _, name in named]
    for place, name in enumerate(names):
        if name in names[:place]:
            say(f"wheels[{place}]", "the file stands twice", found=name)


def _label(entry: Mapping[str, Any], say: Say) -> None:
    """Hold the label of a build (+cu121) against its index, where that keeps a folder a variant."""
    folder, label = (_VARIANT.search(str(entry.get(key))) for key in ("index", "version"))
    if folder and label and folder[0][1:] != label[0][1:]:
        say("version", f"it is a build for {label[0][1:]}, from the index for {folder[0][1:]}")


def _wheels(entry: Mapping[str, Any]) -> list[tuple[str, str]]:
    wheels = entry.get("wheels", [])
    archive = entry.get("archive")
    found = [(f"wheels[{place}]", wheel.get("name")) for place, wheel in enumerate(wheels)]
    if isinstance(archive, dict) and str(archive.get("path")).endswith(".whl"):
        found.append(("archive", str(archive["path"]).rpartition("/")[2]))
    return [(key, name) for key, name in found if isinstance(name, str)]


def _ranks(named: Iterable[tuple[str, str]], ground: Ground) -> Iterator[tuple[tuple[int, ...], str]]:
    for _, name in named:
        fit = judge(_tags(name), ground)
        if not isinstance(fit, Unfit):
            yield (*fit, build_of(name)), name


def _tags(name: str) -> str:
    return "-".join(name.removesuffix(".whl").split("-")[-3:])

"""Tree: what one target of the lock takes, from the packages of the spec down."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from envplan.documents.reading import shown
from envplan.lockfile.graph import Node, taken, targets_of, tree
from envplan.lockfile.model import Lock
from envplan.problems import EnvplanError, Problem, Said, first_of
from envplan.values.platforms import Platform
from envplan.values.records import dataclass
from envplan.values.targets import Target
from envplan.values.versions import Python
from envplan.verbs.locks import Opened, open_lock

_LISTED = 12


@dataclass(frozen=True)
class TreeAsked:
    """Which target's tree; what is left open is as on this machine."""

    variant: str | None = None
    platform: str | None = None
    python: str | None = None


@dataclass(frozen=True)
class TreeMade:
    """The tree of one target."""

    name: str
    target: Target
    nodes: tuple[Node, ...]
    packages: int
    targets: tuple[Target, ...]  # of the whole lock
    from_spec: bool


def draw_tree(asked: TreeAsked, spec_file: Path | None = None, lock_file: Path | None = None) -> TreeMade:
    """Choose a target, and draw what it takes."""
    opened = open_lock(spec_file, lock_file)
    every = targets_of(opened.lock)
    fitting = [one for one in every if _fits(one, asked)]
    if not fitting:
        raise EnvplanError(_no_target(asked, every, opened.options))
    target = _nearest(fitting, opened.lock)
    try:
        nodes = tree(opened.lock, target, opened.wanted)
    except RecursionError:  # hundreds of packages in one chain: no lock of ours
        raise EnvplanError(_too_deep(opened)) from None
    count = len(taken(opened.lock, target))
    return TreeMade(opened.lock.name, target, nodes, count, every, opened.wanted is not None)


def _fits(target: Target, asked: TreeAsked) -> bool:
    return (
        asked.variant in (None, str(target.variant), target.variant.group)
        and asked.platform in (None, str(target.platform), target.platform.os)
        and asked.python in (None, str(target.python))
    )


def _likeness(target: Target, asked: TreeAsked) -> int:
    one_by_one = (TreeAsked(asked.variant), TreeAsked(None, asked.platform), TreeAsked(python=asked.python))
    return sum(_fits(target, one) for one in one_by_one)


def _nearest(targets: Sequence[Target], lock: Lock) -> Target:
    """Take the target most like this machine; nobody is asked about GPUs, which takes time."""
    platform, python = _here()
    return min(
        targets, key=lambda one: (one.platform != platform, one.variant != lock.default, one.python != python)
    )


def _here() -> tuple[Platform | None, Python]:
    """Say what this machine is, or the one that ENVPLAN_PROFILE says to be."""
    from envplan.machine.probe import Host, pretended
    from envplan.machine.probe.survey import VARIABLE
    from envplan.machine.probe.system import platform

    python = Python(*sys.version_info[:2])
    if profile := os.environ.get(VARIABLE):
        return pretended(profile).machine.platform, python
    try:
        return platform(Host.here()), python
    except EnvplanError:  # no wheels run here, and yet the lock can be read
        return None, python


def _too_deep(opened: Opened) -> Problem:
    name = opened.lock.packages[0].name
    found = (Said("a chain of hundreds, each of which needs the next", shown(str(opened.file))),)
    cures = (f"envplan why {name}{opened.options}   (one package at a time)",)
    return Problem(
        "EP104", "the packages of the lock are nested too deeply to be drawn", found=found, cures=cures
    )


def _no_target(asked: TreeAsked, every: Sequence[Target], options: str) -> Problem:
    said = [
        f"--{name} {shown(value)}"
        for name, value in (
            ("variant", asked.variant),
            ("platform", asked.platform),
            ("python", asked.python),
        )
        if value is not None
    ]
    there = first_of([Said(str(one), "the lock") for one in every], _LISTED)
    near = max(every, key=lambda one: _likeness(one, asked))
    cure = f"envplan tree --variant {near.variant} --platform {near.platform} --python {near.python}{options}"
    return Problem(
        "EP229",
        "no target of the lock is like that",
        wanted=(Said(" ".join(said), "the command line"),),
        found=there,
        cures=(cure,),
    )

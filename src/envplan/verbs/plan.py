"""Plan: read the spec, learn the machines, ask the planner."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from envplan.catalog.load import known_gpu, load
from envplan.catalog.model import Snapshot
from envplan.machine.model import Machine
from envplan.machine.profile import find_profile, read_profile
from envplan.planner.model import Plan
from envplan.planner.plan import plan as make_plan
from envplan.planner.wishes import everything
from envplan.problems import EnvplanError, Problem
from envplan.spec.model import Spec
from envplan.spec.read import read_spec
from envplan.values.versions import Compute, Python


@dataclass(frozen=True)
class PlanMade:
    """A plan, what it was made for, and how old the listings behind it are."""

    spec: Spec
    plan: Plan
    snapshots: tuple[Snapshot, ...]


def plan(spec_file: Path, profiles: Sequence[str] = ()) -> PlanMade:
    """Plan the spec for the named profiles; without any, for this machine."""
    problems: list[Problem] = []
    spec = _collect(problems, lambda: read_spec(spec_file))
    machines = [_collect(problems, lambda name=name: profile(name)) for name in profiles]
    if problems:
        raise EnvplanError(*problems)
    assert spec
    folder = Path(spec.origin).parent if spec.origin else spec_file
    catalog = load([one.name for one in everything(spec)], overlay=folder / "catalog.d")
    known = [machine for machine in machines if machine] or [_here()]
    made = make_plan(spec, known, catalog, Python(*sys.version_info[:2]))
    return PlanMade(spec, made, catalog.snapshots)


def profile(name: str) -> Machine:
    """Read a profile, by its path or the name it ships under."""
    return read_profile(find_profile(name), known=compute_of)


def compute_of(name: str) -> Compute | None:
    """Look up the compute capability of a GPU by the name drivers give it."""
    found = known_gpu(name)
    return found.compute if found else None


def _here() -> Machine:
    from envplan.machine.probe import this_machine

    return this_machine(known=compute_of)


def _collect(problems: list[Problem], read):  # type: ignore[no-untyped-def]
    try:
        return read()
    except EnvplanError as error:
        problems += error.problems
        return None

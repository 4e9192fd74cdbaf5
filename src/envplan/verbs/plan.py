"""Plan: read the spec, learn the machines, ask the planner."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from functools import partial
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
from envplan.values.records import dataclass
from envplan.values.versions import Compute, Python


@dataclass(frozen=True)
class PlanMade:
    """A plan, what it was made for, how old the listings behind it are, and what reading told."""

    spec: Spec
    plan: Plan
    snapshots: tuple[Snapshot, ...]
    told: tuple[Problem, ...] = ()  # remarks of the spec's reader, warnings of the probe


def plan(spec_file: Path, profiles: Sequence[str] = ()) -> PlanMade:
    """Plan the spec for the named profiles; without any, for this machine."""
    problems: list[Problem] = []
    spec: Spec | None = None
    machines: tuple[Machine, ...] = ()
    folder = beside(spec_file) / "catalog.d"
    try:
        spec = read_spec(spec_file)
    except EnvplanError as error:
        problems += error.problems
    try:
        machines = read_profiles(profiles, folder)
    except EnvplanError as error:
        problems += error.problems
    if spec is None or problems:
        raise EnvplanError(*dict.fromkeys(problems))
    catalog = load([one.name for one in everything(spec)], overlay=folder)
    told = spec.notes
    if not profiles:
        from envplan.machine.probe import here

        survey = here(known=partial(compute_of, overlay=folder))
        machines, told = (survey.machine,), (*told, *survey.warnings)
    made = make_plan(spec, machines, catalog, Python(*sys.version_info[:2]))
    return PlanMade(spec, made, catalog.snapshots, told)


def read_profiles(names: Iterable[str], overlay: Path | None = None) -> tuple[Machine, ...]:
    """Read several profiles; the faults of all are raised together."""
    machines: list[Machine] = []
    problems: list[Problem] = []
    for name in names:
        try:
            machines.append(profile(name, overlay))
        except EnvplanError as error:
            problems += error.problems
    if problems:
        raise EnvplanError(*problems)
    return tuple(machines)


def profiles_of(spec: Spec, folder: Path, more: Iterable[str] = ()) -> tuple[Machine, ...]:
    """Read the machines that a lock must serve: those of [targets], and those named besides."""
    return read_profiles((*(str(folder / one) for one in spec.profiles), *more), folder / "catalog.d")


def profile(name: str, overlay: Path | None = None) -> Machine:
    """Read a profile, by its path or the name it ships under."""
    return read_profile(find_profile(name), known=partial(compute_of, overlay=overlay))


def beside(spec_file: Path) -> Path:
    """Return the folder that a spec lies in."""
    try:
        return spec_file if spec_file.is_dir() else spec_file.parent
    except (OSError, ValueError):  # reading the spec has said so already
        return spec_file.parent


def compute_of(name: str, overlay: Path | None = None) -> Compute | None:
    """Look up the compute capability of a GPU by the name drivers give it."""
    found = known_gpu(name, overlay)
    return found.compute if found else None

"""A lock and a plan judge machines alike, though the lock has no catalog to ask."""

from __future__ import annotations

from functools import cache

from hypothesis import given
from hypothesis import strategies as st

from envplan.catalog.load import load
from envplan.lockfile.offers import refusals
from envplan.machine.model import Machine
from envplan.planner.attempt import Try, attempt
from envplan.planner.builds import Stock
from envplan.planner.choose import Judged
from envplan.planner.targets import Served, targets
from envplan.planner.wishes import everything
from envplan.solver.making import offer_of
from envplan.spec.decode import decode
from envplan.spec.model import Spec
from envplan.values.platforms import Platform
from envplan.values.records import replace
from envplan.values.variants import Kind
from envplan.values.versions import Dotted, Python
from tests.property.test_planner_laws import laws, machines

PYTHON = Python(3, 12)
KINDS: tuple[Kind, ...] = ("cuda", "rocm", "xpu")
PLATFORMS = [Platform.parse(name) for name in ("linux-x86_64", "linux-aarch64", "windows-x86_64")]
PACKAGES = ('torch = "2.5"', 'torch = "2.7"', 'torch = "2.11"', 'jax = "*"', 'cupy = "*"')


@cache
def asked(packages: str) -> tuple[Spec, Stock, tuple[Served, ...]]:
    spec = decode(f'[env]\npython = "3.12"\n[packages]\n{packages}\n'.encode())
    catalog = load([one.name for one in everything(spec)])
    return spec, Stock(catalog), targets(spec, PLATFORMS, (), KINDS, catalog, PYTHON).served


@laws
@given(st.sampled_from(PACKAGES), machines())
def test_a_lock_serves_a_machine_where_a_plan_finds_that_its_builds_run(
    packages: str, machine: Machine
) -> None:
    if machine.libc and machine.libc.value.version < Dotted("2.28"):
        return  # how old a system a lock is for is decided when it is made
    spec, stock, served = asked(packages)
    machine = replace(machine, pythons=())
    judged = attempt(Try(spec, machine, stock, PYTHON)).judged
    for one in served:
        if one.platform == machine.platform and not any("known at all" in why for why in reasons(judged)):
            assert bool(refusals(offer_of(one), machine)) != runs(judged, one), one.variant


def runs(judged: Judged, served: Served) -> bool:
    """Whether no rule of the planner refuses the build that a target pins."""
    pins = {pin.name: pin.version for pin in served.pins if pin.exact}
    return any(
        verdict.fits
        for verdict in judged.verdicts[0]
        if verdict.build.variant == served.variant
        and str(verdict.build.published) == pins.get(verdict.build.way.ask)
    )


def reasons(judged: Judged) -> list[str]:
    """What the rules say; of a driver older than a GPU that it lists there is no machine."""
    return [reason.text for row in judged.verdicts for verdict in row for reason in verdict.reasons]

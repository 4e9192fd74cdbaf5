"""What is offered to try, and what is not."""

from __future__ import annotations

from envplan.catalog.load import load
from envplan.planner.model import Impossible
from envplan.planner.plan import plan
from envplan.spec.decode import decode
from envplan.values.versions import Python
from envplan.verbs.plan import profile


def test_no_newer_glibc_is_offered_for_a_board_that_has_one_new_enough() -> None:
    spec = decode(b'[env]\npython = "3.12"\naccelerator = "gpu"\n[packages]\ntorch = "*"\n')
    (outcome,) = plan(spec, [profile("jetson-orin")], load(["torch"]), Python(3, 12)).outcomes
    assert isinstance(outcome, Impossible)
    assert outcome.problem.cures == ('accelerator = "cpu"   # without the GPU',)

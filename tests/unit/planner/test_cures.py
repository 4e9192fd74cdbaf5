"""What is offered to try, and what is not."""

from __future__ import annotations

import pytest

from envplan.catalog.load import load
from envplan.planner.model import Impossible
from envplan.planner.plan import plan
from envplan.spec.decode import decode
from envplan.values.versions import Python
from envplan.verbs.plan import profile


@pytest.mark.parametrize(
    ("package", "accelerator", "machine"),
    [
        ("torch", "gpu", "jetson-orin"),  # its glibc is new enough
        ("jax", "rocm", "apple-m2"),  # there is no ROCm for macOS that could be installed
        ("tensorflow", "rocm", "apple-m2"),
    ],
)
def test_what_could_not_help_is_not_offered(package: str, accelerator: str, machine: str) -> None:
    text = f'[env]\npython = "3.12"\naccelerator = "{accelerator}"\n[packages]\n{package} = "*"\n'
    (outcome,) = plan(decode(text.encode()), [profile(machine)], load([package]), Python(3, 12)).outcomes
    assert isinstance(outcome, Impossible)
    assert outcome.problem.cures == ('accelerator = "cpu"   # without the GPU',)

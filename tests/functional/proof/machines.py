"""Machines of the tests, and questions about environments on them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from envplan.environment.generations import Generation
from envplan.environment.proof.prove import prove
from envplan.environment.proof.question import Question
from envplan.environment.proof.report import Report
from envplan.machine.model import Gpu, Machine
from envplan.problems import Problem
from envplan.values.platforms import Platform
from envplan.values.versions import Compute
from tests.support.frameworks import A100

LINUX = Platform("linux", "x86_64")
NO_GPU = Machine("laptop", LINUX, "test")


def a100s(count: int) -> Machine:
    gpu = Gpu("nvidia", A100[0], "NVML", Compute(8, 0), memory_mib=40960)
    return Machine("node", LINUX, "test", gpus=(gpu,) * count)


def proven(one: Generation, machine: Machine | None = NO_GPU, **more: Any) -> Report:
    environ: Mapping[str, str] = more.pop("environ", {"PATH": "/usr/bin:/bin"})
    return prove(Question(one.folder, one.receipt, ".venv", machine=machine, environ=environ, **more))


def words(problem: Problem) -> str:
    """Everything that a problem says."""
    said = (*problem.wanted, *problem.found, *problem.why)
    return "\n".join((problem.title, *(f"{one.text} {one.origin}" for one in said), *problem.cures))

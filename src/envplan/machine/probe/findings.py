"""What is found out about the GPUs of one vendor."""

from __future__ import annotations

from envplan.machine.model import Gpu, Nvidia
from envplan.machine.probe.rungs import Rung
from envplan.problems import Problem
from envplan.values.records import dataclass


@dataclass(frozen=True)
class Gpus:
    """The devices that programs here can use, the hidden ones, and what went wrong."""

    driver: Nvidia | None = None
    gpus: tuple[Gpu, ...] = ()
    hidden: tuple[Gpu, ...] = ()
    unreadable: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    rungs: tuple[Rung, ...] = ()

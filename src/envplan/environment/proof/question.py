"""What is to be proven of one generation, and against what."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from pathlib import Path

from envplan.environment.model import LONGEST, Receipt
from envplan.machine.model import Machine
from envplan.problems import again_without
from envplan.store.model import Tell, untold
from envplan.values.records import dataclass, field

_UNTESTED = f"{again_without('--smoke')} --no-smoke"


@dataclass(frozen=True)
class Question:
    """A generation, the machine it is on, and how far to go.

    `smoke` none: where builds for a GPU meet that GPU. `machine` none: another one is only pretended.
    """

    folder: Path  # of the generation
    receipt: Receipt
    env: str  # as the user calls it
    machine: Machine | None = None
    named: Collection[str] = ()  # packages that the user asked for; empty: all there are
    overlay: Path | None = None  # catalog.d, beside the spec
    deep: bool = False
    damaged: bool = False  # files are known not to be as they were built
    fresh: bool = False  # it was only just built, and `envplan verify` would look at the one in use
    imports: bool = True
    smoke: bool | None = None
    deadline: float = 120.0  # seconds for each framework, and for all imports
    options: str = ""  # of the command that asked, so that what is to be typed means the same environment
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)
    tell: Tell = field(default=untold, repr=False)

    @property
    def versions(self) -> dict[str, str]:
        """The version of each package, by its name."""
        return {str(one["name"]): str(one.get("version") or "") for one in self.receipt.packages}

    @property
    def apply(self) -> str:
        """The command that puts things right."""
        return f"envplan apply{self.options}{self.receipt.asked}"

    @property
    def verify(self) -> str:
        """The command that asks this question."""
        return f"envplan verify{self.options}"

    @property
    def look(self) -> str:
        """What to type where something fails and nobody knows why."""
        if self.damaged:
            return self.apply
        if self.fresh:
            return f"{_UNTESTED}   (puts it to use untested, to look into it)"
        if self.deep:
            return "envplan lock --upgrade   (its files are sound: do the versions fit each other?)"
        return f"{self.verify} --deep   (are its files as they were built?)"

    @property
    def patience(self) -> str:
        """What to type where something did not end."""
        before = f"{_UNTESTED} && " if self.fresh else ""
        return f"{before}{self.verify} --deadline {min(self.deadline * 5, LONGEST):g}   (if the disk is slow)"

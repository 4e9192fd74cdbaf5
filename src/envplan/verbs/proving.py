"""What is asked of an environment before it is put to use, and of one that stands there and looks odd."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from envplan.environment.listing import Listing
from envplan.environment.model import Receipt
from envplan.environment.proof.prove import prove
from envplan.environment.proof.question import Question
from envplan.environment.proof.report import Drift, Report
from envplan.environment.proof.smoke import prove_frameworks
from envplan.environment.untouched import untouched
from envplan.machine.model import Machine
from envplan.problems import EnvplanError, Problem
from envplan.store.model import Tell
from envplan.values.records import dataclass, replace
from envplan.verbs.apply import ApplyRequest


@dataclass(frozen=True)
class Judge:
    """Asks questions of generations of one environment."""

    env: str  # as the user calls it
    machine: Machine | None  # none: another one is only pretended
    overlay: Path  # catalog.d
    request: ApplyRequest
    tell: Tell

    def proven(
        self, folder: Path, listing: Listing, receipt: Receipt, *, fresh: bool = False
    ) -> dict[str, Any]:
        """Prove a generation, names and sizes first, then on its GPU; refuse it where something is wrong.

        Of a fresh one each file was looked at when it was brought.
        """
        question = replace(self._question(folder, receipt), fresh=fresh)
        report = Report(self.env, receipt.id, dict(receipt.target), Drift(len(listing.paths)))
        if not fresh and not untouched(folder, listing):
            report = prove(replace(question, smoke=False))
        if report.whole:
            smoke, problems = prove_frameworks(question)
            report = replace(report, smoke=smoke, problems=problems)
        if not report.whole:
            raise EnvplanError(*report.errors)
        return report.as_json

    def damage(self, folder: Path, receipt: Receipt) -> tuple[Problem, ...]:
        """Say what speaks against a generation that looks odd; nothing where that is harmless."""
        report = prove(replace(self._question(folder, receipt), smoke=False))
        return tuple(replace(one, severity="warning", cures=()) for one in report.errors)

    def _question(self, folder: Path, receipt: Receipt) -> Question:
        return Question(
            folder=folder,
            receipt=receipt,
            env=self.env,
            machine=self.machine,
            overlay=self.overlay,
            imports=False,
            smoke=self.request.smoke,
            options=self.request.options,
            tell=self.tell,
        )

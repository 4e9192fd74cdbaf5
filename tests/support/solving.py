"""Questions put to a solver, and nothing kept for the next ones."""

from __future__ import annotations

from collections.abc import Sequence

from envplan.solver.model import Answer, Question
from envplan.solver.search import DEADLINE, Solver
from envplan.solver.solve import Solving
from envplan.solver.source import Source


def solve_all(
    questions: Sequence[Question], source: Source, solver: Solver, *, deadline: float = DEADLINE
) -> list[Answer]:
    """Answer every question, in their order."""
    with Solving(source, solver, deadline=deadline) as solving:
        return solving.answers(questions)

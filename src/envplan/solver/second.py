"""A second opinion: another solver answers the same questions, given what the first had found."""

from __future__ import annotations

from collections.abc import Sequence

from envplan.problems import Problem, Said
from envplan.solver.model import Answer, Question, Solved, Unsolved
from envplan.solver.solve import Solving
from envplan.values.records import replace

DIFFERENT = "EP311"


def second_opinion(
    answered: Sequence[tuple[Question, Solved]], solving: Solving, solver: str, other: str
) -> list[Problem]:
    """Ask the other solver; nothing where both say the same."""
    asked = [replace(question, preferred=answer.versions) for question, answer in answered]
    seconds = solving.answers(asked, fresh=True)
    found = [
        _disagreement(first, second, solver, other)
        for (_, first), second in zip(answered, seconds, strict=True)
    ]
    return [problem for problem in found if problem]


def _disagreement(first: Solved, second: Answer, solver: str, other: str) -> Problem | None:
    title = f"{solver} and {other} do not agree on {first.target}"
    if isinstance(second, Unsolved):
        found = (Said(second.problem.title, other), *second.problem.found)
        return Problem(DIFFERENT, title, found=found, why=second.problem.why, cures=second.problem.cures)
    names = sorted(first.versions.keys() | second.versions.keys())
    pairs = [(name, first.versions.get(name), second.versions.get(name)) for name in names]
    differing = [
        f"{name}: {solver} {one or 'without it'}, {other} {two or 'without it'}"
        for name, one, two in pairs
        if one != two
    ]
    if not differing:
        return None
    return Problem(DIFFERENT, title, found=tuple(Said(line) for line in differing), cures=("envplan lock",))

"""The same version for all targets wherever that can be: a package differs only where it must."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence

from packaging.version import Version

from envplan.solver.model import Answer, Question, Solved
from envplan.values.records import replace


def settle(
    questions: Sequence[Question], solve: Callable[[Sequence[Question]], list[Answer]]
) -> list[Answer]:
    """Solve all targets; where they differ in a version, ask again with the oldest of them preferred.

    The oldest is what the narrowest target could have; the others can have it more often than not.
    """
    answers = solve(questions)
    differing = _differing([one for one in answers if isinstance(one, Solved)])
    if len(answers) != len(questions) or not differing:
        return answers
    again = [
        (place, replace(question, preferred={**answer.versions, **differing}))
        for place, (question, answer) in enumerate(zip(questions, answers, strict=True))
        if isinstance(answer, Solved)
        and any(answer.versions.get(name, v) != v for name, v in differing.items())
    ]
    for (place, _), answer in zip(again, solve([question for _, question in again]), strict=True):
        if isinstance(answer, Solved):
            answers[place] = answer
    return answers


def _differing(answers: Sequence[Solved]) -> dict[str, Version]:
    """Names with several versions, their local parts aside, and the oldest of each."""
    versions: dict[str, set[Version]] = defaultdict(set)
    for answer in answers:
        for name, version in answer.versions.items():
            if not version.local:
                versions[name].add(version)
    return {name: min(several) for name, several in versions.items() if len(several) > 1}

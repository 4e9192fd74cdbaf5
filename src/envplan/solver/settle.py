"""The same version for all targets wherever that can be: a package differs only where it must."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence

from packaging.utils import canonicalize_name
from packaging.version import Version

from envplan.problems import Problem, Said
from envplan.solver.model import Answer, Question, Solved
from envplan.values.records import replace
from envplan.values.several import targets_said

OLDER = "EP368"

_CURE = "same-versions = false   (under [options]; then envplan lock --upgrade)"


def settle(
    questions: Sequence[Question], solve: Callable[[Sequence[Question]], list[Answer]]
) -> list[Answer]:
    """Solve all targets; where they differ in a version, ask again with the oldest of them preferred.

    The oldest is what the narrowest target could have; the others can have it more often than not.
    """
    answers = solve(questions)
    first = [one for one in answers if isinstance(one, Solved)]
    differing = _differing(first)
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
    return _with_note(questions, first, answers)


def _with_note(questions: Sequence[Question], first: Sequence[Solved], answers: list[Answer]) -> list[Answer]:
    """Say once, with the first answer, what the spec names and is old for the sake of others."""
    after = [one for one in answers if isinstance(one, Solved)]
    named = dict.fromkeys(_name(need.requirement) for question in questions for need in question.needs)
    found = tuple(one for name in named for one in _older(name, first, after))
    if not found:
        return answers
    title = "older versions than some targets could have, so that all have the same"
    note = Problem(OLDER, title, found=found, cures=(_CURE,), severity="note")
    noted = replace(after[0], problems=(*after[0].problems, note))
    return [noted if one is after[0] else one for one in answers]


def _older(name: str, first: Sequence[Solved], after: Sequence[Solved]) -> Iterator[Said]:
    alone = {one.target: one.versions[name] for one in first if name in one.versions}
    taken = [one.versions[name] for one in after if name in one.versions]
    if not alone or any(version.local for version in taken) or max(alone.values()) <= max(taken):
        return
    narrow = [target for target, version in alone.items() if version == min(alone.values())]
    newest = max(alone.values())
    yield Said(f"{name} {max(taken)}; {newest} is not for {targets_said(narrow, list(alone))}")


def _name(requirement: str) -> str:
    return canonicalize_name(re.split(r"[^\w.-]", requirement, maxsplit=1)[0])


def _differing(answers: Sequence[Solved]) -> dict[str, Version]:
    """Names with several versions, their local parts aside, and the oldest of each."""
    versions: dict[str, set[Version]] = defaultdict(set)
    for answer in answers:
        for name, version in answer.versions.items():
            if not version.local:
                versions[name].add(version)
    return {name: min(several) for name, several in versions.items() if len(several) > 1}

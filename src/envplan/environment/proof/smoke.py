"""Does each framework compute right, on each device? Asked of itself, in a process of its own."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from envplan.environment.model import FORBIDDEN
from envplan.environment.proof.asking import Heard, ask
from envplan.environment.proof.frameworks import Expected, expected
from envplan.environment.proof.judging import Judged, judge, no_gpu
from envplan.environment.proof.question import Question
from envplan.environment.proof.report import Smoke
from envplan.environment.proof.surroundings import blamed, without_libraries
from envplan.problems import Problem
from envplan.values.records import replace


def prove_frameworks(
    question: Question, broken: Collection[str] = ()
) -> tuple[tuple[Smoke, ...], tuple[Problem, ...]]:
    """Let every framework of the environment show what it can, one after the other: GPUs are not shared well.

    Of the packages in `broken` it is known already that they cannot be imported.
    """
    every = expected(question.versions, question.receipt.target)
    why_not = _why_not(question, every)
    if why_not:
        return tuple(Smoke(one.framework, one.package, "not-run", detail=why_not) for one in every), ()
    judged = [_broken(one) if one.package in broken else _prove(question, one) for one in every]
    return tuple(one.smoke for one in judged), tuple(problem for one in judged for problem in one.problems)


def _why_not(question: Question, every: tuple[Expected, ...]) -> str:
    """Say why the frameworks stay at rest; nothing where they are to work."""
    if question.smoke is False:
        return FORBIDDEN
    machine = question.machine
    if question.smoke or not every:
        return ""
    works = machine is not None and any(one.devices(machine) for one in every)
    return "" if works else no_gpu(machine)


def _broken(one: Expected) -> Judged:
    return Judged(Smoke(one.framework, one.package, "failed", detail="it cannot be imported"))


def _prove(question: Question, one: Expected) -> Judged:
    machine = question.machine
    devices = one.devices(machine) if machine else ()
    asked: dict[str, Any] = {"torchvision": one.torchvision, "devices": len(devices)}

    heard = _ask(question, one, asked, question.environ)
    found = judge(question, one, devices, heard)
    other = without_libraries(question.environ)
    if not found.failed or heard.late or other is None:
        return found
    if judge(question, one, devices, _ask(question, one, asked, other)).failed:
        return found
    return replace(
        found,
        problems=tuple(
            blamed(each, question.environ) if each.severity == "error" else each for each in found.problems
        ),
    )


def _ask(question: Question, one: Expected, asked: dict[str, Any], environ: Mapping[str, str]) -> Heard:
    return ask(
        question.folder,
        one.framework,
        asked,
        environ=environ,
        deadline=question.deadline,
        tell=question.tell,
    )

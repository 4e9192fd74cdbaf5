"""What is said to be typed next: for the same files as what was typed before, by a program that is there."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable, Sequence
from shlex import join, quote
from shutil import which

from envplan.cli.spelling import spelled
from envplan.documents.reading import printable
from envplan.problems import AGAIN, Problem
from envplan.values.records import replace

_OF_LOCKS = frozenset({"apply", "bundle", "lock", "tree", "verify", "why"})
_OF_SPECS = _OF_LOCKS | {"add", "bundle", "plan", "remove"}
_OF_ENVIRONMENTS = frozenset({"apply", "gc", "rollback", "verify"})
_AGAIN = re.compile(rf"{AGAIN}(?:, without (--[a-z-]+))?")
# One command, without what stands beside it as a remark.
_COMMAND = re.compile(r"envplan ([a-z]+)\b(?:(?! &&| {2,}| #).)*")


def retyped(
    problems: Iterable[Problem], options: argparse.Namespace, arguments: Sequence[str]
) -> tuple[Problem, ...]:
    """Add the files that the user named to the commands that problems offer; write out what was typed.

    Where uv is not on PATH, ours is named: it is there to be typed, too.
    """
    named = [
        (option, str(path), commands)
        for option, commands in (
            ("--spec", _OF_SPECS),
            ("--lock", _OF_LOCKS),
            ("--env", _OF_ENVIRONMENTS),
        )
        if (path := getattr(options, option[2:], None))
    ]

    def named_too(command: re.Match[str]) -> str:
        words = command[0].rstrip()
        for option, path, commands in named:
            if command[1] in commands and f"{option} " not in words:
                words += f" {option} {quote(path)}"
        return words

    def typed(said: re.Match[str]) -> str:
        left_out = ("--json", said[1])  # an answer for programs is not what a person would type
        return printable(join(["envplan", *(word for word in arguments if word not in left_out)]))

    def written(cure: str, problem: Problem) -> str:
        if cure.startswith("uv ") and not which("uv"):
            return quote(_our_uv()) + cure[2:]
        words = spelled(cure, (line.origin for line in problem.wanted))
        return _AGAIN.sub(typed, _COMMAND.sub(named_too, words))

    return tuple(replace(one, cures=tuple(written(cure, one) for cure in one.cures)) for one in problems)


def _our_uv() -> str:
    from envplan.solver.uv import bundled

    try:
        return bundled()
    except FileNotFoundError:
        return "uv"

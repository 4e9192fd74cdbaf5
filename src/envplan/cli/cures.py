"""What is said to be typed next names the same spec and the same lock as what was typed before."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable
from shlex import quote

from envplan.problems import Problem
from envplan.values.records import replace

_OF_LOCKS = frozenset({"apply", "lock", "tree", "verify", "why"})
_OF_SPECS = _OF_LOCKS | {"add", "plan", "remove"}
# One command, without what stands beside it as a remark.
_COMMAND = re.compile(r"envplan ([a-z]+)\b(?:(?! &&| {2,}| #).)*")


def retyped(problems: Iterable[Problem], options: argparse.Namespace) -> tuple[Problem, ...]:
    """Add the files that the user named to the commands that problems offer."""
    named = [
        (option, str(path), commands)
        for option, commands in (("--spec", _OF_SPECS), ("--lock", _OF_LOCKS))
        if (path := getattr(options, option[2:], None))
    ]

    def again(command: re.Match[str]) -> str:
        words = command[0].rstrip()
        for option, path, commands in named:
            if command[1] in commands and f"{option} " not in words:
                words += f" {option} {quote(path)}"
        return words

    if not named:
        return tuple(problems)
    return tuple(
        replace(one, cures=tuple(_COMMAND.sub(again, cure) for cure in one.cures)) for one in problems
    )

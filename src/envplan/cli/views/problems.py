"""Problems as people read them: wanted, found, why, try, each with its origin."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable

from envplan.documents.reading import printable
from envplan.problems import Problem, Said

_WIDTH = 100
_LONGEST_ORIGIN = 300
_STYLES = {"error": "\x1b[1;31m", "warning": "\x1b[1;33m", "note": "\x1b[1;36m"}
_BOLD, _DIM, _RESET = "\x1b[1m", "\x1b[2m", "\x1b[0m"


def problems_text(problems: Iterable[Problem], *, colour: bool = False) -> str:
    """Write several problems, one under the other."""
    return "\n\n".join(problem_text(problem, colour=colour) for problem in problems)


def problem_text(problem: Problem, *, colour: bool = False) -> str:
    """Write one problem."""
    head = f"{problem.severity}[{problem.code}]"
    title = printable(problem.title)
    if colour:
        head, title = f"{_STYLES[problem.severity]}{head}{_RESET}", f"{_BOLD}{title}{_RESET}"
    lines = [f"{head} {title}"]
    for label, said in (("wanted", problem.wanted), ("found", problem.found), ("why", problem.why)):
        lines += _said(label, said, colour)
    lines += _block("try", [(cure, "") for cure in problem.cures], colour)
    return "\n".join(lines)


def _said(label: str, said: tuple[Said, ...], colour: bool) -> list[str]:
    return _block(label, [(line.text, line.origin) for line in said], colour)


def _block(label: str, rows: list[tuple[str, str]], colour: bool) -> list[str]:
    lines = []
    for index, (text, origin) in enumerate(rows):
        start = f"  {label if index == 0 else '':<6}  "
        text, origin = printable(text), printable(origin)
        if not text:
            text, origin = origin, ""
        # A line to be typed is never wrapped: it must work as it stands.
        body = [text] if label == "try" else _wrapped(text, _WIDTH - len(start))
        if origin:
            origin = origin if len(origin) <= _LONGEST_ORIGIN else origin[:_LONGEST_ORIGIN] + "…"
            fits = len(start) + len(body[-1]) + 2 + len(origin) <= _WIDTH
            places = [origin] if fits else _wrapped(origin, _WIDTH - len(start))
            shown = [f"{_DIM}{place}{_RESET}" if colour else place for place in places]
            if fits and len(body) == 1:
                body[-1] = f"{body[-1]:<44}  {shown[0]}" if len(body[-1]) < 44 else f"{body[-1]}  {shown[0]}"
            else:
                body += shown
        lines.append(start + body[0])
        lines += [" " * len(start) + rest for rest in body[1:]]
    return lines


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, break_on_hyphens=False, break_long_words=False) or [""]

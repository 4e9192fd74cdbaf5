"""Explain: the long form of a problem code."""

from __future__ import annotations

from envplan.documents import nearest
from envplan.problems import EnvplanError, Problem, Said
from envplan.problems.codes import Explanation, explanations


def explain(code: str | None) -> tuple[Explanation, ...]:
    """Return the explanation of one code, or of all."""
    known = {one.code: one for one in explanations()}
    if code is None:
        return tuple(known.values())
    wanted = code.strip().upper()
    if not wanted.startswith("EP"):
        wanted = f"EP{wanted}"
    if wanted not in known:
        meant = nearest(wanted, [one.lower() for one in known]) or "ep203"
        raise EnvplanError(
            Problem(
                "EP100",
                f"there is no code {code!r}",
                why=(Said(f"codes go from {min(known)} to {max(known)}"),),
                cures=(f"envplan explain {meant.upper()}", "envplan explain   # lists them all"),
            )
        )
    return (known[wanted],)

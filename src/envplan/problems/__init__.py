"""How envplan says no: what was wanted, what was found, why, and what to try."""

from envplan.problems.problem import (
    AGAIN,
    EnvplanError,
    Problem,
    Said,
    Severity,
    again_without,
    first_of,
    reason_of,
    told_once,
)

__all__ = [
    "AGAIN",
    "EnvplanError",
    "Problem",
    "Said",
    "Severity",
    "again_without",
    "first_of",
    "reason_of",
    "told_once",
]

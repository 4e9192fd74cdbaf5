"""How envplan says no: what was wanted, what was found, why, and what to try."""

from envplan.problems.problem import EnvplanError, Problem, Said, Severity, told_once

__all__ = ["EnvplanError", "Problem", "Said", "Severity", "told_once"]

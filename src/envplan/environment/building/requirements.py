"""What a build asks for, pinned before it begins: solved as a lock is, on its indexes, hashes and all."""

from __future__ import annotations

from collections.abc import Sequence

from envplan.index.model import File
from envplan.problems import EnvplanError
from envplan.solver.model import Need, Question, Solved
from envplan.solver.search import Solver
from envplan.solver.solve import Solving
from envplan.solver.source import Source
from envplan.values.records import replace


def pinned(asked: Sequence[str], origin: str, frame: Question, source: Source, solver: Solver) -> list[File]:
    """Choose wheels for what a build asks for; `frame` says for which target, from which indexes.

    A build takes no part of its environment from source: that would be a build in a build, without an end.
    """
    question = replace(frame, needs=tuple(Need(one, origin) for one in asked), sdists=frozenset())
    with Solving(source, solver) as solving:
        (answer,) = solving.answers([question])
        if not isinstance(answer, Solved):
            raise EnvplanError(answer.problem)
        return solving.hashed(list(answer.files.values()))

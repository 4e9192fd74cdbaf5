"""Questions to answers: views, one server, solvers in parallel, and every answer checked."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Self

from packaging.version import Version

from envplan.index.model import File
from envplan.problems import EnvplanError, Problem, Said, reason_of
from envplan.processes.outcomes import Stopped
from envplan.processes.parallel import in_parallel
from envplan.solver.closure import Closure, close, wrong
from envplan.solver.model import Answer, Question, Solved, Unsolved
from envplan.solver.remarks import remarks
from envplan.solver.search import DEADLINE, Broken, Found, NotFound, Result, Search, Solver
from envplan.solver.server import Server
from envplan.solver.source import Memory, Source
from envplan.solver.view import View
from envplan.values.records import replace
from envplan.values.targets import Target
from envplan.values.variants import Variant

NO_ROOM = "EP401"
BROKEN = "EP352"

_LEAVING = 2.0  # seconds for solvers to end; it takes them less than a tenth


class Solving:
    """Solves as many questions as one command has; what was heard from an index is heard once."""

    def __init__(
        self, source: Source, solver: Solver, *, deadline: float = DEADLINE, workers: int = 0
    ) -> None:
        self._source = source
        self._solver = solver
        self._deadline = deadline
        # A solver waits for its view half of the time: two for each core keep both busy.
        self._workers = workers or min(8, 2 * (os.cpu_count() or 1))
        self._memory = Memory(source)
        self._server = Server()
        self._views: dict[Target, View] = {}  # the last one of each
        self._searching: set[threading.Thread] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for view in self._views.values():
            view.stop.set()
        self._server.close()
        # Who interrupts us does not wait for these threads; cut off, they would leave their folders behind.
        end = time.monotonic() + _LEAVING
        while self._searching and time.monotonic() < end:
            time.sleep(0.01)

    def answers(self, questions: Sequence[Question], *, fresh: bool = False) -> list[Answer]:
        """Answer every question. Pins of before that still hold together need no solver, unless `fresh`."""
        return in_parallel(lambda question: self._answer(question, fresh), questions, self._workers)

    def answers_alike(self, questions: Sequence[Question]) -> list[Answer]:
        """Answer every question, with the versions of the first of its variant wherever those fit.

        Most targets differ in files and not in versions: those are checked, and need no solver of their own.
        """
        first: dict[Variant, int] = {}
        for place, question in enumerate(questions):
            first.setdefault(question.target.variant, place)
        leading = self.answers([questions[place] for place in first.values()])
        known = dict(zip(first, leading, strict=True))
        rest = [place for place in range(len(questions)) if place not in first.values()]
        following = self.answers(
            [_like(questions[place], known[questions[place].target.variant]) for place in rest]
        )
        found = dict(zip([*first.values(), *rest], [*leading, *following], strict=True))
        return [found[place] for place in range(len(questions))]

    def hashed(self, files: Sequence[File]) -> list[File]:
        """Give files their sha256, and their size where the server tells it.

        Those that their index gives no hash for are fetched; for a size, only the head of an answer is.
        """

        def whole(one: File) -> File:
            return one if one.sha256 and one.size is not None else self._source.hashed(one)

        return in_parallel(whole, files, 8)

    def hidden(self, target: Target, name: str, version: Version) -> str | None:
        """Say why a target was not shown a version of a package it has; none where it was."""
        from envplan.solver.conflict import closest

        page = self._views[target].page(name)
        if any(shown.public == version.public for shown in page.files):
            return None
        reasons = (
            one.unfit.text for one in closest(page.hidden, lambda found: found.public == version.public)
        )
        return next(reasons, "its index has no such version")

    def _answer(self, question: Question, fresh: bool) -> Answer:
        view = View(question, self._memory)
        self._views[question.target] = view
        threading.Thread(target=view.foresee, daemon=True).start()
        try:
            known = None if fresh else kept(view)
            answer: Answer = known or self._searched(view, self._search(view))
        except EnvplanError as error:
            answer = Unsolved(question.target, (view.failure or error).problems[0], view.undecided)
        if view.bug:
            raise view.bug
        view.stop.set()
        return answer

    def _search(self, view: View) -> Result:
        search = Search(
            self._server.mount(view),
            tuple(dict.fromkeys(str(one.requires) for one in view.needs)),
            tuple(dict.fromkeys(str(replace(one.requires, extras=())) for one in view.constraints)),
            view.question.preferred or {},
            self._deadline,
            view.stop,
        )
        self._searching.add(threading.current_thread())
        try:
            return Stopped() if view.stop.is_set() else self._solver.search(search)
        except OSError as error:  # a full disk, or no folder for temporary files
            from envplan.documents.temporary import ELSEWHERE

            why = (Said(reason_of(error)), Said("the solver works in a temporary folder"))
            problem = Problem(NO_ROOM, "the solver has no room to work in", why=why, cures=(ELSEWHERE,))
            raise EnvplanError(problem) from None
        finally:
            self._searching.discard(threading.current_thread())

    def _searched(self, view: View, result: Result) -> Answer:
        target, solver = view.question.target, self._solver.name
        if view.failure:
            raise view.failure
        match result:
            case Found(versions):
                closure = close(view, versions)
                if closure.faults:
                    return Unsolved(target, wrong(solver, closure))
                return _solved(view, versions, closure)
            case NotFound(words):
                from envplan.solver.unsolved import explain

                return Unsolved(target, explain(view, solver, words))
            case Broken(reason, words):
                return Unsolved(target, _broken(solver, reason, words))
            case Stopped():
                return Unsolved(target, _broken(solver, "was stopped", ""))


def _like(question: Question, answer: Answer) -> Question:
    """Prefer the versions of another target's answer, after the question's own."""
    if not isinstance(answer, Solved):
        return question
    return replace(question, preferred={**answer.versions, **(question.preferred or {})})


def kept(view: View) -> Solved | None:
    """Answer with the pins of before, where they still hold together: what any solver would do with them."""
    preferred = view.question.preferred
    if not preferred or any(wanted.requires.name not in preferred for wanted in view.needs):
        return None
    closure = close(view, preferred, all_needed=False)
    if closure.faults:
        return None
    return _solved(view, {name: preferred[name] for name in closure.dependencies}, closure)


def _solved(view: View, versions: Mapping[str, Version], closure: Closure) -> Solved:
    names = sorted(versions)
    files = {name: view.page(name).files[versions[name]] for name in names if name not in view.given}
    metadata = {name: view.release(name, versions[name]).metadata for name in names}
    return Solved(
        view.question.target,
        {name: versions[name] for name in names},
        closure.extras,
        files,
        metadata,
        closure.dependencies,
        tuple(remarks(view, versions, files, metadata)),
    )


def _broken(solver: str, reason: str, words: str) -> Problem:
    other = "pip-tools" if solver == "uv" else "uv"
    return Problem(
        BROKEN,
        f"{solver} gave no answer",
        found=(Said(f"{solver} {reason}", solver),),
        why=tuple(Said(line, solver) for line in words.splitlines()),
        cures=(f"envplan lock --solver {other}",),
    )

"""Can everything be imported that the user asked for? One process for all; a crash costs a further one."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence

from envplan.environment.listing import Listing
from envplan.environment.proof.asking import Heard, ask
from envplan.environment.proof.interpreter import not_starting, other_version
from envplan.environment.proof.modules import Module, brings, modules, plain
from envplan.environment.proof.question import Question
from envplan.environment.proof.report import Imported
from envplan.environment.proof.surroundings import blamed, without_libraries
from envplan.environment.proof.symptoms import Explained, explained, helps
from envplan.problems import Problem, Said
from envplan.values.records import dataclass, field

_FAILS, _CRASHES = "EP616", "EP617"
_MOST = 200  # modules; what nobody asked for by name is cut off here
_PROCESSES = 8  # after so many crashes the rest is left


@dataclass
class _Work:
    """Imports under way."""

    question: Question
    listing: Listing
    waiting: list[Module]
    end: float
    done: list[Imported] = field(default_factory=list)
    problems: dict[str, Problem] = field(default_factory=dict)  # by module
    processes: int = 0


def prove_imports(question: Question, listing: Listing) -> tuple[tuple[Imported, ...], tuple[Problem, ...]]:
    """Import the modules of the packages that were asked for, and say what fails."""
    named = question.named or question.versions
    found = modules(listing, named)
    if not found:
        return (), ()
    work = _Work(question, listing, list(found[:_MOST]), time.monotonic() + question.deadline)
    while work.waiting and work.processes < _PROCESSES:
        _round(work, work.waiting)
    for module in work.waiting:
        detail = "left out: too many others crashed, or took all the time"
        work.done.append(Imported(module.name, module.package, "not-run", detail))
    for module in found[_MOST:]:
        work.done.append(Imported(module.name, module.package, "not-run", "left out: there are too many"))
    _blame(work)
    return tuple(work.done), tuple(work.problems.values())


def _round(work: _Work, mine: Sequence[Module]) -> None:
    """Import in one process what is left; of a process that dies, the module that killed it is named."""
    heard = _ask(work, [one.name for one in mine])
    if not heard.begun:
        work.problems[""] = not_starting(work.question, heard)
        work.processes = _PROCESSES
        return
    if work.processes == 1 and (problem := other_version(work.question, heard)):
        work.problems[""] = problem
    answers = {line["module"]: line for line in heard.all("module")}
    for module in mine:
        if module.name in answers:
            _answered(work, module, answers[module.name], heard, first=module is mine[0])
    left = [one for one in mine if one.name not in answers]
    work.waiting = left
    if left:
        _died(work, left[0], [one for one in mine if one.name in answers], heard)
        work.waiting = left[1:]


def _ask(work: _Work, names: Sequence[str], environ: Mapping[str, str] | None = None) -> Heard:
    work.processes += 1
    question = work.question
    return ask(
        question.folder,
        "imports",
        {"modules": names},
        environ=question.environ if environ is None else environ,
        deadline=max(work.end - time.monotonic(), 1.0),
        tell=question.tell,
    )


def _imported_alone(work: _Work, module: Module) -> bool:
    """Whether it is imported where nothing was before it; not, where there is no time to find out."""
    if work.processes >= _PROCESSES or time.monotonic() > work.end:
        return False
    alone = _ask(work, [module.name]).all("module")
    return any(line["module"] == module.name and not line.get("error") for line in alone)


def _answered(work: _Work, module: Module, line: dict[str, object], heard: Heard, *, first: bool) -> None:
    error, seconds = line.get("error"), line.get("seconds")
    took = float(seconds) if isinstance(seconds, (int, float)) else 0.0
    if not error:
        work.done.append(Imported(module.name, module.package, "passed", "", took))
        return
    lacking = _lacking(work, module, str(line.get("missing") or ""))
    embedding = plain(lacking) == plain(module.package)  # uwsgidecorators: its program gives the rest
    if lacking and (module.lesser or embedding or not work.question.named):
        detail = f"needs {lacking}, which no package here brings"
        work.done.append(Imported(module.name, module.package, "not-run", detail, took))
        return
    if not first and work.processes < _PROCESSES // 2 and _imported_alone(work, module):
        detail = f"alone; after others it says {error}"  # as setuptools does after pip
        work.done.append(Imported(module.name, module.package, "passed", detail, took))
        return
    work.done.append(Imported(module.name, module.package, "failed", str(error), took))
    work.problems[module.name] = _fails(work.question, module, str(error), heard.words, lacking)


def _lacking(work: _Work, module: Module, missing: str) -> str:
    """Name what is missing, if no package brings it: a part of the whole that nobody asked for.

    Of its own package the module itself is one that no program imports: a folder of sources.
    """
    own = missing.partition(".")[0] == module.name.partition(".")[0]
    sought = missing if module.lesser and own else missing.partition(".")[0]
    return "" if not missing or brings(work.listing, sought) else sought


def _fails(
    question: Question, module: Module, error: str, words: Sequence[str], lacking: str = ""
) -> Problem:
    known = explained("\n".join((error, *words)), question) or _undeclared(module, lacking)
    return Problem(
        _FAILS,
        f"{module.name} cannot be imported",
        wanted=(Said(_named(question, module), "the lock"),),
        found=(Said(error, f"import {module.name}"),),
        why=known.why if known else (),
        cures=helps(question, known),
    )


def _undeclared(module: Module, lacking: str) -> Explained | None:
    if not lacking or lacking in sys.stdlib_module_names:
        return None
    why = Said(f"no package of the lock brings {lacking}, and {module.package} does not ask for one")
    return Explained((why,), (f"envplan add {lacking}   (or whichever package brings it)",))


def _named(question: Question, module: Module) -> str:
    return f"{module.package} {question.versions.get(module.package, '')}".strip()


def _died(work: _Work, module: Module, before: Sequence[Module], heard: Heard) -> None:
    """Say that an import ended the whole process; if alone it does not, it cannot stand another one."""
    question = work.question
    bears = bool(before) and _imported_alone(work, module)
    ended = heard.trouble or "gave no answer"
    detail = f"{ended}{' after others were imported; alone it is imported' if bears else ''}"
    work.done.append(Imported(module.name, module.package, "failed", detail))
    known = explained("\n".join((heard.trouble, *heard.words)), question)
    others = ", ".join(one.name for one in before[-8:])
    why = (Said(f"imported before it: {others}; alone in a process it is imported"),) if bears else ()
    default = question.patience if heard.late else question.look
    work.problems[module.name] = Problem(
        _CRASHES,
        f"import {module.name} {ended}",
        wanted=(Said(_named(question, module), "the lock"),),
        found=tuple(Said(line, "its last words" if n == 0 else "") for n, line in enumerate(heard.words)),
        why=(*why, *(known.why if known else ())),
        cures=helps(question, known, default),
    )


def _blame(work: _Work) -> None:
    """Try what failed once more without the user's folders of libraries, where there are any."""
    environ = work.question.environ
    other = without_libraries(environ)
    failed = [name for name in work.problems if name]
    if other is None or not failed or time.monotonic() > work.end:
        return
    for line in _ask(work, failed, other).all("module"):
        if not line.get("error") and line["module"] in work.problems:
            work.problems[line["module"]] = blamed(work.problems[line["module"]], environ)

"""Proving one generation: files first, then imports, then frameworks at work."""

from __future__ import annotations

from pathlib import Path

from envplan.environment.listing import NAME, Listing, read_listing
from envplan.environment.moved import moved
from envplan.environment.proof.damage import OWN
from envplan.environment.proof.damage import problems as damage
from envplan.environment.proof.drift import drift
from envplan.environment.proof.interpreter import CODE as NO_PYTHON
from envplan.environment.proof.interpreter import interpreter_problem, started
from envplan.environment.proof.question import Question
from envplan.environment.proof.report import Report
from envplan.environment.receipts import same_python
from envplan.problems import Problem, Said
from envplan.values.records import replace


def prove(question: Question) -> Report:
    """Say of everything whether it is as the lock has it, and works."""
    receipt = question.receipt
    report = Report(question.env, receipt.id, dict(receipt.target))
    listing = read_listing(question.folder)
    if listing is None:
        return replace(report, problems=(_no_list(question),))
    report = _files(report, question, listing)
    question = replace(question, damaged=not report.whole)
    if question.imports and _starts(report):
        report = _imports(report, question, listing)
    elif _starts(report) and not same_python(receipt.interpreter):
        report = replace(report, problems=(*filter(None, [started(question)]), *report.problems))
    return _frameworks(report, question) if _starts(report) else report


def _files(report: Report, question: Question, listing: Listing) -> Report:
    found = drift(question.folder, listing, deep=question.deep, tell=question.tell)
    python = interpreter_problem(question, found)
    told = damage(found, listing, question.versions, question.apply)
    elsewhere = moved(question.receipt, Path(question.env), question.apply)
    return replace(report, drift=found, problems=(*filter(None, (elsewhere, python)), *told))


def _imports(report: Report, question: Question, listing: Listing) -> Report:
    from envplan.environment.proof.imports import prove_imports

    imports, problems = prove_imports(question, listing)
    return replace(report, imports=imports, problems=(*report.problems, *problems))


def _frameworks(report: Report, question: Question) -> Report:
    from envplan.environment.proof.smoke import prove_frameworks

    broken = {one.package for one in report.imports if one.status == "failed"}
    smoke, problems = prove_frameworks(question, broken)
    return replace(report, smoke=smoke, problems=(*report.problems, *problems))


def _starts(report: Report) -> bool:
    """Whether its Python is there to be asked anything."""
    return not any(one.code == NO_PYTHON for one in report.problems)


def _no_list(question: Question) -> Problem:
    return Problem(
        OWN,
        "the list of the environment's files is missing or damaged",
        found=(Said("", str(question.folder / NAME)),),
        why=(Said("without it nothing can be said of its files"),),
        cures=(question.apply,),
    )

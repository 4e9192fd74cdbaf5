"""What a failure means, where the catalog knows its words."""

from __future__ import annotations

from envplan.environment.proof.question import Question
from envplan.problems import Said
from envplan.values.platforms import Platform
from envplan.values.records import dataclass


@dataclass(frozen=True)
class Explained:
    """What is behind it, with its origin, and what to type."""

    why: tuple[Said, ...]
    cures: tuple[str, ...]


def explained(words: str, question: Question) -> Explained | None:
    """Look the words up; none where nobody has seen them before."""
    from envplan.catalog.load import symptoms
    from envplan.catalog.symptoms import diagnosis

    platform = Platform.parse(question.receipt.target["platform"])
    found = diagnosis(words, platform.os, symptoms(question.overlay))
    if found is None:
        return None
    return Explained((Said(found.why, f"symptoms: {found.id}"),), found.cures)


def helps(question: Question, known: Explained | None, *otherwise: str) -> tuple[str, ...]:
    """Say what to type: first of all what repairs files, where those are known to be damaged."""
    cures = known.cures if known else otherwise or (question.look,)
    if question.fresh:
        cures = tuple(one for one in cures if not one.startswith("envplan verify")) or (question.look,)
    return tuple(dict.fromkeys((question.apply, *cures))) if question.damaged else cures

"""Can it live with what the spec asks of packages that are shared: numpy, torch, nvidia-*?"""

from __future__ import annotations

from collections.abc import Iterator

from envplan.planner.agreement import agree
from envplan.planner.model import Build, Reason
from envplan.planner.rules.question import Question
from envplan.planner.wishes import everything

CLASH, PITFALL = "EP206", "EP207"


def shared(question: Question, build: Build) -> Iterator[Reason]:
    """Compare the build's needs, and the pitfalls of its version, with the spec's own words."""
    yield from _clashes(question, build)
    wanted = {one.name: one for one in everything(question.spec)}
    for row in build.requires:
        for need in row.requirements:
            mine = wanted.get(need.name)
            if mine and mine.specifier and not agree(mine.specifier, need.specifier):
                text = f"{build} needs {need.name} {need.specifier}; the spec asks {mine.asked}"
                yield Reason(CLASH, text, f"{mine.origin}; {row.evidence.source}")
    for pitfall in build.pitfalls:
        mine = wanted.get(pitfall.constrain.name)
        if pitfall.id in question.spec.options.ignore_pitfalls or not mine:
            continue
        if not agree(mine.specifier, pitfall.constrain.specifier):
            text = f"{build} needs {pitfall.constrain}; the spec asks {mine.asked}: {pitfall.why}"
            yield Reason(PITFALL, text, f"{mine.origin}; {pitfall.evidence.source}")


def _clashes(question: Question, build: Build) -> Iterator[Reason]:
    """Two names in the spec that overwrite each other, in whatever version."""
    named = {one.name: one for one in everything(question.spec)}
    for clash in build.family.clashes:
        one, other = clash.between
        if one.specifier or other.specifier or not {one.name, other.name} <= named.keys():
            continue
        yield Reason(CLASH, f"{one.name} with {other.name}: {clash.why}", named[one.name].origin)

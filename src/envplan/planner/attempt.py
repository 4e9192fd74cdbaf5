"""One try at serving one machine; cures are found by trying again with one wish or fact changed."""

from __future__ import annotations

from envplan.machine.model import Machine
from envplan.planner.applicable import applicable
from envplan.planner.builds import Stock
from envplan.planner.choose import Choice, Judged, Search, best_pythons, judge_all
from envplan.planner.together import Together
from envplan.planner.wishes import wishes
from envplan.spec.model import Spec
from envplan.values.records import dataclass
from envplan.values.versions import Python


@dataclass(frozen=True)
class Try:
    """What was tried: a spec on a machine. `fallback` is the Python where neither names one."""

    spec: Spec
    machine: Machine
    stock: Stock
    fallback: Python


@dataclass(frozen=True)
class Attempt:
    """What came of it: every verdict, and the choices, best first; none where it is impossible."""

    tried: Try
    judged: Judged
    search: Search
    choices: tuple[Choice, ...]


def attempt(tried: Try) -> Attempt:
    """Judge every build, and choose; with several Pythons to try, take the one that gives the best."""
    catalog = tried.stock.catalog
    together = Together(catalog)
    best: Attempt | None = None
    for pythons in best_pythons(tried.spec, tried.machine, tried.fallback):
        spec = applicable(tried.spec, tried.machine.platform, pythons)
        judged = judge_all(spec, wishes(spec, catalog), tried.machine, pythons, tried.stock)
        search = Search(judged, catalog, together)
        found = Attempt(tried, judged, search, tuple(search.choices()))
        if best is None or _value(found) > _value(best):
            best = found
    assert best
    return best


def _value(found: Attempt) -> tuple[object, ...]:
    if not found.choices:
        return (False, -found.judged.distance)  # the reason to tell is the one that no Python changes
    choice = found.choices[0]
    return (True, sum(kind > 0 for kind in choice.kinds), choice.versions, choice.rank)

"""What is told of a conflict is true: no clash is found where some versions fit together."""

from __future__ import annotations

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.version import Version

from envplan.solver.closure import close
from envplan.solver.conflict import clash
from envplan.solver.model import Bindings, Need, Question
from envplan.solver.source import Memory
from envplan.solver.view import View
from envplan.values.platforms import Platform
from envplan.values.targets import Target
from envplan.values.variants import CPU
from envplan.values.versions import Python
from tests.support.shelf import DEFAULT, Shelf

NAMES, VERSIONS = "abcd", ("1.0", "2.0", "3.0")
BOUNDS = ("", "<2", ">=2", "==2.0", "<3", ">=3", ">3")
REQUIREMENTS = st.tuples(st.sampled_from(NAMES), st.sampled_from(BOUNDS)).map("".join)
GRAPHS = st.fixed_dictionaries(
    {(name, version): st.lists(REQUIREMENTS, max_size=2) for name in NAMES for version in VERSIONS}
)


def looked_at(graph: dict[tuple[str, str], list[str]], needs: list[str]) -> View:
    """A view of which everything has been seen."""
    shelf = Shelf()
    for (name, version), requires in graph.items():
        shelf.put(name, version, [one for one in requires if not one.startswith(name)])
    target = Target(CPU, Platform("linux", "x86_64"), Python(3, 11))
    view = View(
        Question(target, tuple(Need(one, "") for one in needs), Bindings({}, (), DEFAULT)), Memory(shelf)
    )
    for name, version in graph:
        view.release(name, Version(version))
    return view


def solvable(view: View) -> bool:
    every = itertools.product(VERSIONS, repeat=len(NAMES))
    return any(
        not close(view, dict(zip(NAMES, map(Version, some), strict=True)), all_needed=False).faults
        for some in every
    )


@settings(max_examples=60, deadline=None)
@given(GRAPHS, st.lists(REQUIREMENTS, min_size=1, max_size=3))
def test_no_clash_is_told_where_some_versions_fit_together(
    graph: dict[tuple[str, str], list[str]], needs: list[str]
) -> None:
    view = looked_at(graph, needs)
    found = clash(view)
    if found is not None:
        assert not solvable(view)
        assert found.demands


def test_who_asks_is_told_through_packages_that_have_no_choice() -> None:
    graph: dict[tuple[str, str], list[str]] = {(name, one): [] for name in NAMES for one in VERSIONS}
    graph |= {("a", one): ["b>=2"] for one in VERSIONS} | {("b", "2.0"): ["d<2"], ("b", "3.0"): ["d<2"]}
    found = clash(looked_at(graph, ["a", "d>=2"]))
    assert found is not None
    assert found.name == "d"
    assert {one.text for one in found.demands} == {"d>=2", "every b that fits requires d<2"}
    assert {one.need for one in found.demands} == {"a", "d"}

"""What stops a lock is told once, by who asks for it, with what helps."""

from __future__ import annotations

from packaging.version import Version

from envplan.problems import Problem, Said
from envplan.solver.model import Bindings, Need, Question, Unsolved
from envplan.solver.source import Memory
from envplan.solver.unsolved import explain, of_targets
from envplan.solver.view import View
from envplan.values.platforms import Platform
from envplan.values.targets import Target
from envplan.values.variants import CPU, Variant
from envplan.values.versions import Python
from tests.support.shelf import DEFAULT, Shelf

LINUX = Target(CPU, Platform("linux", "x86_64"), Python(3, 11))
PITFALL = Need("lib<2", "old-abi: it was compiled against lib 1", "old-abi")


def view(needs: list[str], *constraints: Need) -> View:
    shelf = Shelf()
    shelf.put("app", "1.0", ["lib>=2"])
    for version in ("1.0", "2.0"):
        shelf.put("lib", version)
    asked = tuple(Need(one, f"envplan.toml: packages.{one[:3]}") for one in needs)
    made = View(Question(LINUX, asked, Bindings({}, (), DEFAULT), constraints), Memory(shelf))
    made.release("app", Version("1.0"))
    return made


def test_a_bound_that_metadata_forgets_is_not_called_the_spec_s_and_can_be_ignored() -> None:
    told = explain(view(["app"], PITFALL), "uv", "no, sorry")
    assert Said("lib<2", PITFALL.origin) in told.wanted
    assert told.cures == ('ignore-pitfalls = ["old-abi"]',)


def test_where_ignoring_a_pitfall_would_not_help_it_is_not_offered() -> None:
    told = explain(view(["app", "lib<1.5"], PITFALL), "uv", "no, sorry")
    assert not [cure for cure in told.cures if "pitfall" in cure]


def test_the_same_for_several_targets_is_told_once_with_all_that_is_known() -> None:
    other = Target(Variant("cu121"), LINUX.platform, LINUX.python)
    said = [Problem("EP350", "no version fits", why=(Said(f"why {name}"), Said("both"))) for name in "ab"]
    (told,) = of_targets([Unsolved(LINUX, said[0]), Unsolved(other, said[1])], [LINUX, other])
    assert told.title == "no version fits, for both targets"
    assert [one.text for one in told.why] == ["why a", "both", "why b"]


def test_what_stops_only_some_targets_names_them() -> None:
    other = Target(Variant("cu121"), LINUX.platform, LINUX.python)
    problems = [Problem("EP350", "no a fits"), Problem("EP350", "no b fits")]
    told = of_targets([Unsolved(LINUX, problems[0]), Unsolved(other, problems[1])], [LINUX, other])
    assert [one.title for one in told] == ["no a fits, for cpu", "no b fits, for cu121"]


def test_of_versions_equally_near_the_newest_is_offered() -> None:
    shelf = Shelf()
    for version in ("1.0a1", "1.0b2"):
        shelf.put("lib", version)
    asked = (Need("lib>=1.0", "envplan.toml: packages.lib"),)
    told = explain(View(Question(LINUX, asked, Bindings({}, (), DEFAULT)), Memory(shelf)), "uv", "")
    assert told.cures == ('lib = "1.0b2"',)

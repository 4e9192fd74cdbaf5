"""What is offered where no versions fit together helps, if it is typed as it stands."""

from __future__ import annotations

from packaging.version import Version

from envplan.problems import Problem, Said
from envplan.solver.model import Bindings, Need, Question, Unsolved
from envplan.solver.source import Memory
from envplan.solver.unsolved import explain, of_targets
from envplan.solver.view import View
from envplan.values.platforms import Platform
from envplan.values.records import replace
from envplan.values.targets import Target
from envplan.values.variants import CPU
from envplan.values.versions import Python
from tests.support.shelf import DEFAULT, Shelf

LINUX, MACOS = Platform("linux", "x86_64"), Platform("macos", "aarch64")
TARGETS = [Target(CPU, platform, Python(3, minor)) for platform in (LINUX, MACOS) for minor in (11, 12)]
ASKS = Question(TARGETS[0], (Need("app", "envplan.toml: packages.app"),), Bindings({}, (), DEFAULT))


def told(shelf: Shelf, question: Question = ASKS) -> Problem:
    view = View(question, Memory(shelf))
    for version in view.page("app").files:
        view.release("app", version)
        for name in {name for _, name in shelf.files} - {"app"}:
            view.page(name)
    return explain(view, "uv", "no, sorry")


def stopped(*targets: Target, platforms: tuple[Platform, ...] = (LINUX, MACOS)) -> tuple[str, ...]:
    problem = Problem("EP350", "no version fits", cures=("envplan explain EP350",))
    (joined,) = of_targets([Unsolved(one, problem) for one in targets], TARGETS, platforms)
    return joined.cures


def test_of_two_packages_the_one_that_has_only_source_code_is_to_be_allowed() -> None:
    """As snakemake, which was source code itself before it needed what is."""
    shelf = Shelf()
    shelf.put("app", "1.0", as_sdist=True)
    shelf.put("app", "3.0", as_sdist=True)
    for version, lib in (("2.0", "old"), ("3.0", "lib")):
        shelf.put("app", version, [lib])
        shelf.put(lib, "1.0", as_sdist=True)
    assert told(shelf).cures == ('allow-sdist = ["lib"]',)


def test_what_is_allowed_already_stays_so() -> None:
    shelf = Shelf()
    shelf.put("app", "1.0", as_sdist=True)
    asks = replace(ASKS, sdists=frozenset(["other"]))
    assert told(shelf, asks).cures == ('allow-sdist = ["app", "other"]',)


def test_source_code_that_another_system_could_not_take_is_not_offered() -> None:
    shelf = Shelf()
    for version in ("1.0", "2.0rc1"):
        shelf.put("app", version, as_sdist=True)
    for sdists in (frozenset[str](), frozenset(["app"])):
        cures = told(shelf, replace(ASKS, foreign=True, sdists=sdists)).cures
        assert cures == ("envplan explain EP350",)


def test_the_nearest_python_that_would_do_is_offered() -> None:
    shelf = Shelf()
    shelf.put("app", "1.0", requires_python=">=3.13")
    assert told(shelf).cures == ('python = "3.13"   (under [env])',)
    deeper = Shelf()
    deeper.put("app", "1.0", ["lib"])
    deeper.put("lib", "1.0", tags="py2-none-any")
    assert told(deeper).cures == ("envplan explain EP350",)


def test_what_is_so_of_many_versions_is_said_once() -> None:
    shelf = Shelf()
    for minor in range(9):
        shelf.put("app", f"1.{minor}", as_sdist=True)
    problem = told(shelf)
    assert [one.text for one in problem.why if "source code" in one.text] == [
        "app 1.8, like 8 others, is published as source code only, which would have to be run to install it"
    ]
    foreign = told(shelf, replace(ASKS, foreign=True, sdists=frozenset(["app"])))
    (why,) = (one for one in foreign.why if "source code" in one.text)
    assert why.text.startswith("app 1.8, 1.7, 1.6, 1.5 and 5 more: is source code")
    assert why == Said(why.text, "its metadata")


def test_what_stops_one_python_or_platform_can_be_done_without() -> None:
    without_312 = 'python = ["3.11"]   (under [env]: without 3.12)'
    without_macos = 'platforms = ["linux-x86_64"]   (under [targets]: without macos-arm64)'
    assert stopped(TARGETS[2], TARGETS[3]) == (without_macos,)
    assert stopped(TARGETS[1], TARGETS[3], platforms=()) == (without_312,)
    assert stopped(TARGETS[3]) == (without_312, without_macos)
    assert stopped(*TARGETS) == ("envplan explain EP350",)


def test_where_nothing_is_certain_what_the_newest_cannot_have_is_offered() -> None:
    """As for dvc, which hydra-core is too new for that needs no source code, and no bound says so."""
    shelf = Shelf()
    shelf.put("app", "1.0", ["first"])
    shelf.put("app", "2.0", ["second"])
    shelf.put("first", "1.0", ["never-seen"])
    shelf.put("second", "1.0", ["old"])
    shelf.put("second", "0.9", ["never-seen"])
    shelf.put("old", "1.0", as_sdist=True)
    view = View(ASKS, Memory(shelf))
    for name, version in (("app", "1.0"), ("app", "2.0"), ("second", "1.0")):
        view.release(name, Version(version))
    view.page("old")
    problem = explain(view, "uv", "no, sorry")
    assert problem.title == "no versions fit together"
    assert problem.cures == ('allow-sdist = ["old"]',)
    assert "second 1.0 requires old, of which there is only source code" in [one.text for one in problem.why]


def test_a_version_that_is_offered_instead_was_looked_at() -> None:
    """As the releases of celery 4.4, all of which require pytz>dev."""
    shelf = Shelf()
    for version, requires in (("1.0", []), ("1.1", ["pytz (>dev)"]), ("1.2", ["pytz (>dev)"])):
        shelf.put("app", version, requires)
    view = View(replace(ASKS, needs=(Need("app==1.2", "envplan.toml: packages.app"),)), Memory(shelf))
    view.release("app", Version("1.2"))
    assert explain(view, "uv", "no, sorry").cures == ('app = "1.0"',)

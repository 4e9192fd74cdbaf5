"""A solver's answer is checked against what the packages say, name by name."""

from __future__ import annotations

import pytest
from packaging.version import Version

from envplan.index.model import Metadata
from envplan.solver.closure import close
from envplan.solver.model import Bindings, Need, Question, Unsolved
from envplan.solver.releases import released
from envplan.solver.search import Broken, Found, NotFound, Result, Search
from envplan.solver.source import Memory
from envplan.solver.view import View
from envplan.values.platforms import Platform
from envplan.values.targets import Target
from envplan.values.variants import CPU
from envplan.values.versions import Python
from tests.support.shelf import DEFAULT, Shelf
from tests.support.solving import solve_all

QUESTION = Question(
    Target(CPU, Platform("linux", "x86_64"), Python(3, 11)),
    (Need("app[x]", "spec"),),
    Bindings({}, (), DEFAULT),
    (Need("lib<3", "a pitfall"),),
)


def shelf() -> Shelf:
    made = Shelf()
    made.put("app", "1.0", ["lib>=2", "extra-lib; extra == 'x'", "win; sys_platform == 'win32'"])
    for version in ("1.0", "2.0", "3.0"):
        made.put("lib", version)
    made.put("lib", "2.5", tags="cp311-cp311-win_amd64")
    made.put("lib", "2.6", requires_python=">=3.12", declared=False)
    made.put("extra-lib", "1.0")
    made.put("other", "1.0")
    return made


GOOD = {"app": "1.0", "lib": "2.0", "extra-lib": "1.0"}


def faults(versions: dict[str, str]) -> list[str]:
    view = View(QUESTION, Memory(shelf()))
    return [one.text for one in close(view, {name: Version(one) for name, one in versions.items()}).faults]


def test_a_right_answer_has_no_faults_and_gives_the_edges() -> None:
    view = View(QUESTION, Memory(shelf()))
    closure = close(view, {name: Version(one) for name, one in GOOD.items()})
    assert closure.faults == ()
    assert closure.dependencies == {"app": ("extra-lib", "lib"), "extra-lib": (), "lib": ()}
    assert closure.extras == {"app": ("x",)}


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"lib": "1.0"}, "lib>=2 is required; lib is 1.0"),
        ({"lib": "3.0"}, "lib<3 is asked; lib is 3.0"),
        ({"lib": "2.5"}, "lib 2.5 has no file for this target"),
        ({"lib": "2.7"}, "lib 2.7 has no file for this target"),
        ({"lib": "2.6"}, "requires Python >=3.12"),
        ({"lib": ""}, "lib>=2 is required and lib is missing"),
        ({"extra-lib": ""}, "extra-lib is required and extra-lib is missing"),
        ({"other": "1.0"}, "nothing needs other"),
        ({"app": ""}, "app[x] is required and app is missing"),
    ],
)
def test_every_fault_is_found(change: dict[str, str], fault: str) -> None:
    versions = {name: version for name, version in {**GOOD, **change}.items() if version}
    assert fault in faults(versions)


@pytest.mark.parametrize(
    ("wanted", "admitted"), [(">=3.6.*", True), (">=3.12.*", False), ("python 3", False)]
)
def test_requires_python_of_metadata_is_read_as_that_of_a_page(wanted: str, admitted: bool) -> None:
    metadata = Metadata("lib", Version("1"), (), wanted, (), b"")
    assert (released("lib", Version("1"), metadata, (), Python(3, 11)).unusable == "") == admitted


class Says:
    """A solver that says what it was made to say."""

    name = "uv"

    def __init__(self, result: Result) -> None:
        self.result = result

    def search(self, search: Search) -> Result:
        return self.result


def test_a_wrong_answer_of_a_solver_is_refused() -> None:
    [answer] = solve_all([QUESTION], shelf(), Says(Found({"app": Version("1.0"), "lib": Version("1.0")})))
    assert isinstance(answer, Unsolved)
    assert answer.problem.code == "EP351"
    assert "lib>=2 is required; lib is 1.0" in [one.text for one in answer.problem.found]


def test_a_solver_that_gives_up_on_what_can_be_solved_is_still_quoted() -> None:
    [answer] = solve_all([QUESTION], shelf(), Says(NotFound("no, sorry")))
    assert isinstance(answer, Unsolved)
    assert answer.problem.code == "EP350"
    assert answer.problem.why[-1].text == "no, sorry"


def test_a_solver_that_breaks_is_our_problem_to_tell() -> None:
    [answer] = solve_all([QUESTION], shelf(), Says(Broken("crashed (SIGSEGV)", "words")))
    assert isinstance(answer, Unsolved)
    assert answer.problem.code == "EP352"
    assert answer.problem.exit == 3
    assert "--solver pip-tools" in answer.problem.cures[0]

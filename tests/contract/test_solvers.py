"""Every solver gives the same answers to the same questions."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from packaging.version import Version

from envplan.solver.model import Answer, Bindings, Need, Question, Solved, Unsolved
from envplan.solver.piptools import PipTools
from envplan.solver.search import Solver
from envplan.solver.uv import Uv
from envplan.values.platforms import Platform
from envplan.values.targets import Target
from envplan.values.variants import Variant
from envplan.values.versions import Dotted, Libc, Python
from tests.support.shelf import DEFAULT, Shelf
from tests.support.solving import solve_all

CU121 = "https://download.pytorch.org/whl/cu121"

Ask = Callable[..., Answer]


@pytest.fixture(scope="module", params=["uv", "pip-tools"])
def solver(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Solver:
    return Uv(tmp_path_factory.mktemp("uv")) if request.param == "uv" else PipTools()


def question(
    *needs: str,
    platform: str = "linux-x86_64",
    python: str = "3.11",
    variant: str = "cpu",
    named: dict[str, str] | None = None,
    constraints: Sequence[str] = (),
    preferred: dict[str, str] | None = None,
    exclude_newer: str | None = None,
    sdists: Sequence[str] = (),
    libc: str | None = None,
    macos: str | None = None,
) -> Question:
    return Question(
        Target(Variant(variant), Platform.parse(platform), Python.parse(python)),
        tuple(Need(need, "envplan.toml: packages") for need in needs),
        Bindings(named or {}, (), DEFAULT),
        tuple(Need(one, "a pitfall") for one in constraints),
        {name: Version(version) for name, version in preferred.items()} if preferred else None,
        exclude_newer,
        frozenset(sdists),
        Libc.parse(libc) if libc else None,
        Dotted(macos) if macos else None,
    )


def versions(answer: Answer) -> dict[str, str]:
    assert isinstance(answer, Solved), answer
    return {name: str(version) for name, version in answer.versions.items()}


def refusal(answer: Answer) -> str:
    assert isinstance(answer, Unsolved), answer
    problem = answer.problem
    lines = [*problem.wanted, *problem.found, *problem.why]
    said = "\n".join(f"{line.text} | {line.origin}" for line in lines)
    return f"{problem.code} {problem.title}\n{said}\n" + "\n".join(f"try {cure}" for cure in problem.cures)


def graph(**releases: Sequence[str]) -> Shelf:
    """A shelf of releases: `torch_2_0=["numpy<2"]` is torch 2.0 and what it requires."""
    shelf = Shelf()
    for key, requires in releases.items():
        name, _, version = key.partition("_")
        shelf.put(name, version.replace("_", "."), requires)
    return shelf


def test_the_newest_versions_that_fit_are_taken(solver: Solver) -> None:
    shelf = graph(app_1_0=[], app_2_0=["lib<2"], lib_1_0=[], lib_1_9=[], lib_2_0=[])
    [answer] = solve_all([question("app")], shelf, solver)
    assert versions(answer) == {"app": "2.0", "lib": "1.9"}


def test_a_diamond_is_solved_by_an_older_version(solver: Solver) -> None:
    shelf = graph(
        a_1_0=["c<2"], b_1_0=["c>=1"], b_2_0=["c>=2"], c_1_0=[], c_1_5=[], c_2_0=[], top_1_0=["a", "b"]
    )
    [answer] = solve_all([question("top")], shelf, solver)
    assert versions(answer) == {"a": "1.0", "b": "1.0", "c": "1.5", "top": "1.0"}


def test_a_circle_of_dependencies_is_no_difficulty(solver: Solver) -> None:
    shelf = graph(a_1_0=["b"], b_1_0=["c"], c_1_0=["a", "c"])
    [answer] = solve_all([question("a")], shelf, solver)
    assert versions(answer) == {"a": "1.0", "b": "1.0", "c": "1.0"}
    assert isinstance(answer, Solved)
    assert answer.dependencies == {"a": ("b",), "b": ("c",), "c": ("a",)}


def test_extras_are_followed_and_named(solver: Solver) -> None:
    shelf = graph(a_1_0=["base", "b[fast]>=1; extra == 'all'", "no; extra == 'other'"], base_1_0=[])
    shelf.put("b", "1.0", ["c ; extra == 'FAST'", "python-old; extra == 'fast' and python_version < '3.8'"])
    shelf.put("c", "1.0")
    [answer] = solve_all([question("a[all]")], shelf, solver)
    assert versions(answer) == {"a": "1.0", "b": "1.0", "base": "1.0", "c": "1.0"}
    assert isinstance(answer, Solved)
    assert answer.extras == {"a": ("all",), "b": ("fast",)}


def test_an_extra_that_does_not_exist_is_said_and_passed_over(solver: Solver) -> None:
    shelf = graph(a_1_0=["b; extra == 'sentencepiece'"], b_1_0=[])
    [answer] = solve_all([question("a[sentencpiece]")], shelf, solver)
    assert versions(answer) == {"a": "1.0"}
    assert isinstance(answer, Solved)
    [problem] = answer.problems
    assert problem.severity == "warning"
    assert "a 1.0 has no extra sentencpiece" in problem.title
    assert problem.cures == ('a = { version = "*", extras = ["sentencepiece"] }',)


def test_the_extra_that_was_meant_is_offered_with_the_rest_of_the_wish(solver: Solver) -> None:
    shelf = graph(a_1_0=["b; extra == 'sentencepiece'", "b; extra == 'fast'"], b_1_0=[])
    [answer] = solve_all([question("a[fast,sentencpiece]>=0.5")], shelf, solver)
    assert isinstance(answer, Solved)
    [problem] = answer.problems
    assert problem.cures == ('a = { version = ">=0.5", extras = ["fast", "sentencepiece"] }',)


def test_an_extra_of_itself_is_followed(solver: Solver) -> None:
    shelf = graph(a_1_0=["a[x,y]; extra == 'all'", "b; extra == 'x'", "c; extra == 'y'"], b_1_0=[], c_1_0=[])
    [answer] = solve_all([question("a[all]")], shelf, solver)
    assert versions(answer) == {"a": "1.0", "b": "1.0", "c": "1.0"}


@pytest.mark.parametrize(
    ("platform", "python", "expected"),
    [
        ("linux-x86_64", "3.11", {"nvidia-cublas-cu12", "triton"}),
        ("linux-aarch64", "3.11", set()),
        ("windows-x86_64", "3.11", {"colorama"}),
        ("macos-arm64", "3.9", {"old"}),
        ("windows-arm64", "3.9", {"colorama", "old"}),
    ],
)
def test_markers_are_those_of_the_target_not_of_this_machine(
    solver: Solver, platform: str, python: str, expected: set[str]
) -> None:
    linux = "platform_system == 'Linux' and platform_machine == 'x86_64'"
    shelf = graph(triton_1_0=[], colorama_1_0=[], old_1_0=[])
    shelf.put("nvidia-cublas-cu12", "12.1")
    requires = [f"nvidia-cublas-cu12==12.1; {linux}", f"triton; {linux} and python_version < '3.13'"]
    shelf.put("torch", "2.2", [*requires, "colorama; sys_platform == 'win32'", "old; python_version<'3.10'"])
    [answer] = solve_all([question("torch", platform=platform, python=python)], shelf, solver)
    assert set(versions(answer)) == {"torch", *expected}


def test_only_wheels_that_the_target_can_run_are_seen(solver: Solver) -> None:
    shelf = Shelf()
    shelf.put("lib", "1.0", tags="cp311-cp311-manylinux2014_x86_64")
    shelf.put("lib", "1.1", tags="cp38-abi3-manylinux_2_28_x86_64")
    shelf.put("lib", "1.2", tags="cp311-cp311-manylinux_2_34_x86_64")
    shelf.put("lib", "1.3", tags="cp312-cp312-manylinux2014_x86_64")
    shelf.put("lib", "1.4", tags="cp311-cp311-win_amd64")
    shelf.put("lib", "1.5", tags="cp311-cp311-macosx_12_0_arm64")
    shelf.put("lib", "1.6", requires_python=">=3.12")
    shelf.put("lib", "1.7", requires_python=">=3.12", declared=False)
    shelf.put("lib", "1.8", as_sdist=True)
    shelf.put("lib", "1.9", tags="cp311-cp311-musllinux_1_2_x86_64")
    answers = solve_all(
        [
            question("lib", libc="glibc 2.28"),
            question("lib", libc="glibc 2.17"),
            question("lib", libc="glibc 2.40"),
            question("lib", libc="musl 1.2"),
            question("lib", platform="windows-x86_64"),
            question("lib", platform="macos-arm64", macos="14.5"),
            question("lib", python="3.12"),
            question("lib", sdists=["lib"]),
        ],
        shelf,
        solver,
    )
    found = [versions(answer)["lib"] for answer in answers]
    assert found == ["1.1", "1.0", "1.2", "1.9", "1.4", "1.5", "1.7", "1.8"]


def test_a_pre_release_is_taken_only_by_name_or_where_there_is_nothing_else(solver: Solver) -> None:
    shelf = graph(lib_1_0=[], beta_1_0b1=[], beta_1_0b2=[])
    shelf.put("lib", "2.0rc1")
    asked = [question("lib"), question("lib>=2.0rc1"), question("beta")]
    found = [versions(answer) for answer in solve_all(asked, shelf, solver)]
    assert found == [{"lib": "1.0"}, {"lib": "2.0rc1"}, {"beta": "1.0b2"}]


def test_a_yanked_version_is_taken_only_where_it_is_pinned(solver: Solver) -> None:
    shelf = graph(lib_1_0=[])
    shelf.put("lib", "1.1", yanked="it deletes files")
    plain, pinned = solve_all([question("lib"), question("lib==1.1")], shelf, solver)
    assert versions(plain) == {"lib": "1.0"}
    assert versions(pinned) == {"lib": "1.1"}
    assert isinstance(pinned, Solved)
    assert [one.severity for one in pinned.problems] == ["warning"]
    assert "it deletes files" in pinned.problems[0].found[0].text


def test_local_versions_meet_what_is_asked_without_them(solver: Solver) -> None:
    shelf = Shelf()
    shelf.put("torch", "2.2.2+cu121", index=CU121)
    shelf.put("torchvision", "0.17.2+cu121", ["torch==2.2.2"], index=CU121)
    bound = {"torch": CU121, "torchvision": CU121}
    asked = question("torchvision", "torch==2.2.2+cu121", named=bound, variant="cu121")
    [answer] = solve_all([asked], shelf, solver)
    assert versions(answer) == {"torch": "2.2.2+cu121", "torchvision": "0.17.2+cu121"}


def test_a_higher_version_on_another_index_is_not_even_asked_for(solver: Solver) -> None:
    shelf = graph(app_1_0=["torch", "corp-lib"])
    shelf.put("torch", "2.2.2+cu121", index=CU121)
    shelf.put("torch", "99.0")
    shelf.put("corp-lib", "1.0", index="https://corp.example/simple")
    shelf.put("corp-lib", "99.0")
    bindings = Bindings({"torch": CU121}, (("corp-*", "https://corp.example/simple"),), DEFAULT)
    asked = Question(question("app").target, (Need("app", ""),), bindings)
    [answer] = solve_all([asked], shelf, solver)
    assert versions(answer) == {"app": "1.0", "corp-lib": "1.0", "torch": "2.2.2+cu121"}
    assert {name for what, index, name in shelf.asked if what == "project" and index == DEFAULT} == {"app"}


def test_a_name_missing_where_it_is_bound_is_an_error_and_nothing_older_is_taken(solver: Solver) -> None:
    shelf = graph(app_1_0=[], app_2_0=["corp-lib"])
    shelf.put("corp-lib", "99.0")
    bindings = Bindings({"corp-lib": "https://corp.example/simple"}, (), DEFAULT)
    [answer] = solve_all([Question(question("app").target, (Need("app", "spec"),), bindings)], shelf, solver)
    said = refusal(answer)
    assert said.startswith("EP330 corp-lib is not on its index")
    assert "corp-lib | required by app 2.0" in said


def test_names_may_be_spelt_in_any_way(solver: Solver) -> None:
    shelf = Shelf()
    shelf.put("Zope.Interface", "1.0", ["Flask_Thing >= 1", "LIB.x-y (>=1.0)"])
    shelf.put("flask-thing", "1.0")
    shelf.put("lib-x-y", "1.0")
    [answer] = solve_all([question("ZOPE-interface")], shelf, solver)
    assert versions(answer) == {"flask-thing": "1.0", "lib-x-y": "1.0", "zope-interface": "1.0"}


def test_constraints_bind_without_asking_for_anything(solver: Solver) -> None:
    shelf = graph(torch_2_2=["numpy"], numpy_1_26=[], numpy_2_0=[], other_1_0=[])
    [answer] = solve_all([question("torch", constraints=["numpy<2", "other>5"])], shelf, solver)
    assert versions(answer) == {"numpy": "1.26", "torch": "2.2"}


@pytest.mark.parametrize("fits", [True, False])
def test_pins_of_before_are_kept_where_they_fit(solver: Solver, fits: bool) -> None:
    shelf = graph(app_1_0=["lib"], app_2_0=["lib>=2"], lib_1_0=[], lib_2_0=[], lib_3_0=[], new_1_0=[])
    before = {"app": "1.0", "lib": "1.0" if fits else "0.9"}
    [answer] = solve_all([question("app", "new", preferred=before)], shelf, solver)
    assert versions(answer) == {"app": "1.0", "lib": "1.0" if fits else "3.0", "new": "1.0"}


def test_pins_of_before_that_nothing_needs_are_dropped(solver: Solver) -> None:
    shelf = graph(app_1_0=["lib"], lib_1_0=[], lib_2_0=[], gone_1_0=[])
    before = {"app": "1.0", "lib": "1.0", "gone": "1.0"}
    [answer] = solve_all([question("app", preferred=before)], shelf, solver)
    assert versions(answer) == {"app": "1.0", "lib": "1.0"}


def test_what_is_newer_than_asked_is_not_seen(solver: Solver) -> None:
    shelf = Shelf()
    shelf.put("lib", "1.0", uploaded="2024-01-01T00:00:00Z")
    shelf.put("lib", "2.0", uploaded="2024-06-01T00:00:00.123456Z")
    [answer] = solve_all([question("lib", exclude_newer="2024-03-01T00:00:00Z")], shelf, solver)
    assert versions(answer) == {"lib": "1.0"}


def test_a_version_that_requires_an_address_of_its_own_is_not_taken(solver: Solver) -> None:
    shelf = graph(app_1_0=[], app_2_0=["evil @ https://evil.example/evil-1.0-py3-none-any.whl"])
    [answer] = solve_all([question("app")], shelf, solver)
    assert versions(answer) == {"app": "1.0"}


def test_metadata_that_is_no_metadata_is_passed_over(solver: Solver) -> None:
    shelf = graph(
        ok_1_0=[], app_1_0=[], app_2_0=["lib >= banana"], app_3_0=["--index-url=https://evil.example"]
    )
    shelf.put("app", "4.0", ["ok; extra == 'x'", "b r o k e n; extra == 'x'"])
    [answer] = solve_all([question("app")], shelf, solver)
    assert versions(answer) == {"app": "4.0"}
    [answer] = solve_all([question("app[x]")], shelf, solver)
    assert versions(answer) == {"app": "1.0"}


def test_two_that_cannot_meet_are_named_with_who_asks_what(solver: Solver) -> None:
    shelf = graph(a_1_0=["c<2"], b_1_0=["c>=2"], c_1_0=[], c_2_0=[])
    said = refusal(solve_all([question("a", "b")], shelf, solver)[0])
    assert said.startswith("EP350 no version of c fits all who need it")
    assert "a 1.0 requires c<2" in said
    assert "b 1.0 requires c>=2" in said
    assert f"c 2.0, 1.0 | {DEFAULT}" in said


@pytest.mark.parametrize(
    ("put", "needle", "cure"),
    [
        ({"tags": "cp312-cp312-manylinux2014_x86_64"}, "has no wheel for Python 3.11", ""),
        (
            {"tags": "cp311-cp311-manylinux_2_34_x86_64"},
            "needs glibc 2.34; the target has 2.28",
            "envplan probe --save newer.toml   (on a machine with glibc 2.34; a profile under [targets] says",
        ),
        ({"tags": "cp311-cp311-win_amd64"}, "has no wheel for linux-x86_64", ""),
        ({"requires_python": ">=3.12"}, "does not admit Python 3.11: requires Python >=3.12", ""),
        ({"as_sdist": True}, "is published as source code only", 'allow-sdist = ["lib"]'),
        ({"yanked": "broken"}, "was withdrawn by its makers", 'lib = "==2.0"'),
        ({"uploaded": "2026-01-01T00:00:00Z"}, "is newer than exclude-newer", 'exclude-newer = "2026-01-02"'),
    ],
)
def test_what_was_hidden_is_named_with_its_reason_and_a_cure(
    solver: Solver, put: dict[str, str], needle: str, cure: str
) -> None:
    shelf = graph(lib_1_0=[])
    shelf.put("lib", "2.0", **put)  # type: ignore[arg-type]
    asked = question("lib>=2", libc="glibc 2.28", exclude_newer="2025-01-01T00:00:00Z")
    said = refusal(solve_all([asked], shelf, solver)[0])
    assert "lib>=2 | envplan.toml: packages" in said
    assert needle in said
    assert f"lib is taken from {DEFAULT}" in said
    assert f"try {cure}" in said
    assert 'try lib = "1.0"' in said


def test_a_dependency_whose_every_version_is_hidden_is_found_behind_its_package(solver: Solver) -> None:
    shelf = graph(app_1_0=["lib>=2"], app_2_0=["lib>=2"], lib_1_0=[])
    shelf.put("lib", "2.0", tags="cp311-cp311-win_amd64")
    said = refusal(solve_all([question("app")], shelf, solver)[0])
    assert "requires lib>=2" in said
    assert "made for win_amd64" in said


def passed_over(answer: Answer) -> list[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    assert isinstance(answer, Solved), answer
    told = [one for one in answer.problems if one.code == "EP359"]
    return [(one.title, tuple(why.text for why in one.why), one.cures) for one in told]


def test_what_is_old_for_want_of_source_code_is_named(solver: Solver) -> None:
    shelf = graph(app_1_0=[], app_2_0=["parser>=4"], deep_1_0=[], deep_3_0=["app>=2"], plain_1_0=[])
    for name, version in (("parser", "4.9"), ("plain", "1.5"), ("plain", "2.0")):
        shelf.put(name, version, as_sdist=True)
    answer = solve_all([question("app", "deep", "plain<2")], shelf, solver)[0]
    assert versions(answer) == {"app": "1.0", "deep": "1.0", "plain": "1.0"}
    told = {title: (why, cures) for title, why, cures in passed_over(answer)}
    allowed = 'allow-sdist = ["parser"]   (under [options]; then envplan lock --upgrade-package'
    assert told["app 1.0 is taken, though 2.0 is newer"] == (
        ("app 2.0 requires parser>=4",),
        (f"{allowed} app)",),
    )
    assert told["deep 1.0 is taken, though 3.0 is newer"][1] == (f"{allowed} deep)",)
    assert told["plain 1.0 is taken, though 1.5 is newer"][0] == ()
    allowing = question("app", "deep", "plain<2", sdists=["parser", "plain"])
    answer = solve_all([allowing], shelf, solver)[0]
    assert versions(answer) == {"app": "2.0", "deep": "3.0", "parser": "4.9", "plain": "1.5"}
    assert passed_over(answer) == []


@pytest.mark.parametrize(
    "put",
    [
        {"yanked": "broken"},
        {"requires_python": ">=3.12"},
        {"uploaded": "2026-01-01T00:00:00Z"},
    ],
)
def test_source_code_that_would_not_be_taken_either_is_no_reason(solver: Solver, put: dict[str, str]) -> None:
    shelf = graph(app_1_0=[], app_2_0=["parser>=4"], lib_1_0=[])
    shelf.put("parser", "4.9", as_sdist=True, **put)  # type: ignore[arg-type]
    shelf.put("lib", "2.0", as_sdist=True, **put)  # type: ignore[arg-type]
    asked = question("app", "lib", exclude_newer="2025-01-01T00:00:00Z")
    told = passed_over(solve_all([asked], shelf, solver)[0])
    assert [one for one in told if "allow-sdist" in str(one)] == []


def test_what_is_far_behind_for_another_reason_is_named_and_can_be_asked_for(solver: Solver) -> None:
    shelf = graph(app_1_0=[], app_2_0=["lib<2"], near_1_0=[], near_1_1=["lib<2"], lib_1_0=[], lib_2_0=[])
    (answer,) = solve_all([question("lib>=2", "app", "near")], shelf, solver)
    assert versions(answer) == {"app": "1.0", "lib": "2.0", "near": "1.0"}
    ((title, _, cures),) = passed_over(answer)
    assert title == "app 1.0 is taken, though 2.0 is newer"
    assert cures == ('app = ">=2"   (then envplan lock says what is in the way)',)
    assert "app 2.0 requires lib<2" in refusal(solve_all([question("lib>=2", "app>=2")], shelf, solver)[0])


def test_a_wheel_for_newer_systems_comes_closer_than_source_code(solver: Solver) -> None:
    shelf = graph(lib_1_0=[])
    shelf.put("lib", "2.0", as_sdist=True)
    shelf.put("lib", "2.0", tags="cp311-cp311-manylinux_2_34_x86_64")
    assert passed_over(solve_all([question("lib", libc="glibc 2.28")], shelf, solver)[0]) == []


def test_an_index_that_fails_half_way_is_the_problem_that_is_told(solver: Solver) -> None:
    shelf = graph(app_1_0=["lib"], lib_1_0=[], lib_2_0=[])
    shelf.unreadable.add("lib-2.0-py3-none-any.whl")
    said = refusal(solve_all([question("app")], shelf, solver)[0])
    assert said.startswith("EP333 lib-2.0-py3-none-any.whl cannot be reached")
    assert "lib | required by app 1.0" in said


def test_what_is_given_from_a_folder_is_asked_of_no_index(solver: Solver) -> None:
    from dataclasses import replace

    from envplan.index.model import Metadata
    from envplan.lockfile.model import LocalSource
    from envplan.sources.model import Given

    shelf = graph(lib_1_0=[], lib_2_0=[], app_1_0=["mytool"])
    shelf.put("mytool", "99.0")
    given = Given(Metadata("mytool", Version("0.1"), ("lib<2",), None, (), b""), LocalSource("."))
    asked = replace(question("mytool", "app"), given=(given,))
    [answer] = solve_all([asked], shelf, solver)
    assert versions(answer) == {"app": "1.0", "lib": "1.0", "mytool": "0.1"}
    assert "mytool" not in {name for _, _, name in shelf.asked}

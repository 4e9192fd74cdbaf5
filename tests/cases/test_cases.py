"""Every scenario under tests/cases: a spec and machines, and what the plan must say of them."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from envplan.catalog.load import load
from envplan.cli.views.problems import problems_text
from envplan.machine.model import Machine
from envplan.machine.profile import decode as decode_profile
from envplan.planner.model import Impossible, Plan, Planned
from envplan.planner.plan import plan
from envplan.planner.wishes import everything
from envplan.problems import Problem
from envplan.spec.decode import decode as decode_spec
from envplan.values.versions import Python
from envplan.verbs.plan import compute_of, profile

FOLDER = Path(__file__).parent
FILES = sorted(FOLDER.rglob("*.toml"))
KEYS = {"why", "spec", "profile", "profiles", "catalog", "expect"}
EXPECTATIONS = {
    "outcome", "variant", "variants", "packages", "indexes", "constraints", "codes", "never", "says", "cures",
    "fewest", "left_out", "refused",
}  # fmt: skip


@pytest.mark.parametrize("file", FILES, ids=[str(file.relative_to(FOLDER).with_suffix("")) for file in FILES])
def test_the_plan_says_what_the_case_expects(file: Path, tmp_path: Path) -> None:
    case = tomllib.loads(file.read_text(encoding="utf-8"))
    assert case.keys() <= KEYS, f"unknown keys {case.keys() - KEYS}"
    assert case["expect"].keys() <= EXPECTATIONS, f"unknown keys {case['expect'].keys() - EXPECTATIONS}"
    made = _plan(case, tmp_path)
    problems = _problems(made)
    told = problems_text(problems)
    expect = case["expect"]
    outcome = "impossible" if any(problem.severity == "error" for problem in problems) else "planned"
    assert outcome == expect["outcome"], told
    _check_machines(made, expect, told)
    codes = [problem.code for problem in problems]
    for code in expect.get("codes", []):
        assert code in codes, told
    for code in expect.get("never", []):
        assert code not in codes, told
    for words in expect.get("says", []):
        assert words.lower() in " ".join(told.lower().split()), told
    cures = [cure for problem in problems for cure in problem.cures]
    for start in expect.get("cures", []):
        assert any(cure.startswith(start) for cure in cures), cures
    if "fewest" in expect:
        assert sorted(variant.name for variant in made.fewest) == sorted(expect["fewest"])
    if "left_out" in expect:
        assert [one.machine.name for one in made.left_out] == expect["left_out"]


def test_there_are_at_least_150_cases_and_each_gives_its_source() -> None:
    assert len(FILES) >= 150
    for file in FILES:
        assert len(tomllib.loads(file.read_text(encoding="utf-8"))["why"]) > 12, file


def _plan(case: dict[str, Any], folder: Path) -> Plan:
    spec = decode_spec(case["spec"].encode(), "envplan.toml")
    overlay = None
    if "catalog" in case:
        overlay = folder / "catalog.d"
        overlay.mkdir()
        (overlay / "added.toml").write_text(case["catalog"], encoding="utf-8")
    catalog = load([one.name for one in everything(spec)], overlay=overlay)
    machines = [_machine(one) for one in case.get("profiles") or [case["profile"]]]
    return plan(spec, machines, catalog, Python(3, 11))


def _machine(text: str) -> Machine:
    if "\n" in text:
        return decode_profile(text.encode(), "case", known=compute_of)
    return profile(text)


def _problems(made: Plan) -> list[Problem]:
    found = list(made.problems)
    for outcome in made.outcomes:
        found += [outcome.problem] if isinstance(outcome, Impossible) else outcome.problems
    return found


def _check_machines(made: Plan, expect: dict[str, Any], told: str) -> None:
    variants = expect.get("variants", {})
    for outcome in made.outcomes:
        if isinstance(outcome, Planned):
            _check_planned(outcome, expect, variants, told)
        _check_refused(outcome, expect)


def _check_planned(outcome: Planned, expect: dict[str, Any], variants: dict[str, str], told: str) -> None:
    wanted = variants.get(outcome.machine.name, expect.get("variant"))
    if wanted is not None:
        assert outcome.variant.name == wanted, told
    pins = {pin.name: pin for pin in outcome.pins}
    for name, version in expect.get("packages", {}).items():
        assert pins[name].version == version
    for name, index in expect.get("indexes", {}).items():
        assert pins[name].index == index
    for constraint in expect.get("constraints", []):
        assert constraint in [one.requirement for one in outcome.constraints]


def _check_refused(outcome: Planned | Impossible, expect: dict[str, Any]) -> None:
    for variant, code in expect.get("refused", {}).items():
        mine = [
            {reason.code for reason in verdict.refused}
            for verdict in outcome.candidates
            if verdict.build.variant.name == variant
            and not {"EP201"} & {reason.code for reason in verdict.refused}
        ]
        assert mine, f"no {variant} build of what was asked"
        assert all(code in codes for codes in mine), mine

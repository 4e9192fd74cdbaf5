"""The laws of planning: what must hold for every spec and machine, whatever the catalog says today."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from envplan.catalog import queries
from envplan.catalog.load import load
from envplan.catalog.model import Catalog
from envplan.machine.model import Gpu, Machine, Nvidia
from envplan.machine.profile import decode, encode
from envplan.planner.model import Impossible, Outcome, Plan, Planned
from envplan.planner.plan import plan
from envplan.planner.targets import Targets, targets
from envplan.planner.wishes import everything
from envplan.spec.model import (
    Accelerator,
    AnyCuda,
    AnyGpu,
    AnyRocm,
    Auto,
    CpuOnly,
    Exactly,
    Index,
    Options,
    Requirement,
    Spec,
)
from envplan.values.evidence import Fact
from envplan.values.platforms import PLATFORM_NAMES, Platform
from envplan.values.specifiers import specifier
from envplan.values.variants import Variant
from envplan.values.versions import Compute, Cuda, Dotted, Libc, Python

FALLBACK = Python(3, 11)
laws = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])

computes = st.sampled_from(
    [
        "3.7",
        "5.0",
        "5.2",
        "6.0",
        "6.1",
        "7.0",
        "7.5",
        "8.0",
        "8.6",
        "8.7",
        "8.9",
        "9.0",
        "10.0",
        "12.0",
        "12.1",
        "13.0",
    ]
)
drivers = st.sampled_from(
    [
        "440.33",
        "450.80.02",
        "470.199.02",
        "520.61.05",
        "525.60.13",
        "535.129.03",
        "550.54.14",
        "560.28.03",
        "570.26",
        "575.51.03",
        "580.65.06",
        "590.44.01",
        "595.45.04",
        "999.0",
    ]
)
wanted = st.sampled_from(
    ["*", "1.13", "2.0", "2.2", "2.2.1", "2.5", ">=2.1,<2.7", "2.7", "2.9", "2.14", "2.15", "3.0"]
)
accelerators: st.SearchStrategy[Accelerator] = st.sampled_from(
    [
        Auto(),
        AnyGpu(),
        CpuOnly(),
        AnyCuda(),
        AnyCuda(((">=", Cuda(12, 1)),)),
        AnyRocm(),
        *(Exactly(Variant(name)) for name in ("cu118", "cu121", "cu126", "cu130", "rocm6.2", "xpu", "cpu")),
    ]
)


@cache
def catalog() -> Catalog:
    return load(["torch", "torchvision", "torchaudio", "numpy", "corp-tool"])


@st.composite
def gpus(draw: st.DrawFn) -> tuple[Gpu, ...]:
    found = []
    for _ in range(draw(st.integers(0, 3))):
        match draw(st.sampled_from(["nvidia", "nvidia", "nvidia", "amd", "intel"])):
            case "nvidia":
                compute = Compute.parse(draw(computes))
                found.append(Gpu("nvidia", f"GPU {compute}", "case", compute=compute))
            case "amd":
                gfx = draw(st.sampled_from(["gfx90a", "gfx942", "gfx1030", "gfx1100", "gfx1201", "gfx9999"]))
                found.append(Gpu("amd", f"AMD {gfx}", "case", gfx=gfx))
            case _:
                name = draw(st.sampled_from(["Intel Arc A770 Graphics", "Intel UHD Graphics 630"]))
                found.append(Gpu("intel", name, "case"))
    return tuple(found)


@st.composite
def machines(draw: st.DrawFn) -> Machine:
    platform = Platform.parse(draw(st.sampled_from(["linux-x86_64"] * 4 + list(PLATFORM_NAMES))))
    libc = draw(st.sampled_from(["glibc 2.17", "glibc 2.28", "glibc 2.35", "musl 1.2"]))
    nvidia = Nvidia(Fact(Dotted(draw(drivers)), "case")) if draw(st.booleans()) else None
    return Machine(
        draw(st.sampled_from(["one", "two", "three"])),
        platform,
        "case",
        libc=Fact(Libc.parse(libc), "case") if platform.os == "linux" else None,
        macos=Fact(Dotted(draw(st.sampled_from(["11.0", "12.3", "14.5"]))), "case")
        if platform.os == "macos"
        else None,
        pythons=tuple(
            Fact(Python(3, minor), "case") for minor in draw(st.sets(st.integers(9, 14), max_size=3))
        ),
        nvidia=nvidia if platform.os != "macos" else None,
        gpus=draw(gpus()) if platform.os != "macos" else (),
    )


@st.composite
def specs(draw: st.DrawFn) -> Spec:
    names = draw(
        st.lists(st.sampled_from(["torch", "torchvision", "torchaudio", "numpy"]), min_size=1, unique=True)
    )
    versions = {"torch": draw(wanted), "numpy": draw(st.sampled_from(["*", "<2", ">=2"]))}
    packages = tuple(
        Requirement(name, f"spec: {name}", versions.get(name, "*"), specifier(versions.get(name, "*")))
        for name in names
    )
    pythons = draw(st.sampled_from([(), (Python(3, 11),), (Python(3, 13),), (Python(3, 10), Python(3, 12))]))
    return Spec("t", "spec", packages, pythons, "spec: python", draw(accelerators), "spec: accelerator")


@laws
@given(specs(), machines())
def test_the_same_question_gets_the_same_answer(spec: Spec, machine: Machine) -> None:
    assert _told(_plan(spec, machine)) == _told(_plan(spec, machine))


@laws
@given(specs(), machines(), st.randoms())
def test_the_order_of_a_machines_gpus_does_not_matter(spec: Spec, machine: Machine, random: object) -> None:
    turned = replace(machine, gpus=tuple(reversed(machine.gpus)))
    assert _choice(_plan(spec, machine).outcomes[0]) == _choice(_plan(spec, turned).outcomes[0])


@laws
@given(specs(), st.lists(machines(), min_size=2, max_size=3, unique_by=lambda machine: machine.name))
def test_the_order_of_machines_does_not_matter(spec: Spec, several: list[Machine]) -> None:
    forth, back = _plan(spec, *several), _plan(spec, *reversed(several))
    assert [_choice(one) for one in forth.outcomes] == [_choice(one) for one in reversed(back.outcomes)]
    assert set(forth.fewest) == set(back.fewest)


@settings(laws, max_examples=8)
@given(specs(), st.lists(machines(), min_size=2, max_size=3, unique_by=lambda machine: machine.name))
def test_the_order_of_machines_does_not_reach_what_is_locked(spec: Spec, several: list[Machine]) -> None:
    forth, back = _locked_for(spec, several), _locked_for(spec, several[::-1])
    assert sorted(map(repr, forth.served)) == sorted(map(repr, back.served))
    assert forth.default == back.default
    assert {one.code for one in forth.problems} == {one.code for one in back.problems}


@laws
@given(specs(), machines(), drivers, drivers)
def test_a_newer_driver_never_removes_a_candidate(spec: Spec, machine: Machine, one: str, other: str) -> None:
    older, newer = sorted((Dotted(one), Dotted(other)))
    if machine.platform.os == "macos":
        return
    before = _fitting(_plan(spec, replace(machine, nvidia=Nvidia(Fact(older, "case")))).outcomes[0])
    after = _fitting(_plan(spec, replace(machine, nvidia=Nvidia(Fact(newer, "case")))).outcomes[0])
    assert before <= after


@laws
@given(specs(), machines())
def test_adding_an_index_never_moves_a_bound_name(spec: Spec, machine: Machine) -> None:
    greedy = replace(spec, indexes=(Index("corp", "https://corp.example/simple", ("*",)),))
    before, after = _plan(spec, machine).outcomes[0], _plan(greedy, machine).outcomes[0]
    assert _choice(before) == _choice(after)
    if isinstance(before, Planned) and isinstance(after, Planned):
        bound = {pin.name: pin.index for pin in before.pins if pin.name.startswith("torch")}
        assert bound == {pin.name: pin.index for pin in after.pins if pin.name.startswith("torch")}


@laws
@given(specs(), machines())
def test_planning_a_machine_equals_planning_its_saved_profile(spec: Spec, machine: Machine) -> None:
    saved = decode(encode(machine).encode(), "saved")
    assert _choice(_plan(spec, machine).outcomes[0]) == _choice(_plan(spec, saved).outcomes[0])


@laws
@given(specs(), machines())
def test_a_plan_never_breaks_the_rules_of_nvidia(spec: Spec, machine: Machine) -> None:
    """The same rules, written again from NVIDIA's words instead of from the planner's code."""
    outcome = _plan(spec, machine).outcomes[0]
    if not isinstance(outcome, Planned):
        return
    for build in outcome.builds:
        if build.variant.kind != "cuda":
            continue
        assert machine.nvidia
        assert machine.of("nvidia")
        toolkit = build.toolkit
        assert toolkit
        floor = {13: "580", 12: "525.60.13", 11: "450.80.02"}.get(toolkit.major, "440.33")
        if machine.platform.os == "windows":
            floor = {13: "580", 12: "528.33", 11: "452.39"}.get(toolkit.major, "441.22")
        assert machine.nvidia.driver.value >= Dotted(floor)
        for gpu in machine.of("nvidia"):
            assert gpu.compute
            assert not (toolkit.major >= 13 and gpu.compute < Compute(7, 5)), (
                "CUDA 13 has nothing before Turing"
            )
            assert not (toolkit.major >= 12 and gpu.compute < Compute(5, 0)), (
                "CUDA 12 has nothing before Maxwell"
            )
            if build.kernels and not isinstance(spec.accelerator, Exactly):
                native = any(
                    one.major == gpu.compute.major and one.minor <= gpu.compute.minor
                    for one in build.kernels.native
                )
                needed = queries.native_driver(catalog(), toolkit, machine.platform.os)
                by_ptx = any(one <= gpu.compute for one in build.kernels.ptx) and (
                    needed is not None and machine.nvidia.driver.value >= needed
                )
                assert native or by_ptx


@laws
@given(specs(), machines())
def test_the_cpu_is_never_a_silent_fallback(spec: Spec, machine: Machine) -> None:
    outcome = _plan(spec, machine).outcomes[0]
    if not isinstance(outcome, Planned) or outcome.variant.kind != "cpu" or machine.platform.os == "macos":
        return
    if not outcome.builds:
        assert isinstance(spec.accelerator, (Auto, CpuOnly)) or spec.accelerator == Exactly(Variant("cpu"))
        return
    assert isinstance(spec.accelerator, (Auto, CpuOnly)) or spec.accelerator == Exactly(Variant("cpu"))
    if isinstance(spec.accelerator, Auto) and machine.gpus:
        assert any(problem.code == "EP222" for problem in outcome.problems)


@laws
@given(specs(), machines())
def test_every_refusal_says_why_and_every_problem_has_words(spec: Spec, machine: Machine) -> None:
    outcome = _plan(spec, machine).outcomes[0]
    if isinstance(outcome, Impossible):
        assert outcome.problem.wanted
        assert outcome.problem.why or outcome.problem.found
    for verdict in outcome.candidates:
        for reason in verdict.reasons:
            assert reason.text
            assert reason.code.startswith("EP2")


@laws
@given(specs(), st.lists(machines(), min_size=2, max_size=3, unique_by=lambda machine: machine.name))
def test_machines_planned_together_share_their_versions(spec: Spec, several: list[Machine]) -> None:
    made = _plan(spec, *several)
    if made.problems:
        return
    served = [outcome for outcome in made.outcomes if isinstance(outcome, Planned)]
    assert len({tuple(build.version for build in outcome.builds) for outcome in served}) <= 1
    for outcome in served:
        assert set(made.fewest) & set(outcome.serving)


@laws
@given(specs(), machines())
def test_setting_pitfalls_aside_only_ever_adds(spec: Spec, machine: Machine) -> None:
    free = replace(spec, options=Options(ignore_pitfalls=("torch-numpy-2", "torch-windows-numpy-2")))
    assert _fitting(_plan(spec, machine).outcomes[0]) <= _fitting(_plan(free, machine).outcomes[0])


def _locked_for(spec: Spec, machines: Sequence[Machine]) -> Targets:
    return targets(spec, spec.platforms, machines, ("cuda",), catalog(), FALLBACK)


def _plan(spec: Spec, *several: Machine) -> Plan:
    assert everything(spec)
    return plan(spec, several, catalog(), FALLBACK)


def _fitting(outcome: Outcome) -> set[tuple[str, str]]:
    return {
        (str(verdict.build.published), verdict.build.variant.name)
        for verdict in outcome.candidates
        if not verdict.refused
    }


def _choice(outcome: Outcome) -> tuple[object, ...]:
    if isinstance(outcome, Impossible):
        return ("impossible", outcome.problem.code)
    return (outcome.variant, tuple((pin.name, pin.version, pin.index) for pin in outcome.pins if pin.exact))


def _told(made: Plan) -> tuple[object, ...]:
    return tuple((_choice(one), tuple(_fitting(one))) for one in made.outcomes)

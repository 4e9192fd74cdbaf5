"""Which target of a lock a machine takes, and how it is refused: no catalog, no network."""

from __future__ import annotations

from dataclasses import replace

import pytest

from envplan.lockfile.choose import Choice, Wanted, choose
from envplan.lockfile.model import Lock
from envplan.machine.model import Machine
from envplan.machine.profile import decode, find_profile, read_profile
from envplan.problems import EnvplanError, Problem
from envplan.values.evidence import Fact
from envplan.values.variants import Variant
from envplan.values.versions import Compute, Dotted, Libc, Python
from tests.support.locks import CATALOG, SPEC, offer

_CUDA = {
    "cu118": {"driver": Dotted("450.80.02"), "native_driver": Dotted("520.61.05")},
    "cu121": {"driver": Dotted("525.60.13"), "native_driver": Dotted("530.30.02")},
    "cu128": {"driver": Dotted("525.60.13"), "native_driver": Dotted("570.26")},
}
_KERNELS = {
    "cu118": ("5.0", "6.0", "7.0", "7.5", "8.0", "8.6", "9.0"),
    "cu121": ("5.0", "6.0", "7.0", "7.5", "8.0", "8.6", "9.0"),
    "cu128": ("7.5", "8.0", "8.6", "9.0", "10.0", "12.0"),
}


def lock_of(*variants: str, platform: str = "linux-x86_64", pythons: tuple[str, ...] = ("3.11",)) -> Lock:
    offers = []
    for variant in variants:
        more: dict[str, object] = dict(_CUDA.get(variant, {}))
        if variant in _KERNELS:
            more["native"] = tuple(Compute.parse(one) for one in _KERNELS[variant])
        if variant.startswith("rocm"):
            more["gfx"] = ("gfx90a", "gfx942")
        offers.append(offer(variant, platform, *pythons, **more))
    return Lock("train", (), tuple(offers), Variant(variants[-1]), SPEC, CATALOG)


EVERY = lock_of("cu118", "cu121", "cu128", "cpu")
GPU_ONLY = lock_of("cu118", "cu121", "cu128")


def profile(name: str, *pythons: str) -> Machine:
    machine = read_profile(find_profile(name))
    return replace(machine, pythons=tuple(Fact(Python.parse(one), "PATH") for one in pythons or ("3.11",)))


def chosen(lock: Lock, machine: Machine, **wanted: object) -> Choice:
    return choose(lock, machine, "pylock.toml", Wanted(**wanted))  # type: ignore[arg-type]


def refused(lock: Lock, machine: Machine, **wanted: object) -> tuple[Problem, ...]:
    with pytest.raises(EnvplanError) as caught:
        chosen(lock, machine, **wanted)
    return caught.value.problems


def words(problem: Problem) -> str:
    said = (*problem.wanted, *problem.found, *problem.why)
    return " | ".join([problem.title, *(line.text for line in said)])


@pytest.mark.parametrize(
    ("name", "variant"),
    [
        ("workstation-rtx3090", "cu121"),  # native before minor-version compatibility
        ("workstation-rtx5090", "cu128"),
        ("datacenter-a100-470", "cu118"),
        ("lab-gtx1080", "cu121"),
        ("ci-linux", "cpu"),
    ],
)
def test_each_machine_takes_the_best_variant_it_can_run(name: str, variant: str) -> None:
    assert chosen(EVERY, profile(name)).target.variant.name == variant


def test_the_reason_is_one_line_with_both_numbers() -> None:
    why = chosen(EVERY, profile("workstation-rtx3090")).why
    assert why == "cu121: NVIDIA GeForce RTX 3090 (sm_86), driver 535.129.03 (≥ 525.60.13)"


def test_newer_variants_that_were_passed_over_say_why() -> None:
    passed = chosen(EVERY, profile("datacenter-a100-470")).passed
    assert [one.offer.variant.name for one in passed] == ["cu128", "cu121"]
    assert all("driver ≥ 525.60.13; here 470" in one.reasons[0] for one in passed)


def test_a_driver_that_is_too_old_is_refused_with_both_numbers() -> None:
    (problem,) = refused(lock_of("cu121", "cu128"), profile("datacenter-a100-470"))
    assert problem.code == "EP227"
    assert "cu121: it needs driver ≥ 525.60.13; here 470" in words(problem)


def test_a_gpu_without_code_is_refused_by_its_name() -> None:
    (problem,) = refused(lock_of("cu128"), profile("lab-gtx1080"))
    assert "it holds no code for NVIDIA GeForce GTX 1080 (sm_61)" in words(problem)


def test_an_old_glibc_is_refused_with_both_numbers() -> None:
    lock = lock_of("cu118")
    newer = replace(lock.offers[0], libc=Libc.parse("glibc 2.28"))
    (problem,) = refused(replace(lock, offers=(newer,)), profile("server-centos7-a100"))
    assert "it needs glibc 2.28; here glibc 2.17" in words(problem)


def test_a_platform_that_is_not_in_the_lock_is_refused() -> None:
    (problem,) = refused(EVERY, profile("ci-windows"))
    assert problem.code == "EP227"
    assert "no variant is for windows-x86_64" in words(problem)


@pytest.mark.parametrize(
    ("name", "gpu", "reason"),
    [
        ("no-driver-rtx3080", "RTX 3080", "cu128: it needs an NVIDIA driver; there is none"),
        ("old-k80", "Tesla K80", "cu128: it needs driver ≥ 525.60.13; here 470"),
        ("rocm-rx7900xtx", "RX 7900 XTX", "rocm6.2: it holds no code for"),
    ],
)
def test_the_cpu_is_taken_loudly_where_there_is_a_gpu(name: str, gpu: str, reason: str) -> None:
    (problem,) = chosen(lock_of("cu128", "rocm6.2", "cpu"), profile(name)).problems
    assert (problem.code, problem.severity) == ("EP222", "warning")
    assert gpu in words(problem)
    assert reason in words(problem)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("old-k80", "cpu: Tesla K80 (sm_37), driver 470.256.02: no GPU variant of the lock can run here"),
        (
            "no-driver-rtx3080",
            "cpu: NVIDIA GeForce RTX 3080 (sm_86): no GPU variant of the lock can run here",
        ),
        ("ci-linux", "cpu: no NVIDIA or AMD GPU here"),
    ],
)
def test_the_reason_for_the_cpu_names_the_gpus_that_cannot_be_used(name: str, why: str) -> None:
    assert chosen(lock_of("cu128", "rocm6.2", "cpu"), profile(name)).why == why


def test_what_would_use_the_gpu_is_asked_of_the_machine_that_was_named() -> None:
    (problem,) = chosen(lock_of("cu128", "cpu"), profile("old-k80"), profile="old-k80").problems
    assert problem.cures[0].startswith("envplan plan --for old-k80 ")


def test_equal_gpus_are_refused_once() -> None:
    machine = profile("lab-gtx1080")
    (problem,) = refused(lock_of("cu128"), replace(machine, gpus=machine.gpus * 4))
    assert words(problem).count("it holds no code for") == 1


def test_the_cpu_is_taken_quietly_where_there_is_no_gpu_for_the_lock() -> None:
    choice = chosen(EVERY, profile("rocm-rx7900xtx"))
    assert choice.problems == ()
    assert choice.why == "cpu: no NVIDIA GPU here"


def test_the_cpu_is_no_answer_to_a_gpu_that_could_not_be_read() -> None:
    dumb = Problem("EP501", "the NVIDIA driver does not answer")
    machine = replace(profile("ci-linux"), unreadable=(dumb,))
    problems = refused(EVERY, machine)
    assert [one.code for one in problems] == ["EP501", "EP211"]
    assert "envplan apply --variant cpu" in problems[1].cures
    assert chosen(EVERY, machine, variant="cpu").target.variant.name == "cpu"
    assert chosen(lock_of("cpu"), machine).target.variant.name == "cpu"


def test_what_cannot_be_read_is_not_called_absent() -> None:
    machine = replace(profile("ci-linux"), unreadable=(Problem("EP501", "the driver does not answer"),))
    assert not any("there is none" in words(problem) for problem in refused(EVERY, machine))
    choice = chosen(EVERY, machine, variant="cu121")
    assert choice.why == "cu121: asked for"
    assert [one.code for one in choice.problems] == ["EP230", "EP501"]
    assert "nobody can tell whether this machine can run it" in choice.problems[0].title


def test_a_gpu_that_does_not_answer_beside_one_that_does_is_told() -> None:
    lost = Problem("EP507", "GPU 1 does not say what it is")
    choice = chosen(EVERY, replace(profile("workstation-rtx3090"), unreadable=(lost,)))
    assert choice.target.variant.name == "cu121"
    assert [(one.code, one.severity) for one in choice.problems] == [("EP507", "warning")]


def test_where_only_gpu_variants_are_locked_nothing_falls_back() -> None:
    (problem,) = refused(GPU_ONLY, profile("ci-linux"))
    assert "cu121: it needs an NVIDIA GPU with its driver; there is none" in words(problem)


def test_the_newest_python_that_is_there_is_taken() -> None:
    lock = lock_of("cpu", pythons=("3.10", "3.11", "3.12", "3.13"))
    assert str(chosen(lock, profile("ci-linux", "3.9", "3.11", "3.12")).target.python) == "3.12"
    assert str(chosen(lock, profile("ci-linux"), python=Python(3, 10)).target.python) == "3.10"


def test_a_python_that_is_missing_can_be_installed() -> None:
    (problem,) = refused(EVERY, profile("ci-linux", "3.13"))
    assert "it is for Python 3.11; here 3.13" in words(problem)
    assert problem.cures == ("uv python install 3.11",)


def test_a_python_that_is_not_in_the_lock_is_named_with_those_that_are() -> None:
    (problem,) = refused(EVERY, profile("ci-linux"), python=Python(3, 9))
    assert problem.code == "EP229"
    assert problem.cures[0] == "envplan apply --python 3.11"


def test_a_variant_that_was_asked_for_is_taken_and_says_what_it_stands_in_for() -> None:
    choice = chosen(EVERY, profile("workstation-rtx3090"), variant="cu118")
    assert choice.why == "cu118: asked for; cu121 would be chosen"
    assert choice.problems == ()


def test_a_variant_that_was_asked_for_against_all_reason_is_taken_loudly() -> None:
    choice = chosen(EVERY, profile("ci-linux"), variant="cu121")
    assert choice.target.variant.name == "cu121"
    (problem,) = choice.problems
    assert (problem.code, problem.severity) == ("EP230", "warning")


def test_a_variant_with_a_dot_is_known_by_its_group_too() -> None:
    lock = lock_of("rocm6.2", "cpu")
    for name in ("rocm6.2", "rocm62"):
        assert chosen(lock, profile("rocm-mi250x"), variant=name).target.variant.name == "rocm6.2"


def test_a_variant_that_is_not_there_is_answered_with_the_nearest() -> None:
    (problem,) = refused(EVERY, profile("workstation-rtx3090"), variant="cu120")
    assert problem.code == "EP229"
    assert problem.cures[0] in ("envplan apply --variant cu121", "envplan apply --variant cu128")


@pytest.mark.parametrize("variant", [None, "cu121"])
def test_no_variant_overrules_the_platform(variant: str | None) -> None:
    (problem,) = refused(EVERY, profile("apple-m2"), variant=variant)
    assert problem.code == "EP227"


def test_a_profile_is_named_in_what_to_try() -> None:
    (problem,) = refused(GPU_ONLY, profile("ci-linux"), profile="my machines/ci.toml")
    assert problem.cures[-1] == "envplan lock --for 'my machines/ci.toml'"


def test_a_machine_made_for_locking_without_profiles_fits_too() -> None:
    text = 'schema = 1\nname = "bare"\nos = "linux"\narch = "x86_64"\n'
    assert chosen(EVERY, decode(text.encode(), "bare.toml")).why == "cpu: no NVIDIA GPU here"

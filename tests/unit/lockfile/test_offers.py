"""Which machines a lock serves, told by the lock alone."""

from __future__ import annotations

import pytest

from envplan.catalog.load import load
from envplan.lockfile.offers import BOARDS, refusals, serving
from envplan.machine.model import Machine
from envplan.machine.profile import decode, find_profile, read_profile
from envplan.values.versions import Compute, Dotted
from tests.support.locks import every_machine, offer

OFFER = offer(
    "cu121",
    "linux-x86_64",
    driver=Dotted("525.60.13"),
    native_driver=Dotted("530.30.02"),
    native=(Compute(7, 0), Compute(8, 0)),
    ptx=(Compute(9, 0),),
)


def machine(
    driver: str = "535.129.03", compute: str = "8.6", libc: str = "glibc 2.35", more: str = ""
) -> Machine:
    text = f'''schema = 1
name = "lab"
os = "linux"
arch = "x86_64"
libc = "{libc}"
{more}
[nvidia]
driver = "{driver}"
[[gpu]]
vendor = "nvidia"
name = "a GPU"
compute = "{compute}"
'''
    return decode(text.encode(), "lab.toml")


@pytest.mark.parametrize(
    ("here", "words"),
    [
        (machine(), None),
        (machine(driver="525"), None),
        (machine(driver="520.61.05"), "driver ≥ 525.60.13"),
        (machine(compute="6.1"), "no code"),
        (machine(compute="7.5"), None),
        (machine(compute="12.0"), None),
        (machine(compute="12.0", driver="525.60.13"), "only PTX"),
        (machine(libc="glibc 2.12"), "needs glibc 2.17"),
        (machine(libc="musl 1.2"), "needs glibc 2.17"),
        (machine(more='python = ["3.12"]'), "for Python 3.11"),
        (machine(more='python = ["3.11", "3.12"]'), None),
    ],
)
def test_a_variant_says_why_a_machine_cannot_take_it(here: Machine, words: str | None) -> None:
    reasons = " ".join(refusals(OFFER, here))
    assert words in reasons if words else not reasons


def test_the_best_variant_comes_first_and_the_cpu_last() -> None:
    assert [one.variant.name for one in serving(every_machine(), machine())] == ["cu121", "cu118", "cpu"]


def test_a_machine_without_a_gpu_takes_the_cpu_alone() -> None:
    bare = decode(b'schema = 1\nname = "x"\nos = "linux"\narch = "x86_64"\nlibc = "glibc 2.35"\n', "x.toml")
    assert [one.variant.name for one in serving(every_machine(), bare)] == ["cpu"]


def test_an_intel_gpu_that_the_build_does_not_name_takes_the_cpu() -> None:
    xpu = offer("xpu", "linux-x86_64", names=("*Arc*", "*Data Center GPU Max*"))
    assert not refusals(xpu, graphics("Intel(R) Arc(TM) A770 Graphics", "Intel UHD Graphics 770"))
    assert refusals(xpu, graphics("Intel UHD Graphics 620")) == ("it is not made for Intel UHD Graphics 620",)
    assert refusals(xpu, graphics()) == ("it needs an Intel GPU; there is none",)


def graphics(*names: str) -> Machine:
    gpus = "".join(f'[[gpu]]\nvendor = "intel"\nname = "{name}"\n' for name in names)
    text = f'schema = 1\nname = "x"\nos = "linux"\narch = "x86_64"\nlibc = "glibc 2.35"\n{gpus}'
    return decode(text.encode(), "x.toml")


def test_a_jetson_board_takes_no_build_for_servers_though_its_code_would_fit() -> None:
    arm = offer("cu126", "linux-aarch64", native=(Compute(8, 0),))
    assert "Jetson" in " ".join(refusals(arm, read_profile(find_profile("jetson-orin"))))


def test_the_boards_are_those_that_the_catalog_calls_embedded() -> None:
    embedded = [one for one in load([]).architectures if one.embedded]
    assert {compute for one in embedded for compute in one.computes} == BOARDS

"""Which machines a lock serves, told by the lock alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from envplan.catalog.load import load
from envplan.lockfile.offers import BOARDS, refusals, serving
from envplan.machine.model import Gpu, Machine
from envplan.machine.profile import decode, find_profile, read_profile
from envplan.values.evidence import Fact
from envplan.values.versions import Compute, Cuda, Dotted
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


def test_gpus_of_two_vendors_take_cuda_though_the_driver_is_older_than_the_toolkit() -> None:
    rocm = offer("rocm6.2", "linux-x86_64", gfx=("gfx1100",))
    here = machine(driver="525.60.13")
    both = replace(here, gpus=(*here.gpus, Gpu("amd", "a card", "case", gfx="gfx1100")))
    lock = replace(every_machine(), offers=(OFFER, rocm))
    assert [one.variant.name for one in serving(lock, both)] == ["cu121", "rocm6.2"]


def test_builds_that_name_the_gpu_come_before_newer_ones_that_name_none() -> None:
    listed, unknown = offer("rocm7.2", "linux-x86_64", gfx=("gfx90a",)), offer("rocm7.14", "linux-x86_64")
    here = replace(machine(), nvidia=None, gpus=(Gpu("amd", "a card", "case", gfx="gfx90a"),))
    lock = replace(every_machine(), offers=(unknown, listed))
    assert [one.variant.name for one in serving(lock, here)] == ["rocm7.2", "rocm7.14"]


def test_what_a_driver_reports_decides_within_its_branch_and_bounds_it() -> None:
    """A Jetson Thor counts 580.00 where servers count 580.65.06, and runs CUDA 13.0 natively."""
    thor = read_profile(find_profile("jetson-thor"))
    cu130, cu132 = (
        offer(
            name,
            "linux-aarch64",
            driver=Dotted("580"),
            native_driver=Dotted(driver),
            native=(Compute(11, 0),),
        )
        for name, driver in (("cu130", "580.65.06"), ("cu132", "595.45.04"))
    )
    lock = replace(every_machine(), offers=(cu132, cu130))
    assert [one.variant.name for one in serving(lock, thor)] == ["cu130", "cu132"]
    older = machine(compute="12.0", more="")
    assert older.nvidia
    reporting = replace(older, nvidia=replace(older.nvidia, cuda=Fact(Cuda(12, 0), "libcuda")))
    assert "only PTX" in " ".join(refusals(OFFER, reporting))


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

"""Which wheels a target can run: the rules of packaging.tags, without a list of tags, and with reasons."""

from __future__ import annotations

import itertools

import pytest

from envplan.values.fitting import Ground, Unfit, build_of, judge
from envplan.values.platforms import Platform
from envplan.values.versions import Dotted, Libc, Python
from packaging import tags

LINUX = Ground(Platform("linux", "x86_64"), Python(3, 11), Libc.parse("glibc 2.28"))
MAC = Ground(Platform("macos", "aarch64"), Python(3, 11), macos=Dotted("13.0"))

PLATFORMS = {
    "linux": [
        *(f"manylinux_2_{minor}_x86_64" for minor in range(28, 4, -1)),
        *("manylinux2014_x86_64", "manylinux2010_x86_64", "manylinux1_x86_64", "linux_x86_64"),
    ],
    "macos": list(tags.mac_platforms((13, 0), "arm64")),
}
PYTHONS = ["cp311", "cp310", "cp312", "cp38", "py3", "py2", "py310", "py311", "py312", "pp311", "py2.py3"]
ABIS = ["cp311", "cp312", "abi3", "none", "cp311t", "cp310", "pypy311_pp73"]
SYSTEMS = [
    *("any", "linux_x86_64", "linux_aarch64", "manylinux1_x86_64", "manylinux2014_x86_64"),
    *("manylinux_2_28_x86_64", "manylinux_2_29_x86_64", "manylinux_2_17_aarch64", "musllinux_1_1_x86_64"),
    *("manylinux_2_12_x86_64.manylinux2010_x86_64", "win_amd64", "win32", "macosx_11_0_arm64"),
    *("macosx_13_0_arm64", "macosx_14_0_arm64", "macosx_10_9_x86_64", "macosx_10_9_universal2", "nonsense_1"),
]


@pytest.mark.parametrize(("ground", "system"), [(LINUX, "linux"), (MAC, "macos")])
def test_it_agrees_with_packaging_on_every_tag(ground: Ground, system: str) -> None:
    places = PLATFORMS[system]
    supported = {
        *tags.cpython_tags((3, 11), ["cp311"], places),
        *tags.compatible_tags((3, 11), "cp311", places),
    }
    for parts in itertools.product(PYTHONS, ABIS, SYSTEMS):
        text = "-".join(parts)
        expected = not supported.isdisjoint(tags.parse_tag(text))
        assert isinstance(judge(text, ground), tuple) == expected, text


def test_the_order_is_that_of_packaging() -> None:
    places = [*PLATFORMS["linux"]]
    ordered = [
        str(tag)
        for tag in (
            *tags.cpython_tags((3, 11), ["cp311"], places),
            *tags.compatible_tags((3, 11), "cp311", places),
        )
        if "manylinux2" not in str(tag) and "manylinux1" not in str(tag)  # other names of the same
    ]
    ranked = [judge(text, LINUX) for text in ordered]
    best_of_each = [rank for rank in ranked if not isinstance(rank, Unfit)]
    # Between cp311-none and cp310-abi3 no real wheels differ; what counts is the order of ABIs for a platform
    # and of platforms for one ABI.
    for one in ("manylinux_2_28_x86_64", "manylinux_2_17_x86_64"):
        same = [judge(text, LINUX) for text in ordered if text.endswith(one) and "none" not in text]
        assert same == sorted(same, reverse=True)  # type: ignore[type-var]
    for abi in ("cp311-cp311-", "cp310-abi3-", "py3-none-"):
        same = [judge(text, LINUX) for text in ordered if text.startswith(abi)]
        assert same == sorted(same, reverse=True)  # type: ignore[type-var]
    assert len(best_of_each) == len(ordered)


def test_a_higher_build_number_is_the_better_of_two() -> None:
    names = ("lib-1.0-py3-none-any.whl", "lib-1.0-2-py3-none-any.whl", "lib-1.0-10_a-py3-none-any.whl")
    assert [build_of(name) for name in names] == [-1, 2, 10]


def test_where_no_floor_is_known_the_wheel_for_the_oldest_systems_is_best() -> None:
    anywhere = Ground(Platform("linux", "x86_64"), Python(3, 11))
    old = judge("cp311-cp311-manylinux_2_17_x86_64", anywhere)
    new = judge("cp311-cp311-manylinux_2_34_x86_64", anywhere)
    assert isinstance(old, tuple)
    assert isinstance(new, tuple)
    assert old > new
    assert isinstance(judge("cp311-cp311-musllinux_1_2_x86_64", anywhere), Unfit)


@pytest.mark.parametrize(
    ("tag", "kind", "words"),
    [
        ("cp311-cp311-manylinux_2_34_x86_64", "glibc", "needs glibc 2.34; the target has 2.28"),
        ("cp310-cp310-manylinux_2_34_x86_64", "python", "Python 3.10"),
        ("cp313-cp313t-manylinux_2_17_x86_64", "python", "free-threaded"),
        ("pp310-pypy310_pp73-manylinux_2_17_x86_64", "python", "PyPy 3.10"),
        ("cp312-abi3-manylinux_2_17_x86_64", "python", "Python 3.12 or later"),
        ("cp310-cp310-win_amd64", "platform", "win_amd64"),
        ("garbage", "platform", "says of no system"),
    ],
)
def test_a_wheel_that_does_not_fit_says_why(tag: str, kind: str, words: str) -> None:
    unfit = judge(tag, LINUX)
    assert isinstance(unfit, Unfit)
    assert unfit.kind == kind
    assert words in unfit.text

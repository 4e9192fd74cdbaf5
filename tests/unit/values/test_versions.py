"""Versions that are not PEP 440."""

from __future__ import annotations

import pytest

from envplan.values.platforms import PLATFORM_NAMES, Platform
from envplan.values.specifiers import need, specifier
from envplan.values.tags import platform_tags, python_tag
from envplan.values.variants import Variant
from envplan.values.versions import Compute, Cuda, Dotted, Libc, Python


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("450.80.02", "450.102"),
        ("525.60.13", "525.105.17"),
        ("9.8", "10.0"),
        ("580", "580.65.06"),
        ("2.9", "2.35"),
    ],
)
def test_drivers_and_libraries_compare_as_numbers(older: str, newer: str) -> None:
    assert Dotted(older) < Dotted(newer)


def test_a_version_is_shown_as_it_was_written_and_equal_without_its_zeros() -> None:
    assert str(Dotted("450.80.02")) == "450.80.02"
    assert Dotted("450.80.02") == Dotted("450.80.2")
    assert Dotted("580") == Dotted("580.0")
    assert hash(Dotted("580")) == hash(Dotted("580.0"))


@pytest.mark.parametrize(
    ("driver", "floor", "reached"),
    [
        ("580", "580.65.06", True),
        ("575", "580.65.06", False),
        ("525.60", "525.60.13", True),
        ("525.53", "525.60.13", False),
        ("580.00", "580.65.06", False),
        ("535.129.03", "525.60.13", True),
        ("999", "595.45.04", True),
    ],
)
def test_a_branch_stands_for_the_drivers_in_it(driver: str, floor: str, reached: bool) -> None:
    assert Dotted(driver).reaches(Dotted(floor)) is reached


@pytest.mark.parametrize("text", ["", "abc", "1..2", "1.2.", "-1", "1e5", "\u0663.\u0661", "1.2\n", "9" * 40])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="numbers with dots"):
        Dotted(text)


@pytest.mark.parametrize(
    ("name", "kind", "cuda", "major"),
    [
        ("cu121", "cuda", Cuda(12, 1), 12),
        ("cu118", "cuda", Cuda(11, 8), 11),
        ("cu130", "cuda", Cuda(13, 0), 13),
        ("cu92", "cuda", Cuda(9, 2), 9),
        ("cu12", "cuda", None, 12),
        ("cu13", "cuda", None, 13),
        ("rocm6.2.4", "rocm", None, None),
        ("cpu", "cpu", None, None),
        ("xpu", "xpu", None, None),
    ],
)
def test_the_name_of_a_variant_says_what_it_carries(
    name: str, kind: str, cuda: Cuda | None, major: int | None
) -> None:
    variant = Variant(name)
    assert (variant.kind, variant.cuda, variant.cuda_major) == (kind, cuda, major)


@pytest.mark.parametrize(
    "name", ["", "cuda", "cu", "cu12.1", "CU121", "rocm", "cpu ", "cu121_full", "cpu-cxx11-abi"]
)
def test_other_names_are_no_variants(name: str) -> None:
    with pytest.raises(ValueError, match="not a variant"):
        Variant(name)


def test_variants_rank_cpu_lowest_and_newer_toolkits_higher() -> None:
    names = ["cu130", "cpu", "cu118", "rocm6.2", "cu92", "rocm6.10", "xpu", "cu129"]
    ranked = [variant.name for variant in sorted(Variant(name) for name in names)]
    assert ranked == ["cpu", "xpu", "rocm6.2", "rocm6.10", "cu92", "cu118", "cu129", "cu130"]


def test_group_names_carry_no_dots() -> None:
    assert Variant("rocm6.2.4").group == "rocm624"


@pytest.mark.parametrize(
    ("text", "sm"), [("8.6", "sm_86"), ("sm_120", "sm_120"), ("compute_90", "sm_90"), ("12.1", "sm_121")]
)
def test_capabilities_are_read_in_every_spelling(text: str, sm: str) -> None:
    assert Compute.parse(text).sm == sm


@pytest.mark.parametrize("text", ["86", "8", "8.66", "sm86", "8.6+PTX", ""])
def test_other_capabilities_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="compute capability"):
        Compute.parse(text)


def test_a_toolkit_is_its_first_two_numbers() -> None:
    assert Cuda.parse("12.1.105") == Cuda(12, 1)
    assert Cuda.parse("13.2U1") == Cuda(13, 2)


def test_platform_names_read_back() -> None:
    assert [str(Platform.parse(name)) for name in PLATFORM_NAMES] == list(PLATFORM_NAMES)


def test_a_libc_has_a_family() -> None:
    assert str(Libc.parse("musl 1.2")) == "musl 1.2"
    with pytest.raises(ValueError, match="C library"):
        Libc.parse("2.35")


@pytest.mark.parametrize(
    ("text", "admitted", "refused"),
    [
        ("2.2", "2.2.9", "2.3"),
        ("2", "2.9", "3.0"),
        ("2.2.1", "2.2.1+cu121", "2.2.2"),
        ("2.2.1+cu121", "2.2.1+cu121", "2.2.1+cu118"),
        (">=2,<3", "2.9", "3.0"),
        ("*", "0.0.1", None),
        ("~=2.2", "2.9", "3.0"),
        ("2.9.0rc1", "2.9.0rc1", "2.9.0"),
    ],
)
def test_a_specifier_admits_what_people_mean(text: str, admitted: str, refused: str | None) -> None:
    assert specifier(text).contains(admitted, prereleases=True)
    if refused:
        assert not specifier(text).contains(refused, prereleases=True)


@pytest.mark.parametrize("text", ["", "two", ">=", "-r x", "^2", "2.2; x"])
def test_what_is_no_version_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a version"):
        specifier(text)


@pytest.mark.parametrize("text", ["2.2\n", ">=2\n", ">=2\t,<3", "\x002.2"])
def test_a_version_holds_no_line_breaks(text: str) -> None:
    with pytest.raises(ValueError, match="characters that no version has"):
        specifier(text)


def test_a_need_is_a_name_with_extras_and_bounds() -> None:
    found = need("Jax[cuda12,k8s] >=0.4,<0.6")
    assert (found.name, found.extras, str(found)) == ("jax", ("cuda12", "k8s"), "jax[cuda12,k8s]<0.6,>=0.4")


@pytest.mark.parametrize(
    "text", ["", "numpy<2; python_version<'3'", "x @ https://corp.example/x", "-r x", "a b"]
)
def test_a_need_has_no_markers_and_no_addresses(text: str) -> None:
    with pytest.raises(ValueError, match="not a requirement"):
        need(text)


@pytest.mark.parametrize(
    ("tag", "platform", "libc", "floor"),
    [
        ("manylinux1_x86_64", "linux-x86_64", "glibc", "2.5"),
        ("manylinux2014_aarch64", "linux-aarch64", "glibc", "2.17"),
        ("manylinux_2_28_x86_64", "linux-x86_64", "glibc", "2.28"),
        ("musllinux_1_2_x86_64", "linux-x86_64", "musl", "1.2"),
        ("linux_x86_64", "linux-x86_64", "glibc", None),
        ("macosx_11_0_arm64", "macos-arm64", None, "11.0"),
        ("macosx_10_9_universal2", "macos-x86_64", None, "10.9"),
        ("win_amd64", "windows-x86_64", None, None),
        ("win_arm64", "windows-arm64", None, None),
    ],
)
def test_a_tag_says_which_systems_it_is_for(
    tag: str, platform: str, libc: str | None, floor: str | None
) -> None:
    (found,) = platform_tags(tag)
    assert found.fits(Platform.parse(platform))
    assert not found.fits(
        Platform.parse("windows-x86_64" if platform != "windows-x86_64" else "linux-x86_64")
    )
    assert (found.libc, found.floor) == (libc, Dotted(floor) if floor else None)


def test_a_file_may_carry_several_tags() -> None:
    assert [str(tag.floor) for tag in platform_tags("manylinux_2_17_x86_64.manylinux2014_x86_64")] == [
        "2.17",
        "2.17",
    ]


@pytest.mark.parametrize(
    ("tag", "fits", "not_fits"),
    [("311", "3.11", "3.12"), ("38+", "3.13", "3.7"), ("any", "3.20", None), ("310", "3.10", "3.1")],
)
def test_python_tags_fit_their_versions(tag: str, fits: str, not_fits: str | None) -> None:
    found = python_tag(tag)
    assert found
    assert found.fits(Python.parse(fits))
    if not_fits:
        assert not found.fits(Python.parse(not_fits))


def test_free_threaded_builds_are_other_builds() -> None:
    assert python_tag("313t") is None

"""Questions about drivers, toolkits and GPU generations."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from envplan.catalog import queries
from envplan.catalog.load import load
from envplan.catalog.model import Architecture
from envplan.values.platforms import Os, Platform
from envplan.values.variants import Variant
from envplan.values.versions import Compute, Cuda, Dotted

CATALOG = load(["torch"])
TORCH = CATALOG.frameworks["torch"]
cudas = st.builds(Cuda, st.integers(0, 20), st.integers(0, 12))
drivers = st.builds(lambda a, b: Dotted(f"{a}.{b}"), st.integers(0, 999), st.integers(0, 999))


@pytest.mark.parametrize(
    ("cuda", "os", "expected"),
    [
        ("10.2", "linux", "440.33"),
        ("11.0", "linux", "450.51.05"),
        ("11.3", "linux", "450.80.02"),
        ("11.8", "windows", "452.39"),
        ("12.1", "linux", "525.60.13"),
        ("12.9", "windows", "528.33"),
        ("13.0", "linux", "580"),
        ("13.9", "windows", "580"),  # a newer toolkit of a known major
        ("9.7", "linux", "396.26"),  # before CUDA 11 the nearest older one
        ("14.0", "linux", None),  # no rule reaches an unknown major
        ("7.5", "linux", None),
        ("12.1", "macos", None),
    ],
)
def test_the_driver_floor_of_a_toolkit(cuda: str, os: Os, expected: str | None) -> None:
    found = queries.floor(CATALOG, Cuda.parse(cuda), os)
    assert (str(found.driver) if found else None) == expected


@pytest.mark.parametrize(
    ("cuda", "os", "expected"),
    [
        ("12.1", "linux", "530.30.02"),
        ("12.1", "windows", "531.14"),
        ("12.7", "linux", "560.28.03"),  # 12.6's, the nearest older
        ("13.0", "windows", "580.65.06"),  # NVIDIA prints none: Linux's
        ("13.9", "linux", "595.45.04"),
        ("14.0", "linux", None),
        ("12.1", "macos", None),
    ],
)
def test_the_driver_that_came_with_a_toolkit(cuda: str, os: Os, expected: str | None) -> None:
    found = queries.native_driver(CATALOG, Cuda.parse(cuda), os)
    assert (str(found) if found else None) == expected


@given(cudas, cudas, st.sampled_from(["linux", "windows"]))
def test_a_newer_toolkit_of_a_major_needs_no_older_driver(one: Cuda, other: Cuda, os: Os) -> None:
    low, high = min(one, other), max(one, other)
    first, second = (queries.native_driver(CATALOG, cuda, os) for cuda in (low, high))
    if low.major == high.major and first is not None:
        assert second is not None
        assert first <= second


@pytest.mark.parametrize(
    ("compute", "name", "embedded"),
    [
        ("6.1", "Pascal", False),
        ("7.0", "Volta", False),
        ("8.7", "Ampere", True),
        ("7.2", "Volta", True),
        ("9.0", "Hopper", False),
        ("11.0", "Blackwell", False),
        ("12.1", "Blackwell", False),
    ],
)
def test_the_generation_of_a_gpu(compute: str, name: str, embedded: bool) -> None:
    found = queries.architecture(CATALOG, Compute.parse(compute))
    assert found is not None
    assert (found.name, found.embedded) == (name, embedded)


def test_the_generation_of_a_gpu_from_the_future_is_not_known() -> None:
    assert queries.architecture(CATALOG, Compute(13, 0)) is None


@pytest.mark.parametrize(
    ("compute", "toolkit", "can"),
    [
        ("6.1", "12.9", True),
        ("6.1", "13.0", False),
        ("7.0", "13.0", False),
        ("7.5", "13.2", True),
        ("9.0", "11.7", False),
        ("9.0", "11.8", True),
        ("12.0", "12.6", False),
        ("12.0", "12.8", True),
        ("3.7", "11.8", True),
        ("3.7", "12.0", False),
    ],
)
def test_which_toolkits_make_code_for_a_gpu(compute: str, toolkit: str, can: bool) -> None:
    architecture = queries.architecture(CATALOG, Compute.parse(compute))
    assert isinstance(architecture, Architecture)
    assert queries.can_compile(architecture, Cuda.parse(toolkit)) is can


def test_the_first_row_that_speaks_of_a_build_answers_for_its_kernels() -> None:
    build = (Version("2.2.2"), Variant("cu121"), Platform.parse("linux-x86_64"))
    shipped = queries.kernels(TORCH, *build)
    assert shipped is not None
    first = replace(shipped, native=(Compute(8, 6),))
    assert queries.kernels(replace(TORCH, kernels=(first, *TORCH.kernels)), *build) == first


def test_of_a_build_that_no_row_speaks_of_the_kernels_are_not_known() -> None:
    assert queries.kernels(TORCH, Version("2.2.2"), Variant("cu199"), Platform.parse("linux-x86_64")) is None


def test_a_release_names_its_companions_and_an_unknown_one_is_none() -> None:
    found = queries.release(TORCH, Version("2.2.2"))
    assert found is not None
    assert found.companions["torchvision"] == (Version("0.17.2"),)
    assert queries.release(TORCH, Version("99.0")) is None

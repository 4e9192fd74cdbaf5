"""Machine code that was found inside wheels, and what documents promise where none was read."""

from __future__ import annotations

import pytest

from tests.unit.catalog_data.test_data_builds import ARM, LINUX, WINDOWS, build


@pytest.mark.parametrize(
    ("package", "version", "variant", "platform", "native", "ptx"),
    [
        ("tensorflow", "2.16.1", "cu123", LINUX, "5.0 6.0 7.0 8.0 9.0", "9.0"),
        ("tensorflow", "2.18.0", "cu125", LINUX, "6.0 7.0 8.0 8.9 9.0", "9.0"),
        ("tensorflow", "2.10.1", "cu112", WINDOWS, "3.5 5.0 6.0 7.0 7.5 8.0", "8.0"),
        ("jax", "0.5.3", "cu12", LINUX, "5.2 6.0 7.0 8.0 9.0", "9.0"),
        ("jax", "0.6.2", "cu12", LINUX, "5.2 6.0 7.0 8.0 9.0 10.0 12.0", "12.0"),
        ("jax", "0.7.2", "cu13", ARM, "7.5 8.0 9.0 10.0 12.0", "12.0"),
        ("onnxruntime", "1.26.0", "cu12", LINUX, "6.0 7.0 7.5 8.0 8.6 9.0", "9.0"),
        ("onnxruntime", "1.31.1", "cu13", LINUX, "7.5 8.0 8.6 8.9 9.0 12.0", ""),
        ("onnxruntime", "1.31.1", "cu13", ARM, "8.9 9.0 12.0 12.1", ""),
        ("paddlepaddle", "2.6.2", "cu118", LINUX, "6.1 7.0 7.5 8.0 8.6", ""),
        ("vllm", "0.9.2", "cu128", LINUX, "7.0 7.5 8.0 8.9 9.0 10.0 12.0", ""),
        ("vllm", "0.33.0", "cu130", LINUX, "7.5 8.0 8.6 8.9 9.0 10.0 12.0", ""),
        ("xformers", "0.0.28.post3", "cu121", LINUX, "6.0 7.0 7.5 8.0 9.0", "8.0"),
        ("xformers", "0.0.34", "cu128", WINDOWS, "7.5 8.0 9.0", "8.0"),
        ("bitsandbytes", "0.45.5", "cu117", LINUX, "5.0 5.2 6.0 6.1 7.0 7.5 8.0 8.6", "8.6"),
        ("bitsandbytes", "0.46.1", "cu128", LINUX, "7.5 8.0 8.6 8.9 9.0 10.0 12.0", "12.0"),
        ("bitsandbytes", "0.50.2", "cu126", LINUX, "6.0 7.0 7.5 8.0 8.6 8.9 9.0", "9.0"),
        ("bitsandbytes", "0.50.2", "cu130", ARM, "7.5 8.0 9.0 10.0 11.0 12.0 12.1", "12.1"),
    ],
)
def test_the_code_in_a_wheel_is_what_was_found_there(
    package: str, version: str, variant: str, platform: str, native: str, ptx: str
) -> None:
    kernels = build(package, version, variant, platform).kernels
    assert kernels is not None
    assert [str(one) for one in kernels.native] == native.split()
    assert [str(one) for one in kernels.ptx] == ptx.split()
    assert kernels.evidence.certain


@pytest.mark.parametrize(
    ("package", "version", "variant", "least"),
    [
        ("cupy", "13.6.0", "cu11", "3.5"),
        ("cupy", "14.2.0", "cu12", "5.0"),
        ("cupy", "14.2.0", "cu13", "7.5"),
        ("cudf", "26.10.2", "cu12", "7.0"),
        ("cudf", "26.10.2", "cu13", "7.5"),
        ("vllm", "0.6.6.post1", "cu124", "7.0"),
        ("vllm", "0.24.0", "cu130", "7.5"),
    ],
)
def test_a_promise_of_this_gpu_or_newer_is_kept_as_one(
    package: str, version: str, variant: str, least: str
) -> None:
    kernels = build(package, version, variant).kernels
    assert kernels is not None
    assert str(kernels.least) == least


def test_code_that_was_found_for_linux_only_may_not_forbid_on_windows() -> None:
    linux, windows = (build("onnxruntime", "1.26.0", "cu12", one).kernels for one in (LINUX, WINDOWS))
    assert linux is not None
    assert windows is not None
    assert linux.native == windows.native
    assert not windows.evidence.certain

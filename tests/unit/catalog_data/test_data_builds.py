"""Facts about other frameworks' builds, spot-checked through the real loader."""

from __future__ import annotations

from functools import cache

import pytest
from packaging.version import Version

from envplan.catalog.load import load
from envplan.planner.builds import Stock
from envplan.planner.model import Build
from envplan.values.platforms import Platform

LINUX, ARM, WINDOWS, MAC = "linux-x86_64", "linux-aarch64", "windows-x86_64", "macos-arm64"


@cache
def stock(framework: str) -> Stock:
    return Stock(load([framework]))


def builds(package: str, platform: str) -> tuple[Build, ...]:
    catalog = stock(package).catalog
    framework = catalog.framework_of(package)
    assert framework is not None, package
    return stock(package).builds(framework, Platform.parse(platform))


def build(package: str, version: str, variant: str, platform: str = LINUX) -> Build:
    found = [
        one
        for one in builds(package, platform)
        if one.version == Version(version) and one.variant.name == variant
    ]
    assert len(found) == 1, f"{package} {version} {variant} on {platform}: {len(found)} builds"
    return found[0]


@pytest.mark.parametrize(
    ("package", "version", "variant", "platform", "toolkit"),
    [
        ("tensorflow", "2.8.4", "cu112", LINUX, "11.2"),
        ("tensorflow", "2.10.1", "cu112", WINDOWS, "11.2"),
        ("tensorflow", "2.13.1", "cu118", LINUX, "11.8"),
        ("tensorflow", "2.14.1", "cu118", LINUX, "11.8"),
        ("tensorflow", "2.15.1", "cu122", LINUX, "12.2"),
        ("tensorflow", "2.16.1", "cu123", LINUX, "12.3"),
        ("tensorflow", "2.17.1", "cu123", LINUX, "12.3"),
        ("tensorflow", "2.18.0", "cu125", LINUX, "12.5"),
        ("tensorflow", "2.21.0", "cu125", LINUX, "12.5"),
        ("jax", "0.4.30", "cu12", LINUX, "12.3"),
        ("jax", "0.6.2", "cu12", ARM, "12.8"),
        ("jax", "0.12.0.1", "cu12", LINUX, "12.9"),
        ("jax", "0.7.2", "cu13", ARM, "13.0"),
        ("onnxruntime", "1.18.1", "cu118", LINUX, "11.8"),
        ("onnxruntime", "1.20.2", "cu12", WINDOWS, "12.2"),
        ("onnxruntime", "1.26.0", "cu12", LINUX, "12.8"),
        ("onnxruntime", "1.27.0", "cu13", LINUX, "13.0"),
        ("onnxruntime", "1.31.1", "cu13", WINDOWS, "13.0"),
        ("paddlepaddle", "2.6.2", "cu118", WINDOWS, "11.8"),
        ("paddlepaddle", "3.1.1", "cu126", LINUX, "12.6"),
        ("vllm", "0.9.2", "cu126", LINUX, "12.8"),
        ("vllm", "0.33.0", "cu130", ARM, "13.0"),
        ("xformers", "0.0.28.post3", "cu121", LINUX, "12.1"),
        ("xformers", "0.0.34", "cu128", WINDOWS, "12.8"),
        ("ctranslate2", "4.4.0", "cu12", LINUX, "12.2"),
    ],
)
def test_a_build_names_the_toolkit_it_was_built_with(
    package: str, version: str, variant: str, platform: str, toolkit: str
) -> None:
    assert str(build(package, version, variant, platform).toolkit) == toolkit


@pytest.mark.parametrize(
    ("package", "version", "variant", "platform", "ask", "extras"),
    [
        ("tensorflow", "2.16.2", "cu123", LINUX, "tensorflow", ("and-cuda",)),
        ("tensorflow", "2.13.1", "cu118", LINUX, "tensorflow", ()),
        ("tensorflow", "2.16.2", "cpu", LINUX, "tensorflow", ()),
        ("jax", "0.5.3", "cu12", LINUX, "jax", ("cuda12",)),
        ("jax", "0.10.2", "cu13", LINUX, "jax", ("cuda13",)),
        ("jax", "0.10.2", "cpu", WINDOWS, "jax", ()),
        ("cupy", "13.6.0", "cu11", LINUX, "cupy-cuda11x", ()),
        ("cupy", "13.6.0", "cu12", ARM, "cupy-cuda12x", ()),
        ("cupy-cuda12x", "14.2.0", "cu12", WINDOWS, "cupy-cuda12x", ("ctk",)),
        ("cupy", "14.2.0", "cu13", "windows-arm64", "cupy-cuda13x", ("ctk",)),
        ("onnxruntime-gpu", "1.22.0", "cu12", LINUX, "onnxruntime-gpu", ("cuda", "cudnn")),
        ("onnxruntime", "1.20.2", "cu12", LINUX, "onnxruntime-gpu", ()),
        ("onnxruntime", "1.20.1", "cpu", MAC, "onnxruntime", ()),
        ("paddlepaddle-gpu", "3.0.0", "cu126", LINUX, "paddlepaddle-gpu", ()),
        ("cudf", "26.10.2", "cu12", ARM, "cudf-cu12", ()),
        ("cudf-cu13", "25.10.0", "cu13", LINUX, "cudf-cu13", ()),
    ],
)
def test_a_variant_is_asked_for_by_name_extra_or_index(
    package: str, version: str, variant: str, platform: str, ask: str, extras: tuple[str, ...]
) -> None:
    way = build(package, version, variant, platform).way
    assert (way.ask, way.extras) == (ask, extras)


def test_the_extra_of_onnxruntime_1_27_is_never_asked_for_because_nothing_can_satisfy_it() -> None:
    way = build("onnxruntime-gpu", "1.27.0", "cu13").way
    assert "cuda" not in way.extras
    assert "never published" in way.needs


@pytest.mark.parametrize(
    ("package", "version", "variant", "platform", "needs"),
    [
        ("tensorflow", "2.10.1", "cu112", WINDOWS, "CUDA 11.2 and cuDNN 8.1 on the system"),
        ("tensorflow", "2.11.1", "cu112", LINUX, "CUDA 11.2 and cuDNN 8.1 on the system"),
        ("tensorflow", "2.12.1", "cu118", LINUX, "CUDA 11.8 and cuDNN 8.6 on the system"),
        ("tensorflow", "2.14.0", "cu118", LINUX, ""),
        ("cupy", "13.6.0", "cu12", LINUX, "CUDA 12 on the system"),
        ("cupy", "14.0.0", "cu12", LINUX, ""),
        ("onnxruntime", "1.26.0", "cu12", LINUX, ""),
        ("paddlepaddle", "2.6.2", "cu118", LINUX, "CUDA 11.8 and cuDNN 8.6 on the system"),
        ("paddlepaddle", "3.0.0", "cu118", LINUX, ""),
    ],
)
def test_what_must_be_on_the_system_is_said_where_wheels_do_not_bring_it(
    package: str, version: str, variant: str, platform: str, needs: str
) -> None:
    assert build(package, version, variant, platform).way.needs == needs


@pytest.mark.parametrize(
    ("package", "version", "variant", "linux", "windows"),
    [
        ("paddlepaddle", "3.0.0", "cu126", "550.54.14", "550.54.14"),
        ("paddlepaddle", "3.0.0", "cu118", "450.80.02", "452.39"),
        ("cudf", "26.10.2", "cu12", "535", None),
        ("cudf", "26.10.2", "cu13", "580", None),
        ("jax", "0.10.2", "cu12", "525.60.13", None),
        ("jax", "0.10.2", "cu13", "580", None),
    ],
)
def test_a_framework_may_have_a_driver_floor_of_its_own(
    package: str, version: str, variant: str, linux: str, windows: str | None
) -> None:
    way = build(package, version, variant).way
    assert str(way.linux_driver) == linux
    assert (str(way.windows_driver) if way.windows_driver else None) == windows


@pytest.mark.parametrize(
    ("package", "version", "variant", "index"),
    [
        ("paddlepaddle", "3.1.0", "cu126", "https://www.paddlepaddle.org.cn/packages/stable/cu126"),
        ("paddlepaddle", "3.3.1", "cu130", "https://www.paddlepaddle.org.cn/packages/stable/cu130"),
        ("paddlepaddle", "2.6.2", "cu118", "default"),
        ("xformers", "0.0.31", "cu128", "https://download.pytorch.org/whl/cu128"),
        ("xformers", "0.0.31", "rocm6.3", "https://download.pytorch.org/whl/rocm6.3"),
        ("xformers", "0.0.31", "cu126", "default"),
        ("vllm", "0.11.0", "cu128", "default"),
    ],
)
def test_every_build_comes_from_one_index(package: str, version: str, variant: str, index: str) -> None:
    assert build(package, version, variant).index == index


@pytest.mark.parametrize(
    ("package", "platform", "kind", "last"),
    [
        ("tensorflow", WINDOWS, "cuda", "2.10.1"),
        ("tensorflow", ARM, "cuda", None),
        ("tensorflow", MAC, "cuda", None),
        ("jax", WINDOWS, "cuda", None),
        ("jax", MAC, "cuda", None),
        ("cupy", MAC, "cuda", None),
        ("cupy", LINUX, "cpu", None),
        ("cudf", WINDOWS, "cuda", None),
        ("vllm", WINDOWS, "cuda", None),
        ("vllm", MAC, "cuda", None),
        ("xformers", ARM, "cuda", None),
        ("flash-attn", LINUX, "cuda", None),
        ("paddlepaddle", ARM, "cuda", None),
        ("paddlepaddle", MAC, "cpu", "3.3.1"),
        ("ctranslate2", ARM, "cuda", None),
        ("bitsandbytes", "windows-arm64", "cuda", None),
    ],
)
def test_builds_that_were_never_made_are_not_there(
    package: str, platform: str, kind: str, last: str | None
) -> None:
    versions = [one.version for one in builds(package, platform) if one.variant.kind == kind]
    assert (str(max(versions)) if versions else None) == last


@pytest.mark.parametrize(
    ("package", "variant", "newest"),
    [
        ("cupy", "cu11", "13.6.0"),
        ("onnxruntime", "cu118", "1.18.1"),
        ("onnxruntime", "cu12", "1.26.0"),
        ("tensorflow", "cu123", "2.17.1"),
        ("xformers", "cu121", "0.0.29.post1"),
        ("bitsandbytes", "cu129", "0.49.2"),
        ("vllm", "cu128", "0.19.1"),
    ],
)
def test_a_variant_ends_where_its_last_build_does(package: str, variant: str, newest: str) -> None:
    versions = [one.version for one in builds(package, LINUX) if one.variant.name == variant]
    assert str(max(versions)) == newest


@pytest.mark.parametrize("version", ["0.4.37", "0.5.2"])
@pytest.mark.parametrize("variant", ["cu12", "cpu"])
def test_a_jax_without_wheels_of_its_own_runs_on_those_of_the_release_before(
    version: str, variant: str
) -> None:
    found = build("jax", version, variant)
    before = build("jax", {"0.4.37": "0.4.36", "0.5.2": "0.5.1"}[version], variant)
    pythons = {str(python) for wheel in found.wheels for python in wheel.pythons}
    assert pythons == {str(python) for wheel in before.wheels for python in wheel.pythons}
    assert found.release is not None
    assert found.release.companions["jaxlib"] == (before.version,)

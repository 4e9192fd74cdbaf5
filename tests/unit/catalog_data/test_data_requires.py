"""What builds ask of packages that other frameworks ask for too, and which builds cannot meet."""

from __future__ import annotations

import pytest
from packaging.requirements import Requirement

from envplan.catalog.load import load
from envplan.planner.builds import Stock
from envplan.planner.model import Build
from envplan.planner.together import Together
from envplan.values.platforms import Platform
from tests.unit.catalog_data.test_data_builds import ARM, LINUX, WINDOWS, build

TF_2_18 = "nvidia-cublas-cu12==12.5.3.2"


def asked(found: Build) -> set[str]:
    return {str(one) for row in found.requires for one in row.requirements}


@pytest.mark.parametrize(
    ("package", "version", "variant", "platform", "requirement"),
    [
        ("tensorflow", "2.14.0", "cu118", LINUX, "nvidia-cudnn-cu11==8.7.0.84"),
        ("tensorflow", "2.15.1", "cu122", LINUX, "nvidia-cudnn-cu12==8.9.4.25"),
        ("tensorflow", "2.16.1", "cu123", LINUX, "nvidia-cudnn-cu12==8.9.7.29"),
        ("tensorflow", "2.18.1", "cu125", LINUX, TF_2_18),
        ("tensorflow", "2.19.0", "cu125", LINUX, "nvidia-nccl-cu12==2.23.4"),
        ("tensorflow", "2.21.0", "cu125", LINUX, "nvidia-cudnn-cu12>=9.3.0.75,<10.0"),
        ("tensorflow", "2.12.0", "cpu", LINUX, "numpy>=1.22,<1.24"),
        ("tensorflow", "2.17.1", "cpu", WINDOWS, "numpy>=1.23.5,<2.0.0"),
        ("tensorflow", "2.18.0", "cpu", ARM, "numpy>=1.26.0,<2.1.0"),
        ("tensorflow", "2.10.1", "cu112", WINDOWS, "protobuf>=3.9.2,<3.20"),
        ("jax", "0.4.28", "cu12", LINUX, "nvidia-cudnn-cu12>=8.9.2.26,<9.0"),
        ("jax", "0.4.30", "cu12", LINUX, "nvidia-cudnn-cu12>=9.0,<10.0"),
        ("jax", "0.4.31", "cu12", LINUX, "nvidia-cudnn-cu12>=9.1,<10.0"),
        ("jax", "0.5.3", "cu12", ARM, "nvidia-cudnn-cu12>=9.1,<10.0"),
        ("jax", "0.6.0", "cu12", LINUX, "nvidia-cudnn-cu12>=9.8,<10.0"),
        ("jax", "0.11.1", "cu12", LINUX, "nvidia-cudnn-cu12>=9.8,<10.0"),
        ("jax", "0.11.2", "cu12", LINUX, "nvidia-cudnn-cu12>=9.10.2.21,<10.0"),
        ("jax", "0.10.2", "cu13", LINUX, "nvidia-cudnn-cu13>=9.12.0.46,<10.0"),
        ("jax", "0.12.0.1", "cpu", LINUX, "numpy>=2.2"),
        ("cupy", "13.4.1", "cu12", LINUX, "numpy>=1.22,<2.3"),
        ("cupy", "14.2.0", "cu13", WINDOWS, "numpy>=2.0,<2.6"),
        ("onnxruntime", "1.18.1", "cu118", LINUX, "numpy>=1.21.6,<2.0"),
        ("onnxruntime", "1.23.2", "cu12", LINUX, "nvidia-cudnn-cu12~=9.0"),
        ("onnxruntime", "1.28.0", "cu13", LINUX, "nvidia-cuda-runtime~=13.0"),
        ("vllm", "0.9.2", "cu128", LINUX, "torch==2.7.0"),
        ("vllm", "0.6.6.post1", "cu124", LINUX, "torch==2.5.1"),
        ("vllm", "0.10.1.1", "cu128", LINUX, "torch==2.7.1"),
        ("vllm", "0.33.0", "cu130", ARM, "torch==2.14.0"),
        ("vllm", "0.30.0", "cu130", LINUX, "torchaudio==2.11.0"),
        ("xformers", "0.0.28.post3", "cu121", LINUX, "torch==2.5.1"),
        ("xformers", "0.0.28.post3", "cu124", LINUX, "torch==2.5.1"),
        ("xformers", "0.0.28", "cu121", LINUX, "torch==2.4.1"),
        ("xformers", "0.0.30", "cu126", WINDOWS, "torch==2.7.0"),
        ("xformers", "0.0.35", "cu128", LINUX, "torch>=2.10"),
        ("bitsandbytes", "0.50.2", "cu126", LINUX, "torch>=2.4,<3"),
    ],
)
def test_a_build_asks_for_what_its_metadata_says(
    package: str, version: str, variant: str, platform: str, requirement: str
) -> None:
    found = build(package, version, variant, platform)
    assert str(Requirement(requirement)) in asked(found)


def test_only_the_gpu_build_asks_for_the_libraries_of_cuda() -> None:
    assert not any(one.startswith("nvidia") for one in asked(build("tensorflow", "2.18.1", "cpu")))
    assert not any(one.startswith("nvidia") for one in asked(build("jax", "0.6.2", "cpu")))


def test_the_xformers_a_vllm_pins_is_asked_for_only_where_xformers_has_wheels() -> None:
    assert "xformers==0.0.33.post1" in asked(build("vllm", "0.11.1", "cu128", LINUX))
    assert not any(one.startswith("xformers") for one in asked(build("vllm", "0.11.1", "cu128", ARM)))


@pytest.mark.parametrize(
    ("torch", "other", "agree"),
    [
        (("2.5.1", "cu124"), ("tensorflow", "2.18.1", "cu125"), False),
        (("2.6.0", "cu124"), ("tensorflow", "2.19.1", "cu125"), False),
        (("2.8.0", "cu128"), ("tensorflow", "2.20.0", "cu125"), True),
        (("2.1.2", "cu118"), ("tensorflow", "2.16.1", "cu123"), False),  # CUDA 11 beside CUDA 12
        (("2.5.1", "cu124"), ("jax", "0.5.3", "cu12"), True),
        (("2.5.1", "cu124"), ("jax", "0.6.2", "cu12"), False),
        (("2.7.1", "cu126"), ("jax", "0.8.3", "cu12"), False),
        (("2.8.0", "cu128"), ("jax", "0.8.3", "cu12"), True),
        (("2.8.0", "cu128"), ("jax", "0.8.3", "cu13"), False),
        (("2.7.0", "cu128"), ("vllm", "0.9.2", "cu128"), True),
        (("2.7.1", "cu128"), ("vllm", "0.9.2", "cu128"), False),
        (("2.7.0", "cu118"), ("vllm", "0.9.2", "cu128"), False),
        (("2.5.1", "cu121"), ("xformers", "0.0.28.post3", "cu121"), True),
        (("2.5.1", "cu118"), ("xformers", "0.0.28.post3", "cu121"), False),
        (("2.3.1", "cu121"), ("ctranslate2", "4.5.0", "cu12"), False),
        (("2.4.1", "cu121"), ("ctranslate2", "4.4.0", "cu12"), False),
        (("2.4.1", "cu121"), ("ctranslate2", "4.5.0", "cu12"), True),
        (("2.3.1", "cu121"), ("ctranslate2", "4.4.0", "cu12"), True),
    ],
)
def test_builds_agree_or_not_by_what_they_ask_for(
    torch: tuple[str, str], other: tuple[str, str, str], agree: bool
) -> None:
    catalog = load(["torch", other[0]])
    stock, linux = Stock(catalog), Platform.parse(LINUX)

    def named(package: str, version: str, variant: str) -> Build:
        framework = catalog.framework_of(package)
        assert framework is not None
        return next(
            one
            for one in stock.builds(framework, linux)
            if (str(one.version), one.variant.name) == (version, variant)
        )

    objection = Together(catalog).objection(named("torch", *torch), named(*other))
    assert (objection is None) is agree, objection

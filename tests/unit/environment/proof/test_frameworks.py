"""Which frameworks an environment holds, and what each must turn out to be."""

from __future__ import annotations

import pytest

from envplan.environment.proof.frameworks import expected
from envplan.machine.model import Gpu, Machine, Vendor
from envplan.values.platforms import Platform

LINUX = {"variant": "cu121", "platform": "linux-x86_64", "python": "3.11"}


def told(versions: dict[str, str], variant: str = "cu121") -> list[str]:
    found = expected(versions, {**LINUX, "variant": variant})
    return [f"{one.framework} {one.kind} {one.variant or one.cuda_major or '-'}" for one in found]


@pytest.mark.parametrize(
    ("versions", "variant", "wanted"),
    [
        ({"torch": "2.2.2+cu121"}, "cu121", "torch cuda cu121"),
        ({"torch": "2.2.2+cpu"}, "cu121", "torch cpu cpu"),
        ({"torch": "2.9.1"}, "cu128", "torch cuda cu128"),
        ({"torch": "2.9.1"}, "cpu", "torch cpu cpu"),
        ({"torch": "2.5.1+rocm6.2"}, "rocm6.2", "torch rocm rocm6.2"),
        ({"tensorflow": "2.16.1", "torch": "2.2.2+cu121"}, "cu121", "torch cuda cu121, tensorflow cpu -"),
        ({"tensorflow": "2.16.1", "nvidia-cuda-nvcc-cu12": "12.3"}, "cu12", "tensorflow cuda 12"),
        ({"tensorflow-cpu": "2.16.1"}, "cpu", "tensorflow cpu -"),
        ({"jax": "0.4.30", "jaxlib": "0.4.30"}, "cpu", "jax cpu cpu"),
        (
            {"jax": "0.4.30", "jax-cuda12-plugin": "0.4.30", "jax-cuda12-pjrt": "0.4.30"},
            "cu12",
            "jax cuda 12",
        ),
        ({"cupy-cuda12x": "13.0"}, "cu12", "cupy cuda 12"),
        ({"onnxruntime": "1.19"}, "cpu", "onnxruntime cpu -"),
        ({"onnxruntime-gpu": "1.19"}, "cu12", "onnxruntime cuda -"),
        ({"paddlepaddle-gpu": "3.0"}, "cu126", "paddle cuda -"),
        ({"numpy": "1.26"}, "cpu", ""),
    ],
    ids=str,
)
def test_a_framework_is_told_by_its_packages(versions: dict[str, str], variant: str, wanted: str) -> None:
    assert ", ".join(told(versions, variant)) == wanted


@pytest.mark.parametrize(
    ("versions", "variant", "vendor", "driven"),
    [
        ({"torch": "2.2.2+cu121"}, "cu121", "nvidia", 1),
        ({"torch": "2.2.2+cu121"}, "cu121", "amd", 0),
        ({"torch": "2.2.2+cpu"}, "cpu", "nvidia", 0),
        ({"torch": "2.5.1+rocm6.2"}, "rocm6.2", "amd", 1),
        ({"torch": "2.8.0+xpu"}, "xpu", "intel", 1),
        ({"torch": "2.2.2"}, "cpu", "apple", 1),
        ({"jax": "0.4.30"}, "cpu", "apple", 0),
    ],
    ids=str,
)
def test_a_build_drives_the_devices_of_its_vendor(
    versions: dict[str, str], variant: str, vendor: Vendor, driven: int
) -> None:
    machine = Machine("m", Platform("linux", "x86_64"), "test", gpus=(Gpu(vendor, "one", "test"),))
    (one,) = expected(versions, {**LINUX, "variant": variant})
    assert len(one.devices(machine)) == driven

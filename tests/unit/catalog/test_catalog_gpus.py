"""GPUs by name: what drivers print, and names that look alike."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envplan.catalog.gpus import named
from envplan.catalog.load import known_gpu, shipped

NVIDIA = {
    "NVIDIA GeForce RTX 3090": "8.6",
    "NVIDIA GeForce RTX 3090 Ti": "8.6",
    "GeForce RTX 2080 Ti": "7.5",
    "NVIDIA GeForce RTX 4070 Ti SUPER": "8.9",
    "NVIDIA GeForce RTX 5070 Ti Laptop GPU": "12.0",
    "NVIDIA GeForce RTX 5090 D": "12.0",
    "GeForce GTX 1080 with Max-Q Design": "6.1",
    "NVIDIA GeForce GTX 1650 SUPER": "7.5",
    "GeForce GTX 960M": "5.0",
    "GeForce GTX 960": "5.2",
    "GeForce GTX TITAN X": "5.2",
    "NVIDIA TITAN X (Pascal)": "6.1",
    "NVIDIA TITAN Xp": "6.1",
    "NVIDIA TITAN V": "7.0",
    "NVIDIA TITAN RTX": "7.5",
    "GeForce GTX TITAN": "3.5",
    "Tesla V100-SXM2-16GB": "7.0",
    "Tesla V100S-PCIE-32GB": "7.0",
    "NVIDIA A100-SXM4-80GB": "8.0",
    "NVIDIA A100 80GB PCIe MIG 1g.10gb": "8.0",
    "NVIDIA A10": "8.6",
    "NVIDIA A10G": "8.6",
    "NVIDIA H100 80GB HBM3": "9.0",
    "NVIDIA H200": "9.0",
    "NVIDIA GH200 480GB": "9.0",
    "NVIDIA B200": "10.0",
    "NVIDIA GB10": "12.1",
    "NVIDIA L4": "8.9",
    "NVIDIA L40S": "8.9",
    "Tesla T4": "7.5",
    "NVIDIA T400 4GB": "7.5",
    "Quadro RTX 6000": "7.5",
    "NVIDIA RTX 6000 Ada Generation": "8.9",
    "NVIDIA RTX A6000": "8.6",
    "NVIDIA RTX PRO 6000 Blackwell Workstation Edition": "12.0",
    "NVIDIA RTX 4000 SFF Ada Generation": "8.9",
    "Quadro P2000": "6.1",
    "Tesla K80": "3.7",
    "Orin (nvgpu)": "8.7",
    "nvidia geforce rtx 3080": "8.6",
    "RTX 3080": "8.6",
    "rtx3090": None,
    "NVIDIA RTX 6000": None,  # which of three generations is not said
    "NVIDIA GeForce RTX 9090": None,
    "GeForce GTX 760M": None,
    "NVIDIA": None,
    "GeForce": None,
    "": None,
    "NVIDIA Graphics Device": None,
    "AMD A10-7850K Radeon(TM) R7 Graphics": None,
}

OTHERS = {
    "AMD Radeon RX 7900 XTX": ("amd", "gfx1100"),
    "AMD Instinct MI300X": ("amd", "gfx942"),
    "AMD Radeon(TM) RX 6800 XT": ("amd", "gfx1030"),
    "AMD Radeon RX 6700 XT": ("amd", "gfx1031"),
    "Radeon RX 580 Series": None,
    "Intel(R) Arc(TM) A770 Graphics": ("intel", None),
    "Intel(R) UHD Graphics 770": None,
    "Apple M2": None,
}


@pytest.mark.parametrize(("name", "compute"), NVIDIA.items())
def test_the_name_a_driver_prints_leads_to_the_right_capability(name: str, compute: str | None) -> None:
    found = known_gpu(name)
    assert (str(found.compute) if found else None) == compute
    assert found is None or found.vendor == "nvidia"


@pytest.mark.parametrize(("name", "expected"), OTHERS.items())
def test_other_vendors_are_told_apart(name: str, expected: tuple[str, str | None] | None) -> None:
    found = known_gpu(name)
    assert ((found.vendor, found.gfx) if found else None) == expected


@given(st.text(max_size=80))
def test_no_name_at_all_is_a_crash(name: str) -> None:
    known_gpu(name)


@given(st.sampled_from([name for gpu in shipped("gpus").gpus for name in gpu.names]))
def test_every_known_name_is_found_in_any_case_and_with_marks(name: str) -> None:
    found = named(name, shipped("gpus").gpus)
    assert found is not None
    assert found == known_gpu(f"  {name.upper()}(R) ")

"""AMD, Intel and Apple, found in files as their drivers write them."""

from __future__ import annotations

import pytest

from envplan.machine.probe import amd

from .computers import Computer, codes, warned

NODES = "/sys/class/kfd/kfd/topology/nodes"
PROCESSOR = "cpu_cores_count 32\nsimd_count 0\nvendor_id 0\ndevice_id 0\ngfx_target_version 0\n"


def with_gpu(computer: Computer, node: int, version: int, device: int, mib: int = 0) -> Computer:
    computer.file(f"{NODES}/0/properties", PROCESSOR)
    if mib:
        bank = f"{NODES}/{node}/mem_banks/0/properties"
        computer.file(bank, f"heap_type 1\nsize_in_bytes {mib << 20}\nflags 0\n")
    text = f"simd_count 192\nvendor_id 4098\ndevice_id {device}\ngfx_target_version {version}\n"
    return computer.file(f"{NODES}/{node}/properties", text)


@pytest.mark.parametrize(
    ("number", "name"),
    [
        (90402, "gfx942"),
        (90010, "gfx90a"),
        (90500, "gfx950"),
        (90006, "gfx906"),
        (100300, "gfx1030"),
        (110000, "gfx1100"),
        (120001, "gfx1201"),
        (0, None),
    ],
)
def test_the_kernels_number_is_the_compilers_name(number: int, name: str | None) -> None:
    assert amd.gfx(number) == name


def test_every_amd_gpu_of_the_topology_is_kept_and_processors_are_not(computer: Computer) -> None:
    with_gpu(computer, 1, 90402, 0x74A1, 196592)
    with_gpu(computer, 2, 110000, 0x744C)
    computer.file(
        "/usr/share/hwdata/pci.ids", "1002  AMD/ATI\n\t744c  Navi 31 [Radeon RX 7900 XT/7900 XTX]\n"
    )
    found = computer.quick()
    assert [(gpu.name, gpu.gfx, gpu.memory_mib) for gpu in found.machine.gpus] == [
        ("AMD GPU (PCI 1002:74a1)", "gfx942", 196592),
        ("AMD Radeon RX 7900 XT/7900 XTX", "gfx1100", None),
    ]
    assert found.problems == ()


def test_nodes_are_counted_as_numbers(computer: Computer) -> None:
    for node in (2, 10):
        with_gpu(computer, node, 90402 if node == 2 else 110000, 1)
    assert [gpu.gfx for gpu in computer.quick().machine.gpus] == ["gfx942", "gfx1100"]


def test_without_a_topology_rocm_is_asked(computer: Computer) -> None:
    computer.file("/dev/kfd").program("/opt/rocm/bin/rocm_agent_enumerator", "echo gfx000; echo gfx1100")
    found = computer.quick()
    assert [gpu.gfx for gpu in found.machine.gpus] == ["gfx1100"]


def test_a_rocm_that_does_not_work_is_not_no_gpu(computer: Computer) -> None:
    computer.file("/dev/kfd").program("/opt/rocm/bin/rocm_agent_enumerator", "exit 1")
    computer.pci("0000:03:00.0", "1002:744c", driver="amdgpu")
    found = computer.quick()
    assert warned(found) == ["EP511", "EP516"]
    assert [gpu.vendor for gpu in found.machine.gpus] == ["amd"]


def test_a_rocm_that_does_not_work_without_a_gpu_in_sight_stays_unknown(computer: Computer) -> None:
    computer.file("/dev/kfd").program("/opt/rocm/bin/rocm_agent_enumerator", "exit 1")
    assert codes(computer.quick()) == ["EP516"]


def test_an_amd_gpu_without_compute_is_kept_with_a_warning(computer: Computer) -> None:
    found = computer.pci("0000:03:00.0", "1002:744c", driver="").quick()
    assert [(gpu.vendor, gpu.gfx) for gpu in found.machine.gpus] == [("amd", None)]
    assert warned(found) == ["EP511"]


def test_an_instinct_card_is_a_processing_accelerator_on_the_bus(computer: Computer) -> None:
    found = computer.pci("0000:03:00.0", "1002:74a1", base="0x120000").quick()
    assert [gpu.vendor for gpu in found.machine.gpus] == ["amd"]


@pytest.mark.parametrize(
    ("value", "shown"), [("1", ["gfx1100"]), ("", []), ("-1", []), ("GPU-abc", None), ("²", None)]
)
def test_amd_gpus_can_be_hidden_too(computer: Computer, value: str, shown: list[str] | None) -> None:
    with_gpu(computer, 1, 90402, 1)
    with_gpu(computer, 2, 110000, 2)
    computer.environ["ROCR_VISIBLE_DEVICES"] = value
    found = computer.quick()
    both = ["gfx942", "gfx1100"]
    assert [gpu.gfx for gpu in found.machine.gpus] == (both if shown is None else shown)
    assert warned(found) == ([] if shown is None else ["EP510"])


@pytest.mark.parametrize(
    ("rocr", "hip", "shown"),
    [("1,2", "1", ["gfx1201"]), (None, "0", ["gfx942"]), ("1", "1", []), ("2", "0", ["gfx1201"])],
)
def test_hip_counts_the_amd_gpus_that_rocr_leaves(
    computer: Computer, rocr: str | None, hip: str, shown: list[str]
) -> None:
    for place, number in ((1, 90402), (2, 110000), (3, 120001)):
        with_gpu(computer, place, number, 1)
    computer.environ |= {"HIP_VISIBLE_DEVICES": hip} | ({"ROCR_VISIBLE_DEVICES": rocr} if rocr else {})
    found = computer.quick()
    assert [gpu.gfx for gpu in found.machine.gpus] == shown
    assert warned(found) == ["EP510"]


@pytest.mark.parametrize(
    ("ids", "name"),
    [
        ("8086:56a0", "Intel Arc A770"),
        ("8086:e20b", "Intel Arc B580"),
        ("8086:1234", "Intel GPU (PCI 8086:1234)"),
    ],
)
def test_an_intel_gpu_is_named_where_its_number_is_known(computer: Computer, ids: str, name: str) -> None:
    found = computer.pci("0000:03:00.0", ids).quick()
    assert [(gpu.vendor, gpu.name) for gpu in found.machine.gpus] == [("intel", name)]


@pytest.mark.parametrize(
    ("ids", "base"),
    [
        ("1a03:2000", "0x030000"),
        ("1234:1111", "0x030000"),
        ("8086:15b8", "0x020000"),
        ("8086:a0c8", "0x040300"),
    ],
)
def test_other_devices_are_no_gpus(computer: Computer, ids: str, base: str) -> None:
    assert computer.pci("0000:00:02.0", ids, base=base).quick().machine.gpus == ()


def test_garbage_on_the_bus_is_passed_over(computer: Computer) -> None:
    computer.file("/sys/bus/pci/devices/0000:01:00.0/class", "garbage").file("/sys/bus/pci/devices/x")
    assert computer.quick().machine.gpus == ()


def test_a_mac_with_apple_silicon_has_its_gpu(computer: Computer) -> None:
    plist = "<key>ProductVersion</key>\n\t<string>14.5</string>"
    computer.file("/System/Library/CoreServices/SystemVersion.plist", plist)
    computer.program("/usr/sbin/sysctl", "echo Apple M2; echo 17179869184")
    found = computer.quick(system="darwin", arch="arm64", libc="")
    assert [(gpu.vendor, gpu.name, gpu.memory_mib) for gpu in found.machine.gpus] == [
        ("apple", "Apple M2", 16384)
    ]
    assert str(found.machine.platform) == "macos-arm64"
    assert str(found.machine.macos) == "14.5"
    assert found.machine.libc is None
    assert found.problems == ()


def test_a_mac_whose_sysctl_does_not_answer_still_has_its_gpu(computer: Computer) -> None:
    found = computer.quick(system="darwin", arch="arm64", libc="")
    assert [(gpu.vendor, gpu.name) for gpu in found.machine.gpus] == [("apple", "Apple silicon")]


def test_a_translated_python_on_apple_silicon_is_told(computer: Computer) -> None:
    found = computer.program("/usr/sbin/sysctl", "echo 1").quick(system="darwin", arch="x86_64", libc="")
    assert str(found.machine.platform) == "macos-x86_64"
    assert found.machine.gpus == ()
    assert warned(found) == ["EP524"]


def test_a_mac_with_an_intel_processor_has_none(computer: Computer) -> None:
    found = computer.quick(system="darwin", arch="x86_64", libc="")
    assert found.machine.gpus == ()
    assert codes(found) == []

"""The NVIDIA ladder against driver libraries that are really loaded, in a real child process."""

from __future__ import annotations

import time

import pytest

from envplan.machine.probe import Survey
from envplan.machine.profile import as_table
from tests.support.drivers import RTX_3090, Libraries

from .computers import GTX_1080, LIB, RTX_5090, Computer, codes, warned


def names(found: Survey) -> list[str]:
    return [gpu.name for gpu in found.machine.gpus]


def test_a_computer_without_nvidia_has_neither_driver_nor_problem(computer: Computer) -> None:
    found = computer.survey()
    assert found.machine.nvidia is None
    assert found.machine.gpus == ()
    assert found.problems == ()
    assert {rung.result for rung in found.rungs} == {"absent"}


def test_nvml_tells_driver_cuda_and_every_gpu(computer: Computer, libraries: Libraries) -> None:
    computer.kernel("580.95.05").nvml(
        libraries, driver="580.95.05", cuda=13000, gpus=f"{RTX_5090};{GTX_1080}"
    )
    found = computer.quick()
    assert found.problems == ()
    assert found.machine.nvidia
    assert str(found.machine.nvidia.driver) == "580.95.05"
    assert str(found.machine.nvidia.cuda) == "13.0"
    assert [(gpu.name, str(gpu.compute), gpu.memory_mib, gpu.origin) for gpu in found.machine.gpus] == [
        ("NVIDIA GeForce RTX 5090", "12.0", 32607, "NVML"),
        ("NVIDIA GeForce GTX 1080", "6.1", 8192, "NVML"),
    ]


def test_planning_sees_the_machine_that_a_saved_profile_holds(
    computer: Computer, libraries: Libraries
) -> None:
    computer.kernel("535.129.03").nvml(libraries, gpus=f"{RTX_3090};{GTX_1080}").libcuda(libraries)
    computer.smi("exit 9").program("/usr/bin/python3.9", "echo cpython 3.9 True")
    assert as_table(computer.quick().machine) == as_table(computer.survey().machine)


def test_a_driver_too_old_for_the_bindings_is_asked_in_its_own_way(
    computer: Computer, libraries: Libraries
) -> None:
    computer.library(f"{LIB}/libnvidia-ml.so.1", libraries.old_nvml).told(driver="384.81", gpus=GTX_1080)
    found = computer.quick()
    assert codes(found) == []
    assert names(found) == ["NVIDIA GeForce GTX 1080"]
    assert found.machine.nvidia
    assert found.machine.nvidia.cuda is None


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (4, "EP504", "may not ask"),
        (9, "EP503", "not loaded"),
        (12, "EP505", "cannot be used"),
        (18, "EP502", "different versions"),
        (999, "EP507", "answers with an error"),
        (17, "EP507", "answers with an error"),
        (4711, "EP507", "answers with an error"),
    ],
)
def test_an_nvml_error_is_a_problem_in_plain_words_and_never_no_gpu(
    computer: Computer, libraries: Libraries, error: int, code: str, words: str
) -> None:
    found = computer.kernel("535.129.03").nvml(libraries, nvml_init=error, gpus=RTX_3090).survey()
    assert codes(found) == [code]
    problem = found.machine.unreadable[0]
    assert words in problem.title
    assert f"error {error}" in problem.found[0].text
    assert problem.why
    assert problem.cures


def test_versions_that_do_not_match_are_both_named(computer: Computer, libraries: Libraries) -> None:
    versioned = computer.root.parent / "libnvidia-ml.so.550.54.15"
    versioned.symlink_to(libraries.nvml)
    computer.place(f"{LIB}/libnvidia-ml.so.550.54.15").write_bytes(libraries.nvml.read_bytes())
    computer.place(f"{LIB}/libnvidia-ml.so.1").symlink_to("libnvidia-ml.so.550.54.15")
    found = computer.kernel("535.129.03").told(nvml_init=18, gpus=RTX_3090).survey()
    said = " ".join(line.text for line in found.machine.unreadable[0].found)
    assert "535.129.03" in said
    assert "550.54.15" in said
    assert found.machine.unreadable[0].cures == ("sudo reboot",)
    assert found.machine.nvidia
    assert str(found.machine.nvidia.driver) == "535.129.03"


@pytest.mark.parametrize("mode", ["hang", "stubborn", "orphan"])
def test_a_driver_that_hangs_costs_its_deadline_and_no_more(
    computer: Computer, libraries: Libraries, mode: str
) -> None:
    computer.kernel("535.129.03").nvml(libraries, nvml=mode, gpus=RTX_3090)
    start = time.monotonic()
    found = computer.quick(deadline=0.4)
    assert time.monotonic() - start < 2.5
    assert codes(found) == ["EP501"]
    assert any(cure.startswith("ENVPLAN_PROBE_SECONDS=") for cure in found.machine.unreadable[0].cures)


@pytest.mark.parametrize(("mode", "word"), [("crash", "SIGSEGV"), ("abort", "SIGABRT"), ("exit", "status 3")])
def test_a_driver_that_crashes_takes_only_the_child_with_it(
    computer: Computer, libraries: Libraries, mode: str, word: str
) -> None:
    found = computer.kernel("535.129.03").nvml(libraries, nvml=mode, gpus=RTX_3090).survey()
    assert codes(found) == ["EP506"]
    assert word in found.machine.unreadable[0].found[0].text


def test_what_a_library_prints_is_not_taken_for_the_answer(computer: Computer, libraries: Libraries) -> None:
    found = computer.nvml(libraries, nvml="noise", gpus=RTX_3090).survey()
    assert names(found) == ["NVIDIA GeForce RTX 3090"]


def test_a_library_that_hangs_or_crashes_when_it_is_closed_has_answered_before(
    computer: Computer, libraries: Libraries
) -> None:
    found = computer.nvml(libraries, nvml_shutdown="hang", gpus=RTX_3090).quick(deadline=3.0)
    assert names(found) == ["NVIDIA GeForce RTX 3090"]
    assert found.problems == ()


def test_one_lost_gpu_is_a_problem_and_the_others_are_kept(computer: Computer, libraries: Libraries) -> None:
    lost = GTX_1080.removesuffix("0") + "15"
    found = computer.nvml(libraries, gpus=f"{RTX_3090};{lost}").survey()
    assert names(found) == ["NVIDIA GeForce RTX 3090"]
    assert codes(found) == ["EP507"]
    assert "GPU 1" in found.machine.unreadable[0].title


def test_the_only_gpu_is_lost_though_cuda_still_lists_it(computer: Computer, libraries: Libraries) -> None:
    lost = RTX_3090.removesuffix("0") + "15"
    found = computer.nvml(libraries, gpus=lost).libcuda(libraries).survey()
    assert names(found) == ["NVIDIA GeForce RTX 3090"]
    assert warned(found) == ["EP507"]


def test_why_the_driver_did_not_say_its_version_is_told(computer: Computer, libraries: Libraries) -> None:
    found = computer.nvml(libraries, nvml="crash", gpus=RTX_3090).libcuda(libraries).survey()
    (problem,) = found.machine.unreadable
    assert problem.code == "EP517"
    assert [(said.text, said.origin) for said in problem.found] == [
        ("asking NVML for the NVIDIA GPUs failed", "NVML")
    ]


def test_a_gpu_without_a_capability_is_looked_up_by_name_else_a_problem(
    computer: Computer, libraries: Libraries
) -> None:
    from envplan.machine.probe import probe_machine
    from envplan.values.versions import Compute

    computer.nvml(libraries, gpus="NVIDIA Future 1|0.0|1024|GPU-0|-1|0")
    assert codes(computer.survey()) == ["EP512"]
    found = probe_machine(computer.host(), known=lambda name: Compute(13, 0) if "Future" in name else None)
    assert found.machine.unreadable == ()
    assert str(found.machine.gpus[0].compute) == "13.0"
    assert "catalog" in found.machine.gpus[0].origin


def test_a_future_driver_with_a_future_gpu_is_simply_read(computer: Computer, libraries: Libraries) -> None:
    found = computer.nvml(
        libraries, driver="999.99.99", cuda=14010, gpus="NVIDIA Rubin|13.0|999999|GPU-1|-1|0"
    ).survey()
    assert found.problems == ()
    assert found.machine.nvidia
    assert str(found.machine.nvidia.cuda) == "14.1"
    assert str(found.machine.gpus[0].compute) == "13.0"


def test_a_driver_with_no_gpu_is_a_driver_and_no_gpu(computer: Computer, libraries: Libraries) -> None:
    found = computer.kernel("535.129.03").nvml(libraries).survey()
    assert found.machine.nvidia
    assert found.machine.gpus == ()
    assert found.problems == ()


def test_a_gpu_on_the_bus_that_the_driver_does_not_count_is_a_problem(
    computer: Computer, libraries: Libraries
) -> None:
    computer.kernel("470.256.02").nvml(libraries).pci("0000:01:00.0", "10de:2b85", driver="nvidia")
    found = computer.survey()
    assert codes(found) == ["EP513"]


# --- libcuda and nvidia-smi -------------------------------------------------------------------


def test_where_nvml_is_missing_libcuda_tells(computer: Computer, libraries: Libraries) -> None:
    found = computer.kernel("535.129.03").libcuda(libraries, gpus=RTX_3090).quick()
    assert found.problems == ()
    assert [str(gpu) for gpu in found.machine.gpus] == ["NVIDIA GeForce RTX 3090 (sm_86)"]
    assert found.machine.gpus[0].origin == "libcuda"
    assert found.machine.nvidia
    assert found.machine.nvidia.driver.origin.startswith(("/sys", "/proc"))
    assert str(found.machine.nvidia.cuda) == "12.2"


def test_a_hanging_nvml_is_a_warning_where_others_tell_the_gpus(
    computer: Computer, libraries: Libraries
) -> None:
    computer.kernel("535.129.03").nvml(libraries, nvml="hang", gpus=RTX_3090).libcuda(libraries)
    found = computer.quick(deadline=0.5)
    assert codes(found) == []
    assert warned(found) == ["EP501"]
    assert names(found) == ["NVIDIA GeForce RTX 3090"]


def test_cuda_that_does_not_start_is_said_though_nvml_sees_the_gpu(
    computer: Computer, libraries: Libraries
) -> None:
    found = computer.nvml(libraries, gpus=RTX_3090, cuda_init=802).libcuda(libraries).survey()
    assert codes(found) == []
    assert warned(found) == ["EP507"]
    assert any("fabricmanager" in cure for cure in found.warnings[0].cures)


def test_sources_that_disagree_are_named_and_the_lowest_capability_is_used(
    computer: Computer, libraries: Libraries
) -> None:
    found = computer.nvml(libraries, gpus=RTX_3090, cuda_compute="8.0").libcuda(libraries).survey()
    assert warned(found) == ["EP509"]
    assert [(said.text, said.origin) for said in found.warnings[0].found] == [
        ("8.6", "NVML"),
        ("8.0", "libcuda"),
    ]
    assert str(found.machine.gpus[0].compute) == "8.0"


def test_a_kernel_driver_older_than_nvml_says_is_named_and_used(
    computer: Computer, libraries: Libraries
) -> None:
    found = computer.kernel("525.105.17").nvml(libraries, driver="535.129.03", gpus=RTX_3090).survey()
    assert warned(found) == ["EP509"]
    assert found.machine.nvidia
    assert str(found.machine.nvidia.driver) == "525.105.17"


@pytest.mark.parametrize("transcript", ["full", "old"])
def test_nvidia_smi_alone_is_enough(computer: Computer, transcript: str) -> None:
    line = "535.129.03, NVIDIA GeForce RTX 3090, 24576, GPU-30900000-0000-0000-0000-000000000001"
    if transcript == "full":
        computer.smi(f'echo "{line}, 8.6, [N/A]"')
    else:
        computer.smi(
            'case "$*" in *compute_cap*)\n'
            "echo 'Field \"compute_cap\" is not a valid field to query.'; exit 2;; esac\n"
            f'echo "{line}"'
        )
    found = computer.survey()
    assert found.machine.nvidia
    assert str(found.machine.nvidia.driver) == "535.129.03"
    assert names(found) == ["NVIDIA GeForce RTX 3090"]
    assert found.machine.gpus[0].memory_mib == 24576
    assert codes(found) == ([] if transcript == "full" else ["EP512"])


@pytest.mark.parametrize(
    ("text", "status", "code"),
    [
        ("Failed to initialize NVML: Driver/library version mismatch", 18, "EP502"),
        ("Failed to initialize NVML: Insufficient Permissions", 4, "EP504"),
        (
            "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. "
            "Make sure that the latest NVIDIA driver is installed and running.",
            9,
            "EP503",
        ),
        ("Failed to initialize NVML: Unknown Error", 255, "EP507"),
        ("", 1, "EP507"),
        ("hello, world", 0, "EP507"),
    ],
)
def test_what_nvidia_smi_complains_about_is_understood(
    computer: Computer, text: str, status: int, code: str
) -> None:
    found = computer.kernel("535.129.03").smi(f"printf '%s\\n' \"{text}\"\nexit {status}").survey()
    assert codes(found) == [code]


def test_an_nvidia_smi_that_prints_for_ever_is_stopped(computer: Computer) -> None:
    found = computer.kernel("535.129.03").smi("exec cat /dev/zero").survey()
    assert codes(found) == ["EP506"]
    assert "stopped" in found.machine.unreadable[0].found[0].text


def test_an_nvidia_smi_that_hangs_is_ended(computer: Computer) -> None:
    found = computer.kernel("535.129.03").smi("sleep 60 & sleep 60").survey(deadline=0.3)
    assert codes(found) == ["EP501"]


# --- parts that are missing -------------------------------------------------------------------


@pytest.mark.parametrize("sign", ["/.dockerenv", "/run/.containerenv"])
def test_a_container_with_libraries_and_no_device_is_told_how_to_get_its_gpu(
    computer: Computer, libraries: Libraries, sign: str
) -> None:
    found = computer.file(sign).nvml(libraries, nvml_init=9).survey()
    assert codes(found) == ["EP508"]
    assert any("--gpus all" in cure for cure in found.machine.unreadable[0].cures)


def test_a_container_on_a_gpu_computer_without_its_gpu_is_not_called_gpuless(computer: Computer) -> None:
    found = computer.file("/.dockerenv").kernel("535.129.03").survey()
    assert codes(found) == ["EP508"]
    assert any("--gpus all" in cure for cure in found.machine.unreadable[0].cures)


def test_libcuda_that_counts_nothing_behind_it_is_not_no_gpu(
    computer: Computer, libraries: Libraries
) -> None:
    found = computer.libcuda(libraries).survey()
    assert codes(found) == ["EP508"]


def test_a_gpu_without_any_driver_is_a_gpu_without_a_driver(computer: Computer) -> None:
    computer.pci("0000:01:00.0", "10de:2206", driver="nouveau").file(
        "/usr/share/misc/pci.ids",
        "# list\n10de  NVIDIA Corporation\n\t2204  GA102 [GeForce RTX 3090]\n"
        "\t2206  GA102 [GeForce RTX 3080]\n"
        "\t\t10de 1467  sub\n10df  Other\n\t2206  wrong\n",
    )
    found = computer.survey()
    assert found.machine.nvidia is None
    assert names(found) == ["NVIDIA GeForce RTX 3080"]
    assert codes(found) == []
    assert warned(found) == ["EP511"]
    assert "nouveau" in found.warnings[0].found[0].text


def test_a_gpu_handed_to_a_virtual_machine_is_not_ours(computer: Computer) -> None:
    found = computer.pci("0000:01:00.0", "10de:2206", driver="vfio-pci").survey()
    assert found.machine.gpus == ()
    assert codes(found) == []


def test_a_damaged_library_is_a_problem(computer: Computer) -> None:
    found = computer.kernel("535.129.03").file(f"{LIB}/libnvidia-ml.so.1", "not a library").survey()
    assert codes(found) == ["EP505"]


def test_the_stand_ins_of_a_toolkit_are_not_a_driver(computer: Computer, libraries: Libraries) -> None:
    stubs = "/usr/local/cuda/lib64/stubs"
    computer.library(f"{stubs}/libnvidia-ml.so.1", libraries.nvml).told(nvml_init=9)
    computer.environ["LD_LIBRARY_PATH"] = stubs
    assert computer.survey().problems == ()


def test_a_kernel_file_in_strange_words_is_not_no_driver(computer: Computer) -> None:
    found = computer.file("/proc/driver/nvidia/version", "something else\n").survey()
    assert codes(found) == ["EP517"]


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("NVRM version: NVIDIA UNIX x86_64 Kernel Module  470.199.02  Thu May 11\n", "470.199.02"),
        (
            "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.159.03  Release Build\n",
            "580.159.03",
        ),
        ("NVRM version: NVIDIA UNIX Open Kernel Module for aarch64  540.4.0  Release Build\n", "540.4.0"),
        ("NVRM version: NVIDIA UNIX x86_64 Kernel Module  455.32", "455.32"),
    ],
)
def test_the_kernel_file_is_read_in_all_its_forms(computer: Computer, text: str, version: str) -> None:
    found = computer.file("/proc/driver/nvidia/version", text).survey()
    assert found.machine.nvidia
    assert str(found.machine.nvidia.driver) == version


# --- WSL, Jetson, MIG -------------------------------------------------------------------------


def test_in_wsl_the_library_is_found_in_its_own_folder(computer: Computer, libraries: Libraries) -> None:
    computer.library("/usr/lib/wsl/lib/libnvidia-ml.so.1", libraries.nvml)
    found = computer.told(driver="551.78", gpus=RTX_3090).survey()
    assert names(found) == ["NVIDIA GeForce RTX 3090"]
    assert "wsl" in [note.name for note in found.notes]


def test_a_library_that_only_the_loaders_cache_knows_is_found(
    computer: Computer, libraries: Libraries
) -> None:
    computer.library("/opt/driver/libnvidia-ml.so.1", libraries.nvml).told(gpus=RTX_3090)
    computer.place("/etc/ld.so.cache").write_bytes(
        b"ld.so-1.7.0\0libnvidia-ml.so.1\0/opt/driver/libnvidia-ml.so.1\0"
    )
    assert names(computer.quick()) == ["NVIDIA GeForce RTX 3090"]


def test_a_jetson_without_nvml_is_read_through_libcuda(computer: Computer, libraries: Libraries) -> None:
    computer.file("/etc/nv_tegra_release", "# R35 (release), REVISION: 4.1, GCID: 33958178, BOARD: t186ref\n")
    computer.file("/proc/device-tree/model", "NVIDIA Jetson AGX Orin Developer Kit\0")
    computer.library("/usr/lib/aarch64-linux-gnu/tegra/libcuda.so.1", libraries.libcuda)
    computer.told(gpus="Orin|8.7|30536|GPU-1", cuda=11040)
    found = computer.quick(arch="aarch64")
    assert codes(found) == []
    assert names(found) == ["Orin (Jetson AGX Orin)"]
    assert found.machine.nvidia
    assert "L4T" in found.machine.nvidia.driver.origin


def test_a_jetson_that_nobody_can_ask_is_not_called_gpuless(computer: Computer) -> None:
    found = computer.file("/etc/nv_tegra_release", "# R36 (release), REVISION: 4.0\n").survey(arch="aarch64")
    assert codes(found) == ["EP508"]


def test_mig_with_parts_is_one_gpu_and_without_parts_a_warning(
    computer: Computer, libraries: Libraries
) -> None:
    with_parts = "NVIDIA A100-SXM4-80GB|8.0|81920|GPU-a|2|0"
    computer.nvml(libraries, gpus=with_parts)
    assert computer.quick().problems == ()
    assert names(computer.quick()) == ["NVIDIA A100-SXM4-80GB"]
    computer.told(gpus=with_parts.replace("|2|", "|0|"))
    assert warned(computer.quick()) == ["EP515"]


# --- CUDA_VISIBLE_DEVICES ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("0", ["NVIDIA GeForce RTX 3090"]),
        ("1", ["NVIDIA GeForce GTX 1080"]),
        ("1,0", ["NVIDIA GeForce RTX 3090", "NVIDIA GeForce GTX 1080"]),
        ("0,-1,1", ["NVIDIA GeForce RTX 3090"]),
        ("0,7,1", ["NVIDIA GeForce RTX 3090"]),
        ("0,0", []),
        ("", []),
        ("-1", []),
        ("NoDevFiles", []),
        ("GPU-30900000", ["NVIDIA GeForce RTX 3090"]),
        ("GPU-10800000-0000-0000-0000-000000000003", ["NVIDIA GeForce GTX 1080"]),
        ("GPU-", []),
        ("GPU-99", []),
    ],
)
def test_hidden_gpus_are_no_part_of_the_machine_and_are_told(
    computer: Computer, libraries: Libraries, value: str, shown: list[str]
) -> None:
    computer.environ["CUDA_VISIBLE_DEVICES"] = value
    found = computer.nvml(libraries, gpus=f"{RTX_3090};{GTX_1080}").libcuda(libraries).survey()
    assert names(found) == shown
    assert len(found.hidden) == 2 - len(shown)
    assert ("EP510" in warned(found)) == (len(shown) < 2)
    assert codes(found) == []


def test_numbers_count_in_the_order_of_cuda_not_of_the_bus(computer: Computer, libraries: Libraries) -> None:
    computer.environ["CUDA_VISIBLE_DEVICES"] = "0"
    computer.nvml(libraries, gpus=f"{GTX_1080};{RTX_5090}", cuda_order="10").libcuda(libraries)
    assert names(computer.quick()) == ["NVIDIA GeForce RTX 5090"]
    computer.environ["CUDA_DEVICE_ORDER"] = "PCI_BUS_ID"
    assert names(computer.quick()) == ["NVIDIA GeForce GTX 1080"]


def test_a_part_of_a_gpu_shows_the_gpu_it_belongs_to(computer: Computer, libraries: Libraries) -> None:
    parted = "NVIDIA A100-SXM4-80GB|8.0|81920|GPU-a|2|0"
    computer.environ["CUDA_VISIBLE_DEVICES"] = "MIG-part2-GPU-a"
    assert names(computer.nvml(libraries, gpus=f"{RTX_3090};{parted}").quick()) == ["NVIDIA A100-SXM4-80GB"]
    computer.environ["CUDA_VISIBLE_DEVICES"] = "MIG-GPU-a/1/0"
    assert names(computer.quick()) == ["NVIDIA A100-SXM4-80GB"]


def test_equal_gpus_without_uuids_are_hidden_by_their_number(computer: Computer) -> None:
    computer.environ["CUDA_VISIBLE_DEVICES"] = "1"
    found = computer.smi(
        'for i in 1 2 3; do echo "535.129.03, Tesla T4, 15360, [N/A], 7.5, [N/A]"; done'
    ).survey()
    assert names(found) == ["Tesla T4"]
    assert len(found.hidden) == 2

"""The system around the GPUs: C library, Windows, toolkits, interpreters, surroundings."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from envplan.machine.probe import Host, here, probe_machine, survey
from envplan.machine.probe.registry import Recorded
from envplan.problems import EnvplanError
from envplan.values.versions import Python

from .computers import Computer, codes, warned

# --- platform and C library -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("system", "arch", "platform"),
    [
        ("linux", "x86_64", "linux-x86_64"),
        ("linux", "aarch64", "linux-aarch64"),
        ("win32", "AMD64", "windows-x86_64"),
        ("win32", "ARM64", "windows-arm64"),
        ("darwin", "arm64", "macos-arm64"),
    ],
)
def test_the_systems_own_names_become_ours(computer: Computer, system: str, arch: str, platform: str) -> None:
    assert str(computer.quick(system=system, arch=arch).machine.platform) == platform


@pytest.mark.parametrize(("system", "arch"), [("freebsd14", "amd64"), ("linux", "armv7l"), ("linux", "")])
def test_a_computer_without_wheels_is_a_problem(computer: Computer, system: str, arch: str) -> None:
    with pytest.raises(EnvplanError) as raised:
        computer.quick(system=system, arch=arch)
    assert [problem.code for problem in raised.value.problems] == ["EP518"]
    assert raised.value.exit == 4


def test_musl_is_read_from_alpines_list_of_packages(computer: Computer) -> None:
    computer.file(
        "/lib/apk/db/installed", "C:Q1\nP:alpine-baselayout\nV:3.6\n\nC:Q1x\nP:musl\nV:1.2.5-r0\nA:x86_64\n"
    )
    assert str(computer.quick(libc="").machine.libc) == "musl 1.2.5"


def test_musl_is_asked_of_its_loader_elsewhere(computer: Computer) -> None:
    computer.program("/lib/ld-musl-x86_64.so.1", "echo 'musl libc (x86_64)\nVersion 1.2.3' >&2; exit 1")
    found = computer.quick(libc="").machine.libc
    assert str(found) == "musl 1.2.3"
    assert found
    assert "ld-musl" in found.origin


def test_an_unknown_c_library_is_a_warning(computer: Computer) -> None:
    assert warned(computer.quick(libc="")) == ["EP519"]


# --- Windows ----------------------------------------------------------------------------------

_DISPLAY = r"SYSTEM\CurrentControlSet\Control\Class\{4d36e968-e325-11ce-bfc1-08002be10318}"
_RUNTIME = r"SOFTWARE\Microsoft\VisualStudio\14.0\VC\Runtimes\X64"
_WINDOWS = {"system": "win32", "arch": "AMD64", "libc": "", "build": "10.0.22631"}


def windows(computer: Computer, **values: dict[str, str | int]) -> Computer:
    computer.environ["PATH"] = r"C:\Windows\System32;relative"
    computer.facts = {
        **_WINDOWS,
        "registry": Recorded({_DISPLAY + r"\0001": values["display"], _RUNTIME: values["runtime"]}),
    }
    return computer


def test_windows_counts_its_driver_in_its_own_way(computer: Computer) -> None:
    display: dict[str, str | int] = {"ProviderName": "NVIDIA", "DriverVersion": "31.0.15.4633"}
    windows(computer, display=display, runtime={})
    computer.file("/Windows/System32/nvidia-smi.exe")  # not to be run: it is no program
    found = computer.survey()
    assert found.machine.nvidia
    assert str(found.machine.nvidia.driver) == "546.33"


def test_windows_with_another_vendors_display_has_no_nvidia_driver(computer: Computer) -> None:
    display: dict[str, str | int] = {"ProviderName": "Intel Corporation", "DriverVersion": "31.0.101.4502"}
    found = windows(computer, display=display, runtime={}).survey()
    assert found.machine.nvidia is None
    assert codes(found) == []


@pytest.mark.parametrize(
    ("maker", "vendor"),
    [("Intel Corporation", "intel"), ("Advanced Micro Devices, Inc.", "amd"), ("Microsoft", None)],
)
def test_windows_names_the_gpus_of_others(computer: Computer, maker: str, vendor: str | None) -> None:
    display: dict[str, str | int] = {
        "ProviderName": maker,
        "DriverDesc": "The card",
        "HardwareInformation.qwMemorySize": 8 << 30,
    }
    found = windows(computer, display=display, runtime={}).survey()
    shown = [(gpu.vendor, gpu.name, gpu.memory_mib) for gpu in found.machine.gpus]
    assert shown == ([(vendor, "The card", 8192)] if vendor else [])


def test_the_runtime_of_visual_cpp_is_read_and_what_is_missing_is_named(computer: Computer) -> None:
    runtime: dict[str, str | int] = {"Installed": 1, "Major": 14, "Minor": 44}
    windows(computer, display={}, runtime=runtime).file("/Windows/System32/vcruntime140.dll")
    found = computer.survey()
    assert found.vc_runtime
    assert found.vc_runtime.version == "14.44"
    assert "msvcp140.dll" in found.vc_runtime.missing
    assert warned(found) == ["EP520"]
    assert found.build == "10.0.22631"


# --- toolkits ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("place", "text", "version"),
    [
        (
            "version.json",
            '{\n "cuda" : {\n "name" : "CUDA SDK",\n "version" : "12.1.20230226"\n }\n}',
            "12.1.20230226",
        ),
        ("version.txt", "CUDA Version 10.2.89\n", "10.2.89"),
        ("include/cuda.h", "/* x */\n#define CUDA_VERSION 13000\n", "13.0"),
        ("targets/sbsa-linux/include/cuda.h", "#define CUDA_VERSION 12080\n", "12.8"),
    ],
)
def test_a_toolkit_is_shown_and_never_taken_for_the_driver(
    computer: Computer, place: str, text: str, version: str
) -> None:
    computer.file(f"/usr/local/cuda-x/{place}", text)
    computer.place("/usr/local/cuda").symlink_to("cuda-x")
    found = computer.survey()
    assert [(toolkit.path, toolkit.version) for toolkit in found.toolkits] == [("/usr/local/cuda-x", version)]
    assert found.machine.nvidia is None


def test_a_toolkit_is_found_through_the_environment_and_through_nvcc(computer: Computer) -> None:
    computer.file("/opt/one/version.txt", "CUDA Version 11.8.0").environ["CUDA_HOME"] = "/opt/one/"
    computer.file("/data/two/version.txt", "CUDA Version 12.4.0").program("/data/two/bin/nvcc", "")
    computer.environ["PATH"] = "/data/two/bin"
    assert [toolkit.version for toolkit in computer.survey().toolkits] == ["12.4.0", "11.8.0"]


def test_cudnn_is_read_from_its_header(computer: Computer) -> None:
    header = "#define CUDNN_MAJOR 9\n#define CUDNN_MINOR 1\n#define CUDNN_PATCHLEVEL 0\n"
    computer.file("/usr/include/x86_64-linux-gnu/cudnn_version.h", header).file(
        "/usr/include/cudnn.h", "// none"
    )
    assert [one.version for one in computer.survey().cudnn] == ["9.1.0"]


def test_folders_that_come_before_the_wheels_libraries_are_named(computer: Computer) -> None:
    for name in ("libcudart.so.12", "libcudnn.so.8.9.0", "libm.so.6"):
        computer.file(f"/opt/cuda/lib64/{name}")
    computer.environ["LD_LIBRARY_PATH"] = "/opt/cuda/lib64:/nowhere::relative"
    found = computer.survey()
    assert [(one.path, one.libraries) for one in found.library_folders] == [
        ("/opt/cuda/lib64", ("cudart", "cudnn"))
    ]


def test_processor_extensions_are_those_of_the_first_core(computer: Computer) -> None:
    computer.file(
        "/proc/cpuinfo",
        "processor\t: 0\nflags\t\t: fpu sse4_2 avx avx2\n\nprocessor\t: 1\nflags\t\t: avx512f\n",
    )
    assert computer.survey().flags == ("sse4_2", "avx", "avx2")


# --- interpreters -----------------------------------------------------------------------------


def python(computer: Computer, path: str, answer: str, status: int = 0) -> None:
    computer.program(path, f"echo '{answer}'\nexit {status}")


def test_interpreters_that_run_are_found_and_shims_that_do_not_are_not(computer: Computer) -> None:
    computer.environ |= {"PATH": "/usr/bin:/home/me/.pyenv/shims", "HOME": "/home/me"}
    python(computer, "/usr/bin/python3.9", "cpython 3.9 True ")
    python(computer, "/usr/bin/python3.10", "cpython 3.10 True ", status=127)
    python(computer, "/home/me/.pyenv/versions/3.12.1/bin/python3.12", "cpython 3.12 True ")
    python(computer, "/home/me/.local/share/uv/python/cpython-3.13.0/bin/python3.13", "cpython 3.13 True ")
    python(computer, "/home/me/.pyenv/shims/python3.8", "cpython 3.8 True ")
    assert [str(one.python) for one in computer.survey().interpreters] == ["3.9", "3.11", "3.12", "3.13"]


def test_a_second_interpreter_of_a_version_is_asked_when_the_first_fails(computer: Computer) -> None:
    computer.environ["PATH"] = "/broken:/usr/bin"
    python(computer, "/broken/python3.9", "", status=1)
    python(computer, "/usr/bin/python3.9", "cpython 3.9 True ")
    assert computer.survey().interpreters[0].path == "/usr/bin/python3.9"


@pytest.mark.parametrize(
    "answer", ["pypy 3.10 True ", "cpython 3.13 True t", "cpython 3.9 False ", "garbage", "cpython x True "]
)
def test_interpreters_that_need_other_wheels_do_not_count(computer: Computer, answer: str) -> None:
    computer.environ["PATH"] = "/usr/bin"
    python(computer, "/usr/bin/python3", answer)
    assert [str(one.python) for one in computer.survey().interpreters] == ["3.11"]


def test_for_planning_names_are_believed_and_nothing_is_started(computer: Computer) -> None:
    computer.environ |= {"PATH": "/usr/bin", "HOME": "/home/me"}
    started = computer.root / "started"
    computer.program("/usr/bin/python3.9", f"touch {started}")
    python(computer, "/usr/bin/pypy3.10", "")
    computer.place("/usr/bin/python3.10").symlink_to("pypy3.10")
    python(computer, "/usr/bin/python3.13t", "")
    python(computer, "/home/me/.local/share/uv/python/cpython-3.14.0+freethreaded/bin/python3.14", "")
    computer.file("/usr/bin/python3.7", "not executable")
    assert [str(one.python) for one in computer.quick().interpreters] == ["3.9", "3.11"]
    assert not started.exists()


def test_without_a_sign_of_a_gpu_planning_starts_no_process(
    computer: Computer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a process was started")

    monkeypatch.setattr(subprocess, "Popen", refuse)
    assert probe_machine(computer.host()).problems == ()


@pytest.mark.parametrize("folder", ["/" + "x" * 300, "/a\udcff", "relative", "", "/loop"])
def test_strange_folders_on_the_search_paths_are_passed_over(computer: Computer, folder: str) -> None:
    computer.place("/loop").symlink_to("loop")
    computer.environ |= dict.fromkeys(("PATH", "LD_LIBRARY_PATH", "CUDA_HOME", "HOME"), folder)
    assert computer.survey().problems == ()


# --- surroundings -----------------------------------------------------------------------------


def test_proxies_are_named_and_their_passwords_are_not(computer: Computer) -> None:
    computer.environ |= {"https_proxy": "http://me:secret@proxy.example:3128", "CONDA_PREFIX": "/opt/conda"}
    found = computer.survey()
    assert [note.name for note in found.notes] == ["conda", "proxy"]
    assert "secret" not in repr(found)


@pytest.mark.parametrize(
    ("place", "text"),
    [("/.dockerenv", ""), ("/run/.containerenv", ""), ("/proc/1/cgroup", "0::/kubepods/besteffort/pod1\n")],
)
def test_a_container_is_noticed(computer: Computer, place: str, text: str) -> None:
    assert [note.name for note in computer.file(place, text).survey().notes] == ["container"]


# --- pretending -------------------------------------------------------------------------------


def test_a_profile_in_the_environment_takes_the_machines_place(computer: Computer) -> None:
    computer.environ["ENVPLAN_PROFILE"] = "lab-gtx1080"
    assert here(computer.host()).machine.name == "lab-gtx1080"


def test_a_profile_in_the_environment_that_does_not_exist_is_a_problem(computer: Computer) -> None:
    computer.environ["ENVPLAN_PROFILE"] = "lab-gtx180"
    with pytest.raises(EnvplanError) as raised:
        here(computer.host())
    assert [problem.code for problem in raised.value.problems] == ["EP109"]


@pytest.mark.parametrize("value", ["nan", "inf", "-1", "abc", "", "1e9"])
def test_a_strange_deadline_is_not_believed(value: str) -> None:
    assert 0.1 <= Host.here({"ENVPLAN_PROBE_SECONDS": value}).deadline <= 600


def test_this_computer_can_be_surveyed() -> None:
    found = survey(Host.here())
    assert Python(*sys.version_info[:2]) in [one.python for one in found.interpreters]
    assert Path(found.interpreters[0].path).exists()

"""Signs of NVIDIA hardware or software that cost a few file look-ups: no process, no library loaded."""

from __future__ import annotations

import re
from pathlib import Path

from envplan.machine.fingerprint import LIBRARY_FOLDERS
from envplan.machine.probe import pci, windows
from envplan.machine.probe.host import Host, is_file
from envplan.machine.probe.nvidia.source import dotted
from envplan.machine.probe.rungs import Absent, Found, Outcome, Rung, Unreadable
from envplan.problems import Problem, Said
from envplan.values.records import dataclass
from envplan.values.versions import Dotted

SYSFS = "/sys/module/nvidia/version"
PROCFS = "/proc/driver/nvidia/version"
TEGRA = "/etc/nv_tegra_release"
BOARD = "/proc/device-tree/model"

_WINDOWS_FOLDERS = (r"{SystemRoot}\System32", r"{ProgramFiles}\NVIDIA Corporation\NVSMI")


@dataclass(frozen=True)
class Signs:
    """What there is to ask, and reasons to believe that there is a GPU."""

    kernel: tuple[tuple[Dotted, str], ...]  # driver versions, each with its origin
    unreadable: tuple[Problem, ...]
    nvml: Path | None
    libcuda: Path | None
    smi: Path | None
    devices: bool
    pci: tuple[pci.PciGpu, ...]
    tegra: str
    board: str  # which Jetson, where it is one
    rungs: tuple[Rung, ...]

    @property
    def any(self) -> bool:
        """Whether anything at all speaks of NVIDIA."""
        return bool(
            self.kernel or self.unreadable or self.nvml or self.libcuda or self.smi or self.devices
        ) or bool(self.pci or self.tegra)

    @property
    def driver(self) -> bool:
        """Whether a kernel driver is loaded, or would not say."""
        return bool(self.kernel or self.unreadable or self.devices)


def look(host: Host, graphics: tuple[pci.PciGpu, ...]) -> Signs:
    """Gather the signs."""
    kernel: list[tuple[Dotted, str]] = []
    unreadable: list[Problem] = []
    rungs: list[Rung] = []
    for place, outcome in _kernel(host):
        rungs.append(Rung("kernel driver", place, outcome))
        match outcome:
            case Found(version):
                kernel.append((version, place))
            case Unreadable(problem):
                unreadable.append(problem)
    return Signs(
        kernel=tuple(kernel),
        unreadable=tuple(unreadable),
        nvml=library(host, "nvml.dll" if host.windows else "libnvidia-ml.so.1"),
        libcuda=library(host, "nvcuda.dll" if host.windows else "libcuda.so.1"),
        smi=host.program("nvidia-smi", *_folders(host)),
        devices=_devices(host),
        pci=tuple(gpu for gpu in graphics if gpu.vendor == pci.NVIDIA),
        tegra=host.text(TEGRA),
        board=_board(host.text(BOARD)),
        rungs=tuple(rungs),
    )


def _kernel(host: Host) -> list[tuple[str, Outcome[Dotted]]]:
    if host.windows:
        return [_windows_driver(host)]
    return [
        (SYSFS, _version(host, SYSFS, r"\s*([0-9][0-9.]*)\s*")),
        # "Kernel Module  535.129.03  Thu ..."; "Open Kernel Module for x86_64  580.159.03  Release Build"
        (PROCFS, _version(host, PROCFS, r"(?s).*?Kernel Module(?:\s+for\s+\S+)?\s+([0-9][0-9.]*)\s.*")),
    ]


def _version(host: Host, place: str, pattern: str) -> Outcome[Dotted]:
    match host.read(place):
        case Found(text):
            found = re.fullmatch(pattern, text + "\n")
            version = dotted(found[1]) if found else None
            return Found(version, str(version)) if version else _garbled(place, text)
        case other:
            return other


def _garbled(place: str, text: str) -> Unreadable:
    first = text.splitlines()[0][:80] if text else "an empty file"
    return Unreadable(
        Problem(
            "EP517",
            f"{place} does not name a driver version",
            found=(Said(first, place),),
            why=(Said("the NVIDIA kernel driver writes its version there, in words envplan does not know"),),
            cures=("nvidia-smi",),
        )
    )


def _windows_driver(host: Host) -> tuple[str, Outcome[Dotted]]:
    for adapter in windows.adapters(host):
        # Windows counts 31.0.15.4633 where NVIDIA says 546.33: its last five digits.
        digits = adapter.driver.replace(".", "")[-5:]
        if adapter.vendor == "nvidia" and len(digits) == 5 and digits.isdigit():
            driver = Dotted(f"{digits[:3]}.{digits[3:]}")
            return adapter.origin, Found(driver, f"{driver} (Windows says {adapter.driver})")
    return "registry", Absent("no NVIDIA display driver")


def library(host: Host, name: str) -> Path | None:
    """Find a driver library where the loader would; never the empty stand-ins that toolkits link against."""
    for folder in (*host.folders("LD_LIBRARY_PATH"), *_folders(host)):
        path = host.path(folder) / name
        if "stubs" not in path.parts and is_file(path):
            return path
    return None if host.windows else _cached(host, name)


def _cached(host: Host, name: str) -> Path | None:
    """Look in the loader's own cache, for folders that only /etc/ld.so.conf knows."""
    try:
        cache = host.path("/etc/ld.so.cache").read_bytes()
    except (OSError, ValueError):
        return None
    for found in re.findall(rb"\0(/[^\0]*/" + re.escape(name.encode()) + rb")(?=\0)", cache):
        path = host.path(found.decode("utf-8", "replace"))
        if is_file(path):
            return path
    return None


def _folders(host: Host) -> tuple[str, ...]:
    if not host.windows:
        return LIBRARY_FOLDERS
    places = {
        "SystemRoot": host.environ.get("SystemRoot", r"C:\Windows"),
        "ProgramFiles": host.environ.get("ProgramFiles", r"C:\Program Files"),
    }
    return tuple(folder.format(**places) for folder in _WINDOWS_FOLDERS)


def _board(model: str) -> str:
    """Shorten "NVIDIA Jetson AGX Orin Developer Kit", the device tree's name, to what people say."""
    found = re.search(r"Jetson[ \w]*", model)
    return found[0].removesuffix("Developer Kit").strip() if found else ""


def _devices(host: Host) -> bool:
    return any(re.fullmatch(r"nvidia(ctl|[0-9]+|-uvm)", name) for name in host.entries("/dev"))


def file_version(host: Host, library: Path | None) -> tuple[Dotted, str] | None:
    """Read a driver version from the name of its library: libcuda.so.1 -> libcuda.so.535.129.03."""
    if library is None:
        return None
    try:
        target = library.resolve()
    except (OSError, RuntimeError):
        return None
    found = re.fullmatch(r"lib(?:cuda|nvidia-ml)\.so\.([0-9]{3,}\.[0-9.]+)", target.name)
    version = dotted(found[1]) if found else None
    return (version, str(library) if not host.real else str(target)) if version else None

"""Does the machine have a device that this kind of build drives?"""

from __future__ import annotations

from collections.abc import Iterator

from envplan.machine.model import Machine, Vendor
from envplan.planner.model import Build, Reason
from envplan.planner.rules.asked import drives_metal
from envplan.planner.rules.question import Question
from envplan.spec.model import AnyGpu

NO_DEVICE, UNREADABLE = "EP209", "EP211"

VENDORS: dict[str, tuple[Vendor, str]] = {
    "cuda": ("nvidia", "NVIDIA"),
    "rocm": ("amd", "AMD"),
    "xpu": ("intel", "Intel"),
}


def device(question: Question, build: Build) -> Iterator[Reason]:
    """Look for the device; what could not be read is not taken for absent."""
    machine = question.machine
    if build.variant.kind == "cpu":
        yield from _mac(question, build)
        return
    vendor, name = VENDORS[build.variant.kind]
    if machine.platform.os == "macos":
        yield Reason(NO_DEVICE, f"macOS has no {build.variant.kind.upper()}; Macs use the cpu build with MPS")
    elif not machine.of(vendor):
        yield from _none(machine, vendor, name)
    elif vendor == "nvidia" and machine.nvidia is None:
        gpus = ", ".join(str(gpu) for gpu in machine.of(vendor))
        yield Reason(NO_DEVICE, f"{gpus}: the NVIDIA driver is not installed", machine.of(vendor)[0].origin)


def _none(machine: Machine, vendor: Vendor, name: str) -> Iterator[Reason]:
    for problem in machine.unreadable:
        yield Reason(UNREADABLE, f"whether there is an {name} GPU could not be read: {problem.title}")
    if not machine.unreadable:
        hint = ""
        if vendor == "nvidia" and machine.nvidia:
            hint = f"; the NVIDIA driver {machine.nvidia.driver} is there, but shows no GPU"
        yield Reason(NO_DEVICE, f"no {name} GPU here{hint}", machine.origin)


def _mac(question: Question, build: Build) -> Iterator[Reason]:
    machine = question.machine
    asks_gpu = isinstance(question.wish.accelerator, AnyGpu)
    if not asks_gpu or machine.platform.os != "macos":
        return
    if not drives_metal(build, question):
        floor = build.way.metal
        if floor and machine.macos and machine.macos.value < floor:
            text = f"MPS needs macOS {floor}; this is macOS {machine.macos.value}"
            yield Reason(NO_DEVICE, text, machine.macos.origin)
        elif floor is None:
            yield Reason(NO_DEVICE, f"{build.framework} {build.version} does not drive the GPUs of Macs")
        else:
            yield Reason(NO_DEVICE, "MPS on Intel Macs needs an AMD GPU", machine.origin)
    elif machine.platform.arch == "x86_64" and not machine.of("amd"):
        text = "MPS on Intel Macs needs an AMD GPU, and the profile names none"
        yield Reason("EP221", text, machine.origin, "doubt")

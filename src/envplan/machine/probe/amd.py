"""AMD: the kernel's own topology of compute devices, which needs no ROCm to be installed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import takewhile

from envplan.machine.model import Gpu
from envplan.machine.probe import pci
from envplan.machine.probe.findings import Gpus
from envplan.machine.probe.host import Host
from envplan.machine.probe.rungs import Absent, Found, Outcome, Rung, Unreadable
from envplan.problems import Problem, Said
from envplan.values.records import replace

NODES = "/sys/class/kfd/kfd/topology/nodes"
ENUMERATOR = "rocm_agent_enumerator"

_VENDOR = "4098"  # 0x1002, as the topology writes it
_HIDING = ("ROCR_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES")


def look(host: Host, graphics: Sequence[pci.PciGpu]) -> Gpus:
    """Find AMD's GPUs."""
    plugged = [gpu for gpu in graphics if gpu.vendor == pci.AMD and not gpu.given_away]
    topology = _topology(host)
    rungs = [Rung("KFD topology", NODES, topology)]
    gpus: list[Gpu] = list(topology.value) if isinstance(topology, Found) else []
    unreadable = [topology.problem] if isinstance(topology, Unreadable) else []
    if not gpus and (plugged or unreadable or host.exists("/dev/kfd")):
        agents = _agents(host)
        rungs.append(Rung(ENUMERATOR, "PATH", agents))
        if isinstance(agents, Found):
            gpus, unreadable = list(agents.value), []
        elif isinstance(agents, Unreadable) and not plugged:
            unreadable.append(agents.problem)
    warnings = []
    if plugged and not gpus and not unreadable:
        gpus = [Gpu("amd", _name(host, gpu.device), gpu.origin) for gpu in plugged]
        warnings.append(_without_kfd(plugged[0]))
        warnings += [
            replace(o.problem, severity="warning") for r in rungs if isinstance(o := r.outcome, Unreadable)
        ]
    shown, hidden, hiding = _visible(host, gpus)
    if hidden:
        warnings.append(_hidden(host, hiding, hidden))
    return Gpus(None, tuple(shown), tuple(hidden), tuple(unreadable), tuple(warnings), tuple(rungs))


def gfx(number: int) -> str | None:
    """Turn the kernel's number into the compiler's name: 90010 is gfx90a, 110000 is gfx1100."""
    major, minor, stepping = number // 10000, number // 100 % 100, number % 100
    return f"gfx{major}{minor:x}{stepping:x}" if major and minor < 16 and stepping < 16 else None


def _topology(host: Host) -> Outcome[list[Gpu]]:
    nodes = sorted(host.entries(NODES), key=lambda name: (len(name), name))
    if not nodes:
        return Absent("no compute devices")
    gpus = []
    for node in nodes:
        place = f"{NODES}/{node}/properties"
        match host.read(place):
            case Unreadable() as refused:
                return refused
            case Found(text):
                gpu = _gpu(host, f"{NODES}/{node}", place, _properties(text))
                gpus += [gpu] if gpu else []
            case Absent():
                continue
    return Found(gpus, f"{len(gpus)} GPUs") if gpus else Absent("processors only")


def _gpu(host: Host, folder: str, place: str, properties: dict[str, str]) -> Gpu | None:
    number = properties.get("gfx_target_version", "0")
    if properties.get("vendor_id") != _VENDOR or not number.isdigit() or int(number) == 0:
        return None
    device = properties.get("device_id", "0")
    name = _name(host, int(device) if device.isdigit() else 0)
    return Gpu("amd", name, place, gfx=gfx(int(number)), memory_mib=_memory(host, folder))


def _properties(text: str) -> dict[str, str]:
    return {key: value.strip() for key, _, value in (line.partition(" ") for line in text.splitlines())}


def _memory(host: Host, folder: str) -> int | None:
    total = 0
    for bank in host.entries(f"{folder}/mem_banks"):
        properties = _properties(host.text(f"{folder}/mem_banks/{bank}/properties"))
        size = properties.get("size_in_bytes", "")
        if properties.get("heap_type") in ("1", "2") and size.isdigit():  # the GPU's own, public or private
            total += int(size)
    return total // 2**20 or None


def _name(host: Host, device: int) -> str:
    name = pci.name(host, pci.AMD, device)
    return f"AMD {name}" if name else f"AMD GPU (PCI {pci.AMD:04x}:{device:04x})"


def _agents(host: Host) -> Outcome[list[Gpu]]:
    program = host.program(ENUMERATOR, "/opt/rocm/bin")
    if program is None:
        return Absent("not on PATH, nor in /opt/rocm/bin")
    from envplan.processes.outcomes import Ended
    from envplan.processes.run import run

    outcome = run([program], environ=host.environ, deadline=host.deadline, errors="dropped")
    if not isinstance(outcome, Ended) or outcome.status != 0:
        return Unreadable(
            Problem(
                "EP516",
                f"{ENUMERATOR} does not list the AMD GPUs",
                found=(Said(f"it {outcome.reason}", str(program)),),
                why=(Said("ROCm is installed, and does not work"),),
                cures=(str(program), 'sudo usermod -aG video,render "$USER"   (then log in again)'),
            )
        )
    names = [line.strip() for line in outcome.text.splitlines()]
    gpus = [
        Gpu("amd", f"AMD GPU {name}", ENUMERATOR, gfx=name)
        for name in names
        if re.fullmatch(r"gfx[0-9a-f]{3,5}", name) and name != "gfx000"  # gfx000 is the processor
    ]
    return Found(gpus, f"{len(gpus)} GPUs") if gpus else Absent("processors only")


def _visible(host: Host, gpus: list[Gpu]) -> tuple[list[Gpu], list[Gpu], list[str]]:
    """Set aside what the environment hides, and say by which variables: HIP counts what ROCr leaves."""
    left, hiding = list(range(len(gpus))), []
    for variable in _HIDING:
        chosen = _chosen(host.environ.get(variable), len(left))
        if chosen is not None and len(chosen) < len(left):
            left = [place for index, place in enumerate(left) if index in chosen]
            hiding.append(variable)
    return [gpus[at] for at in left], [gpu for at, gpu in enumerate(gpus) if at not in left], hiding


def _chosen(value: str | None, count: int) -> set[int] | None:
    """Read a list of numbers, up to the first that names no GPU; names other than numbers are left alone."""
    words = [word.strip() for word in value.split(",")] if value is not None else []
    if value is None or not all(re.fullmatch("[0-9]+|-1|", word) for word in words):
        return None
    numbers = (int(word) if word not in ("", "-1") else count for word in words)
    return set(takewhile(lambda number: number < count, numbers))


def _hidden(host: Host, variables: Sequence[str], hidden: Sequence[Gpu]) -> Problem:
    return Problem(
        "EP510",
        f"{' and '.join(variables)} hide{'s' * (len(variables) == 1)} {len(hidden)} of the AMD GPUs",
        found=(
            *(Said(f'{one}="{host.environ[one][:100]}"', "environment") for one in variables),
            *(Said(f"hidden: {gpu}", gpu.origin) for gpu in hidden),
        ),
        why=(Said("programs started from here do not see these GPUs, so they are no part of this machine"),),
        cures=(f"unset {' '.join(variables)}",),
        severity="warning",
    )


def _without_kfd(gpu: pci.PciGpu) -> Problem:
    return Problem(
        "EP511",
        "there is an AMD GPU, but the kernel offers no compute on it",
        found=(Said(f"PCI device {gpu.ids}, driver {gpu.driver or 'none'}", gpu.origin),),
        why=(Said(f"{NODES} lists no GPU: the amdgpu driver is not loaded, or a container hides it"),),
        cures=(
            "sudo modprobe amdgpu",
            "docker run --device /dev/kfd --device /dev/dri ...",
        ),
        severity="warning",
    )

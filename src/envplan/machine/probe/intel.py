"""Intel: what the PCI bus lists. XPU wheels bring their own runtime; the kernel's driver is all they need."""

from __future__ import annotations

from collections.abc import Sequence

from envplan.machine.model import Gpu
from envplan.machine.probe import pci
from envplan.machine.probe.findings import Gpus
from envplan.machine.probe.host import Host
from envplan.machine.probe.rungs import Absent, Found, Rung

# The cards that people buy for computing, from the kernel's i915 and xe tables of PCI ids; others are
# named by the system's own list of PCI names, or by their number.
_CARDS = {
    0x56A0: "Intel Arc A770",
    0x56A1: "Intel Arc A750",
    0x56A2: "Intel Arc A580",
    0x56A5: "Intel Arc A380",
    0x56A6: "Intel Arc A310",
    0x56C0: "Intel Data Center GPU Flex 170",
    0x56C1: "Intel Data Center GPU Flex 140",
    0xE20B: "Intel Arc B580",
    0xE20C: "Intel Arc B570",
    0x0BD5: "Intel Data Center GPU Max 1550",
    0x0BDA: "Intel Data Center GPU Max 1100",
}


def look(host: Host, graphics: Sequence[pci.PciGpu]) -> Gpus:
    """Find Intel's GPUs."""
    found = [gpu for gpu in graphics if gpu.vendor == pci.INTEL and not gpu.given_away]
    gpus = tuple(Gpu("intel", _name(host, gpu.device), gpu.origin) for gpu in found)
    outcome = Found(gpus, f"{len(gpus)} GPUs") if gpus else Absent("no Intel graphics device")
    return Gpus(gpus=gpus, rungs=(Rung("Intel on the PCI bus", "/sys/bus/pci/devices", outcome),))


def _name(host: Host, device: int) -> str:
    if device in _CARDS:
        return _CARDS[device]
    name = pci.name(host, pci.INTEL, device)
    return f"Intel {name}" if name else f"Intel GPU (PCI {pci.INTEL:04x}:{device:04x})"

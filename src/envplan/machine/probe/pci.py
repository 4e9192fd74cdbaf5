"""Graphics devices as the PCI bus lists them: what is plugged in, whether or not a driver drives it."""

from __future__ import annotations

from collections.abc import Iterable

from envplan.machine.probe.host import Host
from envplan.values.records import dataclass

NVIDIA, AMD, INTEL = 0x10DE, 0x1002, 0x8086

_FOLDER = "/sys/bus/pci/devices"
_NAMES = ("/usr/share/misc/pci.ids", "/usr/share/hwdata/pci.ids")
_DISPLAY, _ACCELERATOR = 0x03, 0x12  # PCI base classes; Instinct cards are "processing accelerators"


@dataclass(frozen=True)
class PciGpu:
    """One graphics device on the bus."""

    address: str
    vendor: int
    device: int
    driver: str  # the kernel driver bound to it; empty where there is none

    @property
    def origin(self) -> str:
        """The folder it was read from."""
        return f"{_FOLDER}/{self.address}"

    @property
    def ids(self) -> str:
        """Vendor and device, as lspci -n shows them."""
        return f"{self.vendor:04x}:{self.device:04x}"

    @property
    def given_away(self) -> bool:
        """Whether it is handed to a virtual machine, so that nothing here can use it."""
        return self.driver in ("vfio-pci", "pci-stub", "xen-pciback")


def graphics(host: Host) -> tuple[PciGpu, ...]:
    """List the graphics devices of the three vendors that make wheels worth having."""
    found = []
    for address in host.entries(_FOLDER):
        folder = f"{_FOLDER}/{address}"
        base = _number(host.text(f"{folder}/class")) >> 16
        if base not in (_DISPLAY, _ACCELERATOR):
            continue
        vendor, device = _number(host.text(f"{folder}/vendor")), _number(host.text(f"{folder}/device"))
        if vendor == AMD or (vendor in (NVIDIA, INTEL) and base == _DISPLAY):
            found.append(PciGpu(address, vendor, device, _driver(host, folder)))
    return tuple(found)


def name(host: Host, vendor: int, device: int) -> str | None:
    """Look a device up in the list of PCI names that many systems carry."""
    for place in _NAMES:
        try:
            with host.path(place).open(encoding="utf-8", errors="replace") as file:
                return _lookup(file, vendor, device)
        except OSError:
            continue
    return None


def _lookup(lines: Iterable[str], vendor: int, device: int) -> str | None:
    inside = False
    for line in lines:
        if line.startswith("#"):
            continue
        if not line.startswith("\t"):
            if inside:
                return None
            inside = line.startswith(f"{vendor:04x} ")
        elif inside and line.startswith(f"\t{device:04x} "):
            text = line[5:].strip()
            marketing = text[text.find("[") + 1 : text.rfind("]")] if text.endswith("]") else text
            return marketing or None
    return None


def _driver(host: Host, folder: str) -> str:
    try:
        return host.path(f"{folder}/driver").readlink().name
    except (OSError, ValueError):
        return ""


def _number(text: str) -> int:
    try:
        return int(text, 16)
    except ValueError:
        return 0

"""Windows: the display adapters in the registry, whoever made them."""

from __future__ import annotations

from collections.abc import Iterator

from envplan.machine.model import Gpu, Vendor
from envplan.machine.probe.findings import Gpus
from envplan.machine.probe.host import Host
from envplan.machine.probe.rungs import Absent, Found, Rung
from envplan.values.records import dataclass

_CLASS = r"SYSTEM\CurrentControlSet\Control\Class\{4d36e968-e325-11ce-bfc1-08002be10318}"
_MAKERS: tuple[tuple[str, Vendor], ...] = (
    ("nvidia", "nvidia"),
    ("advanced micro devices", "amd"),
    ("amd", "amd"),
    ("intel", "intel"),
)


@dataclass(frozen=True)
class Adapter:
    """One display adapter with its driver."""

    vendor: Vendor
    name: str
    driver: str  # as Windows counts: 31.0.15.4633
    memory_mib: int | None
    origin: str


def adapters(host: Host) -> Iterator[Adapter]:
    """List the adapters of the vendors that make wheels worth having."""
    for key in host.registry.keys(_CLASS):
        path = f"{_CLASS}\\{key}"
        maker = str(host.registry.value(path, "ProviderName") or "").lower()
        vendor = next((vendor for start, vendor in _MAKERS if maker.startswith(start)), None)
        if vendor:
            name = str(host.registry.value(path, "DriverDesc") or "")
            size = host.registry.value(path, "HardwareInformation.qwMemorySize")
            yield Adapter(
                vendor,
                "".join(letter for letter in name if letter.isprintable()).strip()[:100] or f"{vendor} GPU",
                str(host.registry.value(path, "DriverVersion") or ""),
                size // 2**20 or None if isinstance(size, int) else None,
                f"registry: display adapter {key}",
            )


def look(host: Host) -> Gpus:
    """Find the GPUs of AMD and Intel; NVIDIA's are asked of its own driver."""
    gpus = tuple(
        Gpu(adapter.vendor, adapter.name, adapter.origin, memory_mib=adapter.memory_mib)
        for adapter in adapters(host)
        if adapter.vendor != "nvidia"
    )
    outcome = Found(gpus, f"{len(gpus)} GPUs") if gpus else Absent("no adapter of AMD or Intel")
    return Gpus(gpus=gpus, rungs=(Rung("AMD and Intel on Windows", "registry", outcome),))

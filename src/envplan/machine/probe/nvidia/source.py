"""What one source says about NVIDIA's driver and devices."""

from __future__ import annotations

from envplan.problems import Problem
from envplan.values.records import dataclass
from envplan.values.versions import Compute, Cuda, Dotted

NVML, SMI, LIBCUDA = "NVML", "nvidia-smi", "libcuda"


@dataclass(frozen=True)
class Device:
    """One GPU in the words of one source."""

    name: str
    compute: Compute | None = None
    memory_mib: int | None = None
    uuid: str = ""
    instances: tuple[str, ...] | None = None  # MIG is on, and these are its parts


@dataclass(frozen=True)
class Account:
    """Everything one source says."""

    origin: str
    driver: Dotted | None = None
    cuda: Cuda | None = None
    devices: tuple[Device, ...] = ()
    broken: tuple[Problem, ...] = ()  # devices that it counts and cannot describe


def cuda_of(number: object) -> Cuda | None:
    """Read NVIDIA's one-number form: 12020 is 12.2."""
    if not isinstance(number, int) or number < 1000:
        return None
    return Cuda(number // 1000, number % 1000 // 10)


def dotted(text: object) -> Dotted | None:
    """Read a driver version; anything else is none."""
    try:
        return Dotted(text.strip()) if isinstance(text, str) else None
    except ValueError:
        return None


def mebibytes(size: object) -> int | None:
    """Turn bytes into MiB; none where there is no size."""
    return size // 2**20 if isinstance(size, int) and size >= 2**20 else None

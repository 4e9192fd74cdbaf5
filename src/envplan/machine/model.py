"""A machine as the planner sees it. Every fact carries its origin."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from envplan.problems import Problem
from envplan.values.evidence import Fact
from envplan.values.platforms import Platform
from envplan.values.records import dataclass
from envplan.values.variants import Kind
from envplan.values.versions import Compute, Cuda, Dotted, Libc, Python

Vendor = Literal["nvidia", "amd", "intel", "apple"]
VENDORS: tuple[Vendor, ...] = ("nvidia", "amd", "intel", "apple")


@dataclass(frozen=True)
class Gpu:
    """One device. `compute` is NVIDIA's, `gfx` is AMD's; none where it could not be read."""

    vendor: Vendor
    name: str
    origin: str
    compute: Compute | None = None
    gfx: str | None = None
    memory_mib: int | None = None

    def is_called(self, patterns: Iterable[str]) -> bool:
        """Whether its name fits one of the patterns by which a build lists its GPUs."""
        from fnmatch import fnmatchcase  # 1 ms that only Intel's builds cost

        return any(fnmatchcase(self.name.lower(), pattern.lower()) for pattern in patterns)

    def __str__(self) -> str:
        detail = self.compute.sm if self.compute else self.gfx
        return f"{self.name} ({detail})" if detail else self.name


@dataclass(frozen=True)
class Nvidia:
    """The NVIDIA driver: its version, and the newest CUDA it says it can run."""

    driver: Fact[Dotted]
    cuda: Fact[Cuda] | None = None


@dataclass(frozen=True)
class Machine:
    """What one computer can run.

    `unreadable` holds what could not be found out. It is never taken for "there is none".
    """

    name: str
    platform: Platform
    origin: str
    libc: Fact[Libc] | None = None
    macos: Fact[Dotted] | None = None
    pythons: tuple[Fact[Python], ...] = ()
    nvidia: Nvidia | None = None
    gpus: tuple[Gpu, ...] = ()
    unreadable: tuple[Problem, ...] = ()
    any_kinds: tuple[Kind, ...] = ()  # not empty: any machine of the platform with such an accelerator

    def of(self, vendor: Vendor) -> tuple[Gpu, ...]:
        """Return the devices of one vendor."""
        return tuple(gpu for gpu in self.gpus if gpu.vendor == vendor)

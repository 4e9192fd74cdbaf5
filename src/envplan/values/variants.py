"""Accelerator flavours of a build: cpu, cu121, rocm6.2, xpu."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import total_ordering
from typing import Literal

from envplan.values.records import dataclass
from envplan.values.versions import Cuda, Dotted

Kind = Literal["cpu", "cuda", "rocm", "xpu"]

# The CUDA number is written without a dot: its last digit is the minor (cu92 9.2, cu118 11.8, cu130 13.0).
# Two digits from 11 on are a major alone (cu12, cu13): extras and package names that take any minor.
_CUDA = re.compile(r"cu([0-9]{1,3})([0-9])")
_CUDA_MAJOR = re.compile(r"cu(1[1-9]|[2-4][0-9])")
_ROCM = re.compile(r"rocm([0-9]+(?:\.[0-9]+){0,2})")


@total_ordering
@dataclass(frozen=True)
class Variant:
    """One accelerator flavour, by the name that indexes and local versions give it."""

    name: str

    def __post_init__(self) -> None:
        if self.name not in ("cpu", "xpu") and not (_CUDA.fullmatch(self.name) or _ROCM.fullmatch(self.name)):
            raise ValueError(f"{self.name!r} is not a variant such as cpu, cu121, rocm6.2 or xpu")

    @property
    def kind(self) -> Kind:
        """Which vendor's accelerator it drives."""
        if self.name.startswith("cu"):
            return "cuda"
        if self.name.startswith("rocm"):
            return "rocm"
        return "xpu" if self.name == "xpu" else "cpu"

    @property
    def cuda(self) -> Cuda | None:
        """The toolkit in its name; none where the name is a major alone, or no CUDA at all."""
        if self.kind != "cuda" or _CUDA_MAJOR.fullmatch(self.name):
            return None
        found = _CUDA.fullmatch(self.name)
        assert found
        return Cuda(int(found[1]), int(found[2]))

    @property
    def cuda_major(self) -> int | None:
        """The CUDA major in its name."""
        if found := _CUDA_MAJOR.fullmatch(self.name):
            return int(found[1])
        return self.cuda.major if self.cuda else None

    @property
    def rocm(self) -> Dotted | None:
        """The ROCm release in its name."""
        found = _ROCM.fullmatch(self.name)
        return Dotted(found[1]) if found else None

    @property
    def group(self) -> str:
        """Its name as a dependency group, where no dots are allowed."""
        return self.name.replace(".", "")

    def _rank(self) -> tuple[int, tuple[int, ...], str]:
        order = {"cpu": 0, "xpu": 1, "rocm": 2, "cuda": 3}[self.kind]
        if self.rocm:
            return (order, self.rocm.parts, self.name)
        if self.cuda:
            return (order, (self.cuda.major, self.cuda.minor), self.name)
        return (order, (self.cuda_major or 0, -1), self.name)

    def __lt__(self, other: Variant) -> bool:
        return self._rank() < other._rank()

    def __str__(self) -> str:
        return self.name


CPU = Variant("cpu")


def default_of(variants: Collection[Variant]) -> Variant:
    """Choose what a plain installer gets: the CPU's if there is one, else the oldest, for most machines."""
    return CPU if CPU in variants else min(variants, default=CPU)

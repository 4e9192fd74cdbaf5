"""Operating system and processor: the part of a target that no driver can change."""

from __future__ import annotations

from typing import Literal, Self

from envplan.values.records import dataclass

Os = Literal["linux", "windows", "macos"]
Arch = Literal["x86_64", "aarch64"]

OSES: tuple[Os, ...] = ("linux", "windows", "macos")
ARCHES: tuple[Arch, ...] = ("x86_64", "aarch64")

# The names vendors use: Apple and Microsoft say arm64, Linux says aarch64.
_NAMES: dict[str, tuple[Os, Arch]] = {
    "linux-x86_64": ("linux", "x86_64"),
    "linux-aarch64": ("linux", "aarch64"),
    "windows-x86_64": ("windows", "x86_64"),
    "windows-arm64": ("windows", "aarch64"),
    "macos-x86_64": ("macos", "x86_64"),
    "macos-arm64": ("macos", "aarch64"),
}
PLATFORM_NAMES: tuple[str, ...] = tuple(_NAMES)


@dataclass(frozen=True, order=True)
class Platform:
    """One operating system on one processor."""

    os: Os
    arch: Arch

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read "linux-x86_64"."""
        if text not in _NAMES:
            raise ValueError(f"{text!r} is not a platform; the platforms are {', '.join(_NAMES)}")
        return cls(*_NAMES[text])

    def __str__(self) -> str:
        return next(name for name, parts in _NAMES.items() if parts == (self.os, self.arch))

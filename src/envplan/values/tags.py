"""The platform tags of wheels: which machines a file is for, and how old they may be."""

from __future__ import annotations

import re

from envplan.values.platforms import Arch, Os, Platform
from envplan.values.records import dataclass
from envplan.values.versions import Dotted, Python

# PEP 513, 571 and 599: the names manylinux had before PEP 600 wrote the glibc version into them.
_OLD_MANYLINUX = {"manylinux1": "2.5", "manylinux2010": "2.12", "manylinux2014": "2.17"}
_ARCHES: dict[str, tuple[Arch, ...]] = {
    "x86_64": ("x86_64",),
    "aarch64": ("aarch64",),
    "arm64": ("aarch64",),
    "universal2": ("x86_64", "aarch64"),
    "amd64": ("x86_64",),
}
_MANYLINUX = re.compile(r"(manylinux[0-9]+|manylinux_([0-9]+)_([0-9]+))_(\w+)")
_MUSLLINUX = re.compile(r"musllinux_([0-9]+)_([0-9]+)_(\w+)")
_MACOS = re.compile(r"macosx_([0-9]+)_([0-9]+)_(\w+)")


@dataclass(frozen=True)
class PlatformTag:
    """One platform tag: the system it is for and the oldest one it runs on."""

    os: Os | None  # none: any
    arches: tuple[Arch, ...] = ()
    libc: str | None = None  # glibc | musl
    floor: Dotted | None = None  # of the libc, or of macOS; none where the tag names none

    def fits(self, platform: Platform) -> bool:
        """Whether the tag is for this platform, its age aside."""
        return self.os is None or (self.os == platform.os and platform.arch in self.arches)


def platform_tags(text: str) -> tuple[PlatformTag, ...]:
    """Read the platform part of a wheel's name; tags of other systems are left out."""
    return tuple(tag for part in text.split(".") if (tag := _platform_tag(part)))


def _platform_tag(text: str) -> PlatformTag | None:
    if text == "any":
        return PlatformTag(None)
    if found := _MANYLINUX.fullmatch(text):
        floor = f"{found[2]}.{found[3]}" if found[2] else _OLD_MANYLINUX.get(found[1])
        arches = _ARCHES.get(found[4], ())
        return PlatformTag("linux", arches, "glibc", Dotted(floor)) if floor and arches else None
    if found := _MUSLLINUX.fullmatch(text):
        return PlatformTag("linux", _ARCHES.get(found[3], ()), "musl", Dotted(f"{found[1]}.{found[2]}"))
    if found := _MACOS.fullmatch(text):
        return PlatformTag("macos", _ARCHES.get(found[3], ()), None, Dotted(f"{found[1]}.{found[2]}"))
    if text.startswith("linux_"):
        return PlatformTag("linux", _ARCHES.get(text.removeprefix("linux_"), ()), "glibc")
    if text.startswith("win_"):
        return PlatformTag("windows", _ARCHES.get(text.removeprefix("win_"), ()))
    return None


@dataclass(frozen=True)
class PythonTag:
    """Which Pythons a wheel loads in: one ABI (cp311), that ABI and later (cp38-abi3), or any (py3)."""

    python: Python | None
    later: bool = False

    def fits(self, python: Python) -> bool:
        """Whether this Python loads the wheel."""
        if self.python is None:
            return True
        return python >= self.python if self.later else python == self.python

    def __str__(self) -> str:
        return f"{self.python} or later" if self.later else str(self.python or "any")


def python_tag(text: str) -> PythonTag | None:
    """Read the short form used in listings: "311", "38+", "any"; none for tags not understood (313t)."""
    if text == "any":
        return PythonTag(None)
    found = re.fullmatch(r"([23])([0-9]{1,2})(\+?)", text)
    return PythonTag(Python(int(found[1]), int(found[2])), bool(found[3])) if found else None

"""What the interpreters of a target tell markers about themselves (PEP 508)."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from envplan.values.platforms import Arch, Os, Platform
from envplan.values.versions import Python

if TYPE_CHECKING:
    from packaging.specifiers import SpecifierSet

_LAST = 99  # no minor version has had as many patch releases

SYS_PLATFORMS: dict[Os, str] = {"linux": "linux", "windows": "win32", "macos": "darwin"}
_SYSTEMS: dict[Os, str] = {"linux": "Linux", "windows": "Windows", "macos": "Darwin"}
_MACHINES: dict[tuple[Os, Arch], str] = {
    ("windows", "x86_64"): "AMD64",
    ("windows", "aarch64"): "ARM64",
    ("macos", "aarch64"): "arm64",
}


def machine_of(platform: Platform) -> str:
    """Return what the system calls its processor: platform_machine."""
    return _MACHINES.get((platform.os, platform.arch), platform.arch)


def environment(platform: Platform, python: Python, patch: int = 0) -> dict[str, str]:
    """Give the values that one interpreter has for markers."""
    full = f"{python}.{patch}"
    return {
        "implementation_name": "cpython",
        "implementation_version": full,
        "os_name": "nt" if platform.os == "windows" else "posix",
        "platform_machine": machine_of(platform),
        "platform_python_implementation": "CPython",
        "platform_release": "",
        "platform_system": _SYSTEMS[platform.os],
        "platform_version": "",
        "python_full_version": full,
        "python_version": str(python),
        "sys_platform": SYS_PLATFORMS[platform.os],
    }


def environments(platform: Platform, python: Python, marker: str) -> list[dict[str, str]]:
    """Give the values of every interpreter that a marker may tell from others of its minor version."""
    told_apart = "full_version" in marker or "implementation_version" in marker
    patches = _patches(marker, python) if told_apart else (0,)
    return [environment(platform, python, patch) for patch in patches]


def admits(requires_python: SpecifierSet, python: Python) -> bool:
    """Whether some patch release of a minor version is admitted."""
    return any(_admitted(str(requires_python), python))


def admits_every(requires_python: SpecifierSet, python: Python) -> bool:
    """Whether all patch releases of a minor version are admitted."""
    return all(_admitted(str(requires_python), python))


@lru_cache(4096)
def _admitted(specifier: str, python: Python) -> tuple[bool, ...]:
    from packaging.specifiers import SpecifierSet

    wanted = SpecifierSet(specifier)
    patches = _patches(specifier, python)
    return tuple([wanted.contains(f"{python}.{patch}", prereleases=True) for patch in patches])


def _patches(text: str, python: Python) -> tuple[int, ...]:
    """Give one patch release of each kind that a text can tell apart: those that it names, and beside them.

    Which one a machine has is no part of a target: what one of them requires, the target requires.
    """
    named = [
        int(patch) for patch in re.findall(rf"(?<![\d.]){python.major}\.{python.minor}\.(\d{{1,3}})", text)
    ]
    beside = {patch + step for patch in named for step in (-1, 0, 1)}
    return tuple(sorted({0, _LAST, *beside} - {-1}))

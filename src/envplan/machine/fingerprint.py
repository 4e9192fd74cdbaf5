"""What a choice on this machine rests on, told in a millisecond: no process, no driver library, no parsing.

It is a digest of the places where a change would show: another driver, GPU, C library, or other variables. It
says only "the same as before" or "look again"; what the machine can run is for the probe to find out.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from envplan.values.digests import sha256

_VARIABLES = (
    "ENVPLAN_PROFILE",
    "CUDA_VISIBLE_DEVICES",
    "CUDA_DEVICE_ORDER",
    "NVIDIA_VISIBLE_DEVICES",
    "ROCR_VISIBLE_DEVICES",
    "HIP_VISIBLE_DEVICES",
)
_VERSIONS = ("sys/module/nvidia/version", "proc/driver/nvidia/version", "etc/nv_tegra_release")
# Where a driver's libraries are, in the order in which they are looked for, after the loader's own.
LIBRARY_FOLDERS = (
    "/usr/lib/wsl/lib",
    "/usr/lib/x86_64-linux-gnu",
    "/usr/lib/aarch64-linux-gnu",
    "/usr/lib/aarch64-linux-gnu/nvidia",
    "/usr/lib/aarch64-linux-gnu/tegra",
    "/usr/lib64",
    "/usr/lib64/nvidia",
    "/usr/lib",
    "/usr/local/nvidia/lib64",  # Kubernetes on Google's machines
    "/run/opengl-driver/lib",  # NixOS
)
_WINDOWS_LIBRARY = "Windows/System32/nvml.dll"
_FOUND = (
    ("LD_LIBRARY_PATH", "libnvidia-ml.so.1"),
    ("LD_LIBRARY_PATH", "libcuda.so.1"),
    ("PATH", "nvidia-smi"),
)
_LISTS = (
    ("dev", ("nvidia", "kfd", "dxg")),
    ("dev/dri", ("render",)),
    ("sys/class/kfd/kfd/topology/nodes", ("",)),
)
_PCI = "proc/bus/pci/devices"
_DRIVER = 17  # the column of the driver, where one is bound; before it addresses, interrupts and sizes
_VENDORS = ("10de", "1002", "8086")  # NVIDIA, AMD, Intel


def fingerprint(
    more: Iterable[str] = (), *, root: Path | None = None, environ: Mapping[str, str] = os.environ
) -> str:
    """Digest all of it, and what else the choice rests on."""
    facts = [*_system(), *_variables(environ), *_devices(root or Path(Path(sys.prefix).anchor)), *more]
    return f"sha256:{sha256(chr(0).join(facts).encode('utf-8', 'surrogateescape')).hexdigest()}"


def _system() -> Iterator[str]:
    yield sys.platform
    if hasattr(os, "uname"):
        system = os.uname()
        yield from (system.machine, system.release if sys.platform == "darwin" else "")
    try:
        yield os.confstr("CS_GNU_LIBC_VERSION") or ""
    except (AttributeError, ValueError, OSError):  # Windows, macOS, musl
        yield ""


def _variables(environ: Mapping[str, str]) -> Iterator[str]:
    for name in _VARIABLES:
        yield f"{name}={environ[name]}" if name in environ else name
    if profile := environ.get("ENVPLAN_PROFILE"):
        yield stamp(profile)
    for name, file in _FOUND:  # of a folder without it nothing: people change these variables all the time
        for folder in filter(None, environ.get(name, "").split(os.pathsep)):
            if found := stamp(f"{folder}/{file}"):
                yield f"{folder}/{file} {found}"


def _devices(root: Path) -> Iterator[str]:
    for place in _VERSIONS:
        yield _text(root / place)
    for folder in LIBRARY_FOLDERS:
        yield stamp(root / folder[1:] / "libnvidia-ml.so.1")
    yield stamp(root / _WINDOWS_LIBRARY)
    for place, starts in _LISTS:
        yield " ".join(name for name in _names(root / place) if name.startswith(starts))
    yield from _graphics(_text(root / _PCI))


def _graphics(listed: str) -> Iterator[str]:
    """Of each PCI device its kind and the driver bound to it; not what changes with every start."""
    for line in listed.splitlines():
        words = line.split()
        if len(words) > 1 and words[1][:4] in _VENDORS:
            yield " ".join((words[1], *words[_DRIVER:]))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except (OSError, ValueError) as error:
        return type(error).__name__  # absent and unreadable are not the same


def stamp(path: Path | str) -> str:
    """Say how large a file is and when it was changed; empty where there is none."""
    try:
        status = os.stat(path)  # noqa: PTH116 - a dozen of these must take no time
    except (OSError, ValueError):
        return ""
    return f"{status.st_size} {status.st_mtime_ns}"


def _names(folder: Path) -> list[str]:
    try:
        return sorted(os.listdir(folder))  # noqa: PTH208 - names are all that is needed
    except (OSError, ValueError):
        return []

"""CUDA toolkits and cuDNN that are installed on the system.

Wheels bring their own; these matter to whoever compiles, and when LD_LIBRARY_PATH puts them in front.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from envplan.machine.probe.host import Host, is_file
from envplan.values.records import dataclass

_PREFIXES = ("/usr/local", "/opt")
_WINDOWS = r"C:\Program Files\NVIDIA GPU Computing Toolkit\CUDA"
_VARIABLES = ("CUDA_HOME", "CUDA_PATH", "CUDA_ROOT", "CONDA_PREFIX")
_LIBRARIES = re.compile(
    r"(?:lib)?(cudart|cublas|cublasLt|cudnn|nccl|cufft|cusparse|cusolver|nvrtc|cuda|nvidia-ml)"
    r"(?:64_[0-9_]+)?\.(?:so|dll)(?:\..*)?"
)


@dataclass(frozen=True)
class Toolkit:
    """One toolkit, or one cuDNN: where, which version, and how that is known."""

    path: str
    version: str
    origin: str


@dataclass(frozen=True)
class LibraryFolder:
    """A folder of the loader's search path that holds CUDA libraries, and so comes before a wheel's own."""

    path: str
    libraries: tuple[str, ...]


def find_toolkits(host: Host) -> tuple[Toolkit, ...]:
    """Find the toolkits; one that has several names is told once, by the most exact."""
    found: dict[Path, Toolkit] = {}
    for folder in sorted(_folders(host), key=len, reverse=True):
        known = _toolkit(host, folder)
        if known:
            found.setdefault(host.path(folder).resolve(), known)
    return tuple(sorted(found.values(), key=lambda toolkit: toolkit.path))


def _folders(host: Host) -> Iterator[str]:
    for variable in _VARIABLES:
        folder = host.environ.get(variable, "")
        if host.absolute(folder):
            yield folder.rstrip("/") or folder
    if host.windows:
        yield from (f"{_WINDOWS}\\{name}" for name in host.entries(_WINDOWS))
        return
    for prefix in _PREFIXES:
        yield from (f"{prefix}/{name}" for name in host.entries(prefix) if name.startswith("cuda"))
    yield from ("/usr/lib/cuda", "/usr/lib/nvidia-cuda-toolkit", "/usr")
    for folder in host.folders("PATH"):
        if is_file(host.path(folder) / "nvcc"):
            yield str(Path(folder).parent)


def _toolkit(host: Host, folder: str) -> Toolkit | None:
    for name, pattern in (
        ("version.json", r'"cuda"\s*:\s*\{[^}]*"version"\s*:\s*"([0-9.]+)"'),
        ("version.txt", r"CUDA Version ([0-9.]+)"),
    ):
        place = f"{folder}/{name}"
        if found := re.search(pattern, host.text(place)):
            return Toolkit(folder, found[1], place)
    for header in (
        "include/cuda.h",
        "targets/x86_64-linux/include/cuda.h",
        "targets/sbsa-linux/include/cuda.h",
    ):
        place = f"{folder}/{header}"
        if found := re.search(r"(?m)^\s*#\s*define\s+CUDA_VERSION\s+([0-9]{4,6})", host.text(place)):
            number = int(found[1])
            return Toolkit(folder, f"{number // 1000}.{number % 1000 // 10}", place)
    return None


def find_cudnn(host: Host) -> tuple[Toolkit, ...]:
    """Find the cuDNNs."""
    includes = [f"{folder}/include" for folder in _folders(host)]
    includes += ["/usr/include/x86_64-linux-gnu", "/usr/include/aarch64-linux-gnu"]
    found: dict[Path, Toolkit] = {}
    for folder in includes:
        for name in ("cudnn_version.h", "cudnn.h"):
            place = f"{folder}/{name}"
            if version := _cudnn(host.text(place)):
                found.setdefault(host.path(place).resolve(), Toolkit(folder, version, place))
                break
    return tuple(sorted(found.values(), key=lambda one: one.path))


def _cudnn(header: str) -> str | None:
    parts = []
    for word in ("MAJOR", "MINOR", "PATCHLEVEL"):
        found = re.search(rf"(?m)^\s*#\s*define\s+CUDNN_{word}\s+([0-9]+)", header)
        if not found:
            return None
        parts.append(found[1])
    return ".".join(parts)


def find_library_folders(host: Host) -> tuple[LibraryFolder, ...]:
    """Find the folders on the loader's path whose CUDA libraries come before those of the wheels."""
    found = []
    for folder in host.folders("PATH" if host.windows else "LD_LIBRARY_PATH"):
        names = {match[1] for name in host.entries(folder) if (match := _LIBRARIES.fullmatch(name))}
        if names:
            found.append(LibraryFolder(folder, tuple(sorted(names))))
    return tuple(found)

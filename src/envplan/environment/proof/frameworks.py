"""Which frameworks an environment holds, and what each of them must turn out to be."""

from __future__ import annotations

import re
from collections.abc import Mapping

from envplan.machine.model import Gpu, Machine, Vendor
from envplan.values.records import dataclass
from envplan.values.variants import CPU, Kind, Variant

_VENDORS: dict[Kind, Vendor] = {"cuda": "nvidia", "rocm": "amd", "xpu": "intel"}

# By project, in the order in which they are tried; the first that an environment holds is the framework's.
_PROJECTS: dict[str, re.Pattern[str]] = {
    "torch": re.compile(r"torch"),
    "tensorflow": re.compile(r"tensorflow(?:-cpu|-gpu|-intel|-macos|-rocm)?|tf-nightly(?:-cpu|-gpu)?"),
    "jax": re.compile(r"jax"),
    "cupy": re.compile(r"cupy(?:-cuda\d+x?|-rocm[\d-]+)?"),
    "onnxruntime": re.compile(r"onnxruntime(?:-gpu|-rocm|-migraphx|-directml|-openvino|-silicon)?"),
    "paddle": re.compile(r"paddlepaddle(?:-gpu|-xpu|-dcu)?"),
}

# The wheel that makes plain TensorFlow find its GPU: only its extra `and-cuda` asks for it.
_TENSORFLOW_CUDA = re.compile(r"nvidia-cuda-nvcc(?:-cu(\d+))?")


@dataclass(frozen=True)
class Expected:
    """One framework as the lock has it."""

    framework: str
    package: str
    version: str
    kind: Kind
    variant: Variant | None = None  # exactly this one, where the lock says so
    cuda_major: int | None = None  # or this CUDA, where it says no more
    torchvision: bool = False

    @property
    def wanted(self) -> str:
        """Say what it is, for people."""
        told = self.variant or (f"CUDA {self.cuda_major}" if self.cuda_major else "")
        part = f" ({told})" if told and f"+{told}" not in self.version else ""
        return f"{self.package} {self.version}{part}"

    def devices(self, machine: Machine) -> tuple[Gpu, ...]:
        """List the devices of a machine that it must drive."""
        if self.kind == "cpu":  # Apple's are driven by the ordinary build
            return machine.of("apple") if self.framework == "torch" else ()
        return machine.of(_VENDORS[self.kind])


def expected(versions: Mapping[str, str], target: Mapping[str, str]) -> tuple[Expected, ...]:
    """List the frameworks among the packages of an environment."""
    found = []
    for framework, pattern in _PROJECTS.items():
        names = sorted((name for name in versions if pattern.fullmatch(name)), key=len, reverse=True)
        if names:
            found.append(_expected(framework, names[0], versions, Variant(target["variant"])))
    return tuple(found)


def _expected(framework: str, package: str, versions: Mapping[str, str], target: Variant) -> Expected:
    version = versions[package]
    kind, variant, major = _accelerator(framework, package, versions, target)
    return Expected(
        framework,
        package,
        version,
        kind,
        variant,
        major,
        torchvision=framework == "torch" and "torchvision" in versions,
    )


def _accelerator(
    framework: str, package: str, versions: Mapping[str, str], target: Variant
) -> tuple[Kind, Variant | None, int | None]:
    """Tell the accelerator of a build: by its local version, by its name, or by what lies beside it."""
    local = _local(versions[package])
    if local is not None:
        return local.kind, local, None
    match framework:
        case "torch":
            return target.kind, target, None
        case "cupy":
            found = re.search(r"cuda(\d{2})", package)
            return ("rocm" if "rocm" in package else "cuda"), None, int(found[1]) if found else None
        case "jax":
            return _beside(versions, re.compile(r"jax-(cuda|rocm)(\d+)?-(?:plugin|pjrt)"))
        case "tensorflow" if package == "tensorflow":
            found = next((one for name in versions if (one := _TENSORFLOW_CUDA.fullmatch(name))), None)
            major = int(found[1]) if found and found[1] else None
            return ("cuda" if found else "cpu"), None, major
    if package.endswith("-gpu"):
        return "cuda", None, None
    return ("rocm" if package.endswith(("-rocm", "-migraphx")) else "cpu"), None, None


def _local(version: str) -> Variant | None:
    """Read the variant in a version: 2.2.2+cu121."""
    _, mark, local = version.partition("+")
    try:
        return Variant(local.split("-")[0]) if mark else None
    except ValueError:
        return None


def _beside(versions: Mapping[str, str], pattern: re.Pattern[str]) -> tuple[Kind, Variant | None, int | None]:
    for name in sorted(versions):
        if found := pattern.fullmatch(name):
            kind: Kind = "cuda" if found[1] == "cuda" else "rocm"
            return kind, None, int(found[2]) if found[2] and kind == "cuda" else None
    return "cpu", CPU, None

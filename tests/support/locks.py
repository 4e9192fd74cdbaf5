"""Locks as values, small and real in shape: what tests of the lock's room work on."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Callable, Iterable
from typing import Any

import tomli_w
from packaging.version import Version

from envplan.lockfile.model import Lock, LockedFile, Offer, Pinned
from envplan.lockfile.seal import entry_seal, lock_seal
from envplan.values.platforms import Platform
from envplan.values.targets import Target
from envplan.values.variants import Variant
from envplan.values.versions import Compute, Dotted, Libc, Python

Edit = Callable[[dict[str, Any]], object]

SIMPLE = "https://simple.example/simple"
FILES = "https://files.example"
TORCH = "https://download.pytorch.org/whl"
SPEC, CATALOG = (f"sha256:{hashlib.sha256(name).hexdigest()}" for name in (b"spec", b"catalog"))

_TAGS = {
    "linux-x86_64": "manylinux_2_17_x86_64",
    "linux-aarch64": "manylinux_2_17_aarch64",
    "windows-x86_64": "win_amd64",
    "windows-arm64": "win_arm64",
    "macos-x86_64": "macosx_11_0_x86_64",
    "macos-arm64": "macosx_11_0_arm64",
}


def target(variant: str, platform: str, python: str = "3.11") -> Target:
    return Target(Variant(variant), Platform.parse(platform), Python.parse(python))


def offer(variant: str, platform: str, *pythons: str, **more: object) -> Offer:
    told = {"why": f"{variant} was asked for", **more}
    if variant.startswith("cu"):
        told = {"driver": Dotted("525.60.13"), "native": (Compute(7, 0), Compute(8, 0)), **told}
    if platform.startswith("linux"):
        told = {"libc": Libc.parse("glibc 2.17"), **told}
    names = tuple(Python.parse(python) for python in pythons or ("3.11",))
    return Offer(Variant(variant), Platform.parse(platform), names, **told)  # type: ignore[arg-type]


def locked(name: str, host: str = FILES, size: int | None = 1000) -> LockedFile:
    sha256 = hashlib.sha256(name.encode()).hexdigest()
    return LockedFile(name, f"{host}/{name.replace('+', '%2B')}", sha256, size, "2024-03-01T12:00:00Z")


def pure(name: str, version: str, targets: Iterable[Target], *needs: str, **more: object) -> Pinned:
    """A package of the default index that runs everywhere."""
    file = locked(f"{name.replace('-', '_')}-{version}-py3-none-any.whl")
    told = {"dependencies": tuple(sorted(needs)), "requires_python": ">=3.8", **more}
    return Pinned(name, Version(version), SIMPLE, (file,), frozenset(targets), **told)  # type: ignore[arg-type]


def built(
    name: str, version: str, index: str, host: str, targets: Iterable[Target], *needs: str, **more: object
) -> Pinned:
    """A package with a wheel for each platform and Python of its targets."""
    taken = frozenset(targets)
    kinds = sorted({(f"cp{one.python.major}{one.python.minor}", _TAGS[str(one.platform)]) for one in taken})
    files = [
        locked(f"{name.replace('-', '_')}-{version}-{tag}-{tag}-{system}.whl", host) for tag, system in kinds
    ]
    told = {"dependencies": tuple(sorted(needs)), **more}
    return Pinned(name, Version(version), index, tuple(files), taken, **told)  # type: ignore[arg-type]


def every_machine() -> Lock:
    """torch for two CUDA variants and the CPU on Linux and Windows, and for a Mac."""
    offers = [
        offer(variant, platform)
        for variant in ("cu118", "cu121", "cpu")
        for platform in ("linux-x86_64", "windows-x86_64")
    ] + [offer("cpu", "macos-arm64", macos=Dotted("11.0"))]
    targets = [one for each in offers for one in each.targets]
    return Lock("train", _packages(targets), tuple(offers), Variant("cpu"), SPEC, CATALOG, ("dev",))


def _packages(targets: list[Target]) -> tuple[Pinned, ...]:
    torches = []
    for variant in ("cu118", "cu121", "cpu"):
        mine = [one for one in targets if one.variant.name == variant and one.platform.os != "macos"]
        host = f"https://download-r2.pytorch.org/whl/{variant}"
        needs = ["filelock", *(["triton"] if variant != "cpu" else [])]
        needs += ["nvidia-cublas-cu12"] if variant == "cu121" else []
        torches.append(built("torch", f"2.2.2+{variant}", f"{TORCH}/{variant}", host, mine, *needs))
    mac = [one for one in targets if one.platform.os == "macos"]
    torches.append(
        built("torch", "2.2.2", f"{TORCH}/cpu", "https://download.pytorch.org/whl/cpu", mac, "filelock")
    )
    linux_cuda = [one for one in targets if one.variant.kind == "cuda" and one.platform.os == "linux"]
    newest = [one for one in linux_cuda if one.variant.name == "cu121"]
    triton_host = "https://download-r2.pytorch.org/whl"
    return (
        *torches,
        pure("filelock", "3.13.1", targets),
        built("numpy", "1.26.4", SIMPLE, FILES, targets),
        pure("nvidia-cublas-cu12", "12.1.3.1", newest),
        pure("pytest", "8.0.0", targets, "colorama", groups=frozenset({"dev"})),
        pure(
            "colorama",
            "0.4.6",
            [one for one in targets if one.platform.os == "windows"],
            groups=frozenset({"dev"}),
        ),
        built("triton", "2.2.0", f"{TORCH}/cu121", triton_host, linux_cuda, "filelock"),
    )


def resealed(text: str, edit: Edit) -> bytes:
    """A lock changed by somebody who knows how seals are made."""
    document = tomllib.loads(text)
    edit(document)
    for entry in document["packages"]:
        entry["tool"] = {"envplan": {"seal": entry_seal(entry)}}
    seals = [entry["tool"]["envplan"]["seal"] for entry in document["packages"]]
    document["tool"]["envplan"]["seal"] = lock_seal(document, seals)
    return tomli_w.dumps(document).encode()

"""A machine written down as TOML. The format is fixed: users keep these files."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from envplan.documents import Reading, Table, nearest
from envplan.documents.opening import read_document
from envplan.documents.reading import shown
from envplan.documents.shipped import shipped
from envplan.machine.model import VENDORS, Gpu, Machine, Nvidia, Vendor
from envplan.problems import EnvplanError, Problem, Said, reason_of
from envplan.values.evidence import Fact
from envplan.values.platforms import ARCHES, OSES, Arch, Os, Platform
from envplan.values.versions import Compute, Cuda, Dotted, Libc, Python

SCHEMA = 1

Known = Callable[[str], Compute | None]

# What other tools call the same thing.
_OS_NAMES = {"darwin": "macos", "osx": "macos", "mac": "macos", "win": "windows", "win32": "windows"}
_ARCH_NAMES = {"arm64": "aarch64", "amd64": "x86_64", "x64": "x86_64", "x86-64": "x86_64"}

_GFX = re.compile(r"gfx[1-9][0-9a-f]{2,4}")
_MOST_MEMORY = 64 * 1024 * 1024  # MiB


def read_profile(path: Path, known: Known | None = None) -> Machine:
    """Read a profile from a file."""
    try:
        data = read_document(path)
    except (OSError, ValueError) as error:
        raise EnvplanError(_missing(str(path), reason_of(error))) from error
    return decode(data, _label(path), known)


def _label(path: Path) -> str:
    """Name the file in origins: a shipped one by its name alone, which is the same everywhere."""
    return f"profiles/{path.name}" if path.parent == shipped("profiles") else str(path)


def find_profile(name: str) -> Path:
    """Find a profile by the name it ships under, or by its path."""
    if name in shipped_profiles():
        return shipped("profiles") / f"{name}.toml"
    if not name.strip() or not name.isprintable():
        raise EnvplanError(_missing(name, "not a name, and not a path"))
    return Path(name)


def shipped_profiles() -> tuple[str, ...]:
    """List the names of the shipped profiles."""
    return tuple(sorted(path.stem for path in shipped("profiles").glob("*.toml")))


def decode(data: bytes, file: str, known: Known | None = None) -> Machine:
    """Read a profile. `known` gives the capability of an NVIDIA GPU by its name, where the file does not."""
    reading = Reading(file, "EP102")
    top = Table(reading, reading.parse(data))
    _schema(top)
    name = _printable(top, "name", required=True)
    platform = _platform(top)
    machine = Machine(
        name=name or "",
        platform=platform or Platform("linux", "x86_64"),
        origin=file,
        libc=_fact(top, "libc", Libc.parse),
        macos=_fact(top, "macos", _dotted("a release of macOS such as 14.5")),
        pythons=_pythons(top),
        nvidia=_nvidia(top),
        gpus=_gpus(top, known),
    )
    top.finish()
    if platform:
        _agree(top, machine)
    reading.finish()
    return machine


def encode(machine: Machine) -> str:
    """Write a machine down."""
    import tomli_w

    return tomli_w.dumps(as_table(machine))


def as_table(machine: Machine) -> dict[str, Any]:
    """Return a machine in the shape of the format."""
    table: dict[str, Any] = {
        "schema": SCHEMA,
        "name": machine.name,
        "os": machine.platform.os,
        "arch": machine.platform.arch,
    }
    if machine.libc:
        table["libc"] = str(machine.libc)
    if machine.macos:
        table["macos"] = str(machine.macos)
    if machine.pythons:
        table["python"] = [str(python) for python in machine.pythons]
    if machine.nvidia:
        table["nvidia"] = {"driver": str(machine.nvidia.driver)}
        if machine.nvidia.cuda:
            table["nvidia"]["cuda"] = str(machine.nvidia.cuda)
    if machine.gpus:
        table["gpu"] = [_gpu_table(gpu) for gpu in machine.gpus]
    return table


def _gpu_table(gpu: Gpu) -> dict[str, Any]:
    table: dict[str, Any] = {"vendor": gpu.vendor, "name": gpu.name}
    if gpu.compute:
        table["compute"] = str(gpu.compute)
    if gpu.gfx:
        table["gfx"] = gpu.gfx
    if gpu.memory_mib:
        table["memory-mib"] = gpu.memory_mib
    return table


def _schema(top: Table) -> None:
    schema = top.number("schema", required=True)
    if schema is not None and schema != SCHEMA:
        top.refuse(
            "schema",
            f"profiles of schema {schema} are not known",
            found=str(schema),
            why=f"this envplan reads schema {SCHEMA}; a newer one wrote this file, or a typing error",
            cures=[f"schema = {SCHEMA}"],
        )


def _printable(table: Table, key: str, *, required: bool = False) -> str | None:
    text = table.text(key, required=required)
    if text is not None and not (text.strip() and text.isprintable() and len(text) <= 200):
        table.refuse(
            key, f"{key} must be printable text on one line, at most 200 characters", found=shown(text)
        )
        return None
    return text


def _platform(top: Table) -> Platform | None:
    os: Os | None = _word(top, "os", OSES, _OS_NAMES)
    arch: Arch | None = _word(top, "arch", ARCHES, _ARCH_NAMES)
    return Platform(os, arch) if os and arch else None


def _word(top: Table, key: str, words: tuple[Any, ...], others: dict[str, str]) -> Any:
    """Read one of a few words; what other tools call it is told, not guessed."""
    value = top.raw(key)
    if isinstance(value, str) and value not in words and value.lower() in (*others, *words):
        meant = others.get(value.lower(), value.lower())
        top.refuse(
            key, f"{value!r} is called {meant!r} in a profile", found=value, cures=[f'{key} = "{meant}"']
        )
        return None
    return top.text(key, required=True, among=words)


def _fact(table: Table, key: str, parse: Callable[[str], Any], *, required: bool = False) -> Any:
    value = table.parsed(key, parse, required=required)
    return None if value is None else Fact(value, table.origin(key))


def _pythons(top: Table) -> tuple[Fact[Python], ...]:
    parsed = (top.parse("python", text, Python.parse) for text in top.texts("python", one=True))
    found = {python: Fact(python, top.origin("python")) for python in parsed if python}
    return tuple(found.values())


def _nvidia(top: Table) -> Nvidia | None:
    table = top.table("nvidia")
    if table is None:
        return None
    driver = _fact(table, "driver", _dotted("a driver version such as 535.129.03"), required=True)
    cuda = _fact(table, "cuda", Cuda.parse)
    table.finish()
    return Nvidia(driver, cuda) if driver else None


def _gpus(top: Table, known: Known | None) -> tuple[Gpu, ...]:
    if isinstance(top.data.get("gpu"), dict):
        top.raw("gpu")
        top.refuse("gpu", "a GPU is written in double brackets", found="[gpu]", cures=["[[gpu]]"])
        return ()
    found = (_gpu(table, known, driver="nvidia" in top) for table in top.tables("gpu"))
    return tuple(gpu for gpu in found if gpu)


def _gpu(table: Table, known: Known | None, *, driver: bool) -> Gpu | None:
    vendor: Vendor | None = _word(table, "vendor", VENDORS, {})
    name = _printable(table, "name", required=True)
    compute = table.parsed("compute", _compute)
    gfx = table.parsed("gfx", _gfx)
    memory = table.number("memory-mib")
    table.finish()
    if memory is not None and not 0 < memory <= _MOST_MEMORY:
        table.refuse("memory-mib", "memory-mib must be the GPU's memory in MiB", found=str(memory))
    for key, owner in (("compute", "nvidia"), ("gfx", "amd")):
        if key in table and vendor and vendor != owner:
            table.refuse(
                key, f"{key} is a property of {owner} GPUs", found=vendor, cures=[f'vendor = "{owner}"']
            )
    if vendor is None or name is None:
        return None
    if vendor == "nvidia" and compute is None and "compute" not in table:
        compute = known(name) if known else None
        if compute is None and driver:
            _no_compute(table, name)
    return Gpu(vendor, name, table.origin(), compute=compute, gfx=gfx, memory_mib=memory)


def _no_compute(table: Table, name: str) -> None:
    # A GPU without a driver may stay without: nothing can run on it, whatever its capability.
    table.refuse(
        "compute",
        f"the compute capability of {name} is not known",
        found=name,
        why="it decides which builds have code for this GPU; the catalog has no GPU of this name",
        cures=[
            'compute = "8.6"   (with the number of this GPU)',
            "nvidia-smi --query-gpu=name,compute_cap --format=csv   (on that machine; it shows the number)",
        ],
    )


def _dotted(what: str) -> Callable[[str], Dotted]:
    def parse(text: str) -> Dotted:
        try:
            return Dotted(text)
        except ValueError:
            raise ValueError(f"{shown(text)!r} is not {what}") from None

    return parse


def _compute(text: str) -> Compute:
    try:
        return Compute.parse(text)
    except ValueError as error:
        if re.fullmatch(r"[0-9]{2,3}[af]?", text):  # as in sm_86; 9.0a and 10.0f are names of builds
            meant = Compute.parse(f"sm_{text.rstrip('af')}")
            raise ValueError(f"{error}; {meant} is probably meant") from None
        raise


def _gfx(text: str) -> str:
    if not _GFX.fullmatch(text):
        raise ValueError(f"{text!r} is not an AMD architecture such as gfx1100")
    return text


def _agree(top: Table, machine: Machine) -> None:
    """Refuse what cannot be true together."""
    os = machine.platform.os
    for key, owner in (("libc", "linux"), ("macos", "macos")):
        if key in top and os != owner:
            top.refuse(
                key, f"{key} belongs to {owner}, and this machine is {os}", found=os, cures=[f"remove {key}"]
            )
    if "nvidia" in top and os == "macos":
        top.refuse(
            "nvidia",
            "no Mac has an NVIDIA driver",
            why="NVIDIA's last driver for macOS was for 10.13",
            cures=["remove [nvidia]"],
        )
    for gpu in machine.of("apple") if os != "macos" else ():
        top.refuse("gpu", f"{gpu.name} is an Apple GPU, which only macOS drives", found=os)


def _missing(name: str, found: str) -> Problem:
    names, stem = shipped_profiles(), Path(name).stem.lower()
    meant = nearest(stem, names) or next((one for one in names if len(stem) > 2 and stem in one), None)
    return Problem(
        "EP109",
        f"there is no profile {shown(name)!r} that can be read",
        wanted=(Said("the path of a profile, or the name of a shipped one"),),
        found=(Said(shown(found)),),
        cures=(*((f"envplan plan --for {meant}",) if meant else ()), "envplan probe --list"),
    )

"""What the demo's index holds: real names, versions and requirements; wheels that are stand-ins."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from envplan.catalog.load import listings
from envplan.catalog.places import DEFAULT_INDEX
from envplan.demo.stand_ins import files_of
from envplan.demo.wheels import escaped, packed
from envplan.values.records import dataclass

TORCH = "https://download.pytorch.org/whl"

_NATIVE = (
    "manylinux_2_17_x86_64.manylinux2014_x86_64",
    "manylinux_2_17_aarch64.manylinux2014_aarch64",
    "macosx_10_13_x86_64",
    "macosx_11_0_arm64",
    "win_amd64",
    "win_arm64",
)
_TRITON = ("310", "311", "312", "313", "314")
_ON_LINUX = "platform_system == 'Linux' and platform_machine == 'x86_64'"
_COMPANIONS = {"torchvision": ("numpy", "pillow!=8.3.*,>=5.3.0"), "torchaudio": ()}
_PIN = re.compile(r"([a-z0-9-]+)==(\S+)")

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Upload:
    """One wheel of one index."""

    index: str  # `default`, or the canonical address
    project: str
    version: str
    tags: str
    uploaded: str
    requires: tuple[str, ...] = ()
    requires_python: str | None = None

    @property
    def name(self) -> str:
        """Its file name."""
        return f"{escaped(self.project)}-{self.version}-{self.tags}.whl"

    @property
    def metadata(self) -> bytes:
        """Its METADATA."""
        lines = ["Metadata-Version: 2.1", f"Name: {self.project}", f"Version: {self.version}"]
        lines.append(f"Summary: A stand-in for {self.project} that `envplan demo` made; it does nothing")
        lines += [f"Requires-Python: {self.requires_python}"] if self.requires_python else []
        lines += [f"Requires-Dist: {requirement}" for requirement in self.requires]
        return ("\n".join(lines) + "\n").encode()

    @cached_property
    def body(self) -> bytes:
        """Its bytes."""
        files, commands = files_of(self.project, self.version)
        return packed(
            self.project,
            self.version,
            self.tags,
            self.metadata,
            files,
            maker="envplan-demo",
            commands=commands,
        )[1]


def uploads() -> tuple[Upload, ...]:
    """Everything that the index holds."""
    rows = tomllib.loads(Path(__file__).with_name("packages.toml").read_text(encoding="utf-8"))
    found = [*_torch(rows["torch"]), *_libraries(rows["torch"]), *_others(rows["release"])]
    return tuple({(one.index, one.name): one for one in found}.values())


def _torch(rows: Mapping[str, Row]) -> Iterator[Upload]:
    """Hold each wheel of torch that the catalog has seen, so that what is planned can be had."""
    for listing in listings():
        for index, projects in listing["indexes"].items():
            for version, files in projects.get("torch", {}).items():
                if row := rows.get(version.partition("+")[0]):
                    for platform, pythons in files.items():
                        yield from _with_companions(index, version, row, platform, pythons.split())


def _with_companions(
    index: str, version: str, row: Row, platform: str, pythons: Sequence[str]
) -> Iterator[Upload]:
    release, _, local = version.partition("+")
    suffix = f"+{local}" if local else ""
    mac = platform.startswith("macosx")
    needs = [*row["requires"], *(row.get(local, ()) if "linux" in platform and "x86_64" in platform else ())]
    marked = tuple(f"{need} ; {_ON_LINUX}" if _PIN.fullmatch(need) else need for need in needs)
    for python in pythons:
        # torch for macOS names no ABI; its companions do.
        tags = f"cp{python}-{'none' if mac else f'cp{python}'}-{platform}"
        yield Upload(index, "torch", version, tags, row["uploaded"], marked, row["requires-python"])
        for companion, others in _COMPANIONS.items():
            tags = f"cp{python}-cp{python}-{platform}"
            requires = (*others, f"torch=={release}")
            yield Upload(index, companion, row[companion] + suffix, tags, row["uploaded"], requires, ">=3.8")


def _libraries(rows: Mapping[str, Row]) -> Iterator[Upload]:
    """Hold the CUDA libraries, as the default index has them, and triton where torch is."""
    for row in rows.values():
        for variant in (key for key in row if key.startswith("cu")):
            pins = [found.groups() for need in row[variant] if (found := _PIN.fullmatch(need))]
            cublas = next(name for name, _ in pins if name.startswith("nvidia-cublas"))
            for name, version in pins:
                if name == "triton":
                    index, platform = f"{TORCH}/{variant}", "manylinux_2_27_x86_64.manylinux_2_28_x86_64"
                    tags = [f"cp{python}-cp{python}-{platform}" for python in _TRITON]
                else:
                    index, tags = DEFAULT_INDEX, ["py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64"]
                needs = (cublas,) if name.startswith("nvidia-cudnn") else ()
                for one in tags:
                    yield Upload(index, name, version, one, row["uploaded"], needs, ">=3")


def _others(rows: Iterable[Row]) -> Iterator[Upload]:
    for row in rows:
        pythons = row.get("pythons", "").split()
        tags = [f"cp{python}-cp{python}-{platform}" for python in pythons for platform in _NATIVE]
        for one in tags or ["py3-none-any"]:
            yield Upload(
                DEFAULT_INDEX,
                row["name"],
                row["version"],
                one,
                row["uploaded"],
                tuple(row.get("requires", ())),
                row.get("requires-python"),
            )

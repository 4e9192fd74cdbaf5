"""A computer made of files: what the tests say about it is what the probes find."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from envplan.machine.probe import Host, Survey, probe_machine, survey
from envplan.values.versions import Python
from tests.support.drivers import Libraries

LIB = "/usr/lib/x86_64-linux-gnu"

RTX_5090 = "NVIDIA GeForce RTX 5090|12.0|32607|GPU-50900000-0000-0000-0000-000000000002|-1|0"
GTX_1080 = "NVIDIA GeForce GTX 1080|6.1|8192|GPU-10800000-0000-0000-0000-000000000003|-1|0"


@dataclass
class Computer:
    root: Path
    environ: dict[str, str] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)

    def place(self, path: str) -> Path:
        place = self.root / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        return place

    def file(self, path: str, text: str = "") -> Computer:
        self.place(path).write_text(text)
        return self

    def program(self, path: str, body: str) -> Computer:
        place = self.place(path)
        place.write_text(f"#!/bin/sh\n{body}\n")
        place.chmod(0o755)
        return self

    def library(self, path: str, source: Path) -> Computer:
        self.place(path).symlink_to(source)
        return self

    def nvml(self, libraries: Libraries, **stub: object) -> Computer:
        return self.library(f"{LIB}/libnvidia-ml.so.1", libraries.nvml).told(**stub)

    def libcuda(self, libraries: Libraries, **stub: object) -> Computer:
        return self.library(f"{LIB}/libcuda.so.1", libraries.libcuda).told(**stub)

    def smi(self, body: str) -> Computer:
        self.environ["PATH"] = "/usr/bin"
        return self.program("/usr/bin/nvidia-smi", body)

    def told(self, **stub: object) -> Computer:
        self.environ |= {f"STUB_{name.upper()}": str(value) for name, value in stub.items()}
        return self

    def kernel(self, version: str) -> Computer:
        self.file("/sys/module/nvidia/version", f"{version}\n")
        return self.file(
            "/proc/driver/nvidia/version",
            f"NVRM version: NVIDIA UNIX x86_64 Kernel Module  {version}  Thu Oct 19 18:56:32 UTC 2023\n"
            "GCC version:  gcc version 12.3.0\n",
        )

    def pci(self, address: str, ids: str, *, base: str = "0x030000", driver: str = "") -> Computer:
        vendor, device = ids.split(":")
        folder = f"/sys/bus/pci/devices/{address}"
        self.file(f"{folder}/class", f"{base}\n").file(f"{folder}/vendor", f"0x{vendor}\n")
        self.file(f"{folder}/device", f"0x{device}\n")
        if driver:
            self.place(f"{folder}/driver").symlink_to(f"../../../../bus/pci/drivers/{driver}")
        return self

    def host(self, **facts: Any) -> Host:
        return Host(
            **{
                "root": self.root,
                "environ": self.environ,
                "libc": "glibc 2.35",
                "executable": sys.executable,
                "python": Python(3, 11),
                "deadline": 5.0,
                **self.facts,
                **facts,
            }
        )

    def survey(self, **facts: Any) -> Survey:
        return survey(self.host(**facts))

    def quick(self, **facts: Any) -> Survey:
        return probe_machine(self.host(**facts))


def codes(found: Survey) -> list[str]:
    return [problem.code for problem in found.machine.unreadable]


def warned(found: Survey) -> list[str]:
    return [problem.code for problem in found.warnings]

"""Small questions about CUDA, GPUs and builds, answered from the catalog's rows."""

from __future__ import annotations

from packaging.version import Version

from envplan.catalog.model import Architecture, Catalog, Framework, Kernels, Release, Toolkit
from envplan.values.evidence import Evidence
from envplan.values.platforms import Os, Platform
from envplan.values.records import dataclass
from envplan.values.variants import Variant
from envplan.values.versions import Compute, Cuda, Dotted


@dataclass(frozen=True)
class DriverFloor:
    """The oldest driver that runs programs built with a toolkit, and the CUDA that the rule is about."""

    cuda: str  # "12", or "10.2"
    driver: Dotted
    evidence: Evidence


def floor(catalog: Catalog, toolkit: Cuda, os: Os) -> DriverFloor | None:
    """Find the driver floor of a toolkit: its own row, else its major's.

    Without either: none where its major is newer than all that is known (no rule reaches there), else the
    nearest older row of its major, since before CUDA 11 the floor only ever rose from toolkit to toolkit.
    """
    if os == "macos":
        return None
    rows = {row.cuda: row for row in catalog.floors}
    row = rows.get(str(toolkit)) or rows.get(str(toolkit.major))
    if row is None:
        minors = [Cuda.parse(name) for name in rows if "." in name]
        older = [one for one in minors if one.major == toolkit.major and one < toolkit]
        row = rows[str(max(older))] if older else None
    if row is None:
        return None
    return DriverFloor(row.cuda, row.windows if os == "windows" else row.linux, row.evidence)


def native_driver(catalog: Catalog, toolkit: Cuda, os: Os) -> Dotted | None:
    """Find the driver that came with a toolkit: from it on, the driver can compile the toolkit's PTX.

    A minor that is not known is judged by the nearest older one of its major; where no number is printed
    for Windows (from CUDA 13 on), the Linux number stands in, because both count the same driver branches.
    """
    if os == "macos":
        return None
    older = [row for row in catalog.toolkits if row.cuda.major == toolkit.major and row.cuda <= toolkit]
    if not older:
        return None
    return _came_with(max(older, key=lambda row: row.cuda), os)


def _came_with(row: Toolkit, os: Os) -> Dotted:
    return (row.windows if os == "windows" else None) or row.linux


def architecture(catalog: Catalog, compute: Compute) -> Architecture | None:
    """Find the generation of a GPU; none where the catalog does not know it."""
    return next((row for row in catalog.architectures if compute in row.computes), None)


def can_compile(architecture: Architecture, toolkit: Cuda) -> bool:
    """Whether a toolkit can make code for GPUs of this generation."""
    return architecture.first <= toolkit and (architecture.last is None or toolkit <= architecture.last)


def kernels(
    framework: Framework, version: Version | None, variant: Variant, platform: Platform
) -> Kernels | None:
    """Find what is known of the machine code in a build; none where no row speaks of it."""
    return next((row for row in framework.kernels if row.speaks_of(version, variant, platform)), None)


def release(framework: Framework, version: Version) -> Release | None:
    """Find the release of this version, and with it the versions of its companions."""
    return next((row for row in framework.releases if row.version == version), None)

"""The catalog as values: CUDA, GPUs, frameworks, and what indexes are known to publish.

Rows are themselves and are never compared, so they go without __eq__: making one for each class takes a
tenth of the time that `envplan plan` has to import everything.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Literal

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from envplan.catalog.places import DEFAULT_INDEX
from envplan.values.evidence import Evidence
from envplan.values.platforms import Platform
from envplan.values.records import dataclass, field
from envplan.values.specifiers import Need
from envplan.values.tags import PlatformTag, PythonTag
from envplan.values.variants import Kind, Variant
from envplan.values.versions import Compute, Cuda, Dotted


@dataclass(frozen=True, eq=False)
class Toolkit:
    """A CUDA toolkit and the driver that came with it: from that driver on, it is native."""

    cuda: Cuda
    linux: Dotted
    windows: Dotted | None  # NVIDIA prints none from CUDA 13 on
    evidence: Evidence


@dataclass(frozen=True, eq=False)
class Floor:
    """The oldest driver that runs programs built with a toolkit: of a whole major, or of one toolkit."""

    cuda: str  # "12", or "10.2"
    linux: Dotted
    windows: Dotted
    evidence: Evidence


@dataclass(frozen=True, eq=False)
class Architecture:
    """GPUs of one generation, and the toolkits that can make code for them."""

    name: str
    computes: tuple[Compute, ...]
    first: Cuda
    last: Cuda | None  # none: not ended yet
    evidence: Evidence
    embedded: bool = False  # boards such as Jetson, which run no wheels made for servers


@dataclass(frozen=True, eq=False)
class NamedGpu:
    """GPUs by the names that drivers give them."""

    vendor: str
    names: tuple[str, ...]
    evidence: Evidence
    compute: Compute | None = None
    gfx: str | None = None
    runs_xpu: bool | None = None


@dataclass(frozen=True, eq=False)
class Wheel:
    """One file an index publishes, as far as choosing needs it."""

    platforms: tuple[PlatformTag, ...]
    pythons: tuple[PythonTag, ...]
    evidence: Evidence


@dataclass(frozen=True, eq=False)
class Rows:
    """What most catalog rows share: the versions, variants and platforms they speak of."""

    versions: tuple[SpecifierSet, ...]  # any of them; empty: all
    variants: tuple[str, ...]  # patterns; empty: all
    platforms: tuple[Platform, ...]  # empty: all
    evidence: Evidence

    def speaks_of(self, version: Version | None, variant: Variant, platform: Platform) -> bool:
        """Whether the row is about this build; the dearest question comes last, it is asked very often."""
        return (
            (not self.platforms or platform in self.platforms)
            and (not self.variants or any(fnmatchcase(variant.name, pattern) for pattern in self.variants))
            and self.speaks_of_version(version)
        )

    def speaks_of_version(self, version: Version | None) -> bool:
        """Whether the row is about this version."""
        if not self.versions:
            return True
        return version is not None and any(one.contains(version, prereleases=True) for one in self.versions)


@dataclass(frozen=True, eq=False)
class Way(Rows):
    """One way to ask for variants: an index, a local version, an extra, or another package name."""

    index: str = DEFAULT_INDEX  # may hold {variant}
    project: str = ""  # whose wheels hold the accelerator code, and so decide what is published
    ask: str = ""  # the name to ask for
    extras: tuple[str, ...] = ()
    local: str = ""  # the extra that asks for it without the CUDA libraries, for those of the system
    toolkit: Cuda | None = None  # where the variant's name does not tell
    needs: str = ""  # what must be on the system besides the driver
    linux_driver: Dotted | None = None  # its own floor, where it is above NVIDIA's
    windows_driver: Dotted | None = None
    metal: Dotted | None = None  # the macOS from which this build drives the Mac's GPU


@dataclass(frozen=True, eq=False)
class Kernels(Rows):
    """The machine code in a build: for these GPUs, and PTX that a driver can compile for later ones."""

    native: tuple[Compute, ...] = ()
    ptx: tuple[Compute, ...] = ()
    least: Compute | None = None  # documented as "this GPU or newer", with no list
    gfx: tuple[str, ...] = ()
    names: tuple[str, ...] = ()  # patterns of the names of Intel GPUs that oneAPI's builds run on


@dataclass(frozen=True, eq=False)
class Release:
    """One release of the leading package, and the versions of its companions."""

    version: Version
    companions: Mapping[str, tuple[Version, ...]]
    evidence: Evidence


@dataclass(frozen=True, eq=False)
class Requires(Rows):
    """What a build asks of packages that other frameworks ask for too."""

    requirements: tuple[Need, ...] = ()


@dataclass(frozen=True, eq=False)
class Pitfall:
    """A constraint that metadata forgot."""

    id: str
    when: Need
    constrain: Need
    why: str
    evidence: Evidence
    platforms: tuple[Platform, ...] = ()  # empty: all


@dataclass(frozen=True, eq=False)
class Clash:
    """Two packages that must not share an environment."""

    id: str
    between: tuple[Need, Need]
    why: str
    cures: tuple[str, ...]
    evidence: Evidence


@dataclass(frozen=True, eq=False)
class Advice(Rows):
    """What to tell somebody who asks for a build that was never made."""

    kinds: tuple[Kind, ...] = ()
    package: str = ""  # said only of this companion; empty: of the framework as a whole
    text: str = ""
    cures: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Framework:
    """A family of packages that move together, and everything known of its builds."""

    name: str
    packages: tuple[str, ...]  # the first leads
    ways: tuple[Way, ...]
    releases: tuple[Release, ...]
    kernels: tuple[Kernels, ...]
    requires: tuple[Requires, ...]
    pitfalls: tuple[Pitfall, ...]
    clashes: tuple[Clash, ...]
    advice: tuple[Advice, ...]
    follows: str | None = None  # the framework whose variant it must share: it extends that one's binaries
    implies: tuple[str, ...] = ()  # frameworks it brings along
    plain: tuple[
        str, ...
    ] = ()  # companions in versions only: the default index serves them, in one build for all

    @property
    def lead(self) -> str:
        """The package whose version is the framework's."""
        return self.packages[0]


@dataclass(frozen=True, eq=False)
class Symptom:
    """What a framework says when it fails, and what is behind it."""

    id: str
    text: str  # a pattern
    why: str
    cures: tuple[str, ...]
    os: tuple[str, ...]  # empty: any
    evidence: Evidence


Listing = Mapping[str, Mapping[str, Mapping[str, tuple[Wheel, ...]]]]  # index, project, version


@dataclass(frozen=True, eq=False)
class Snapshot:
    """One dated view of what indexes publish."""

    source: str
    seen: str
    method: Literal["documented", "measured", "inferred"]


@dataclass(frozen=True, eq=False)
class Catalog:
    """Everything the planner knows besides the spec and the machine."""

    toolkits: tuple[Toolkit, ...]  # oldest first
    floors: tuple[Floor, ...]
    architectures: tuple[Architecture, ...]
    frameworks: Mapping[str, Framework]
    listing: Listing
    bindings: Mapping[str, str]  # package name to framework name
    snapshots: tuple[Snapshot, ...] = field(default=())
    bound: Mapping[str, str] = field(default_factory=dict)  # more names that a framework's indexes serve

    def framework_of(self, package: str) -> Framework | None:
        """Find the framework that decides about a package."""
        name = self.bindings.get(package)
        return self.frameworks.get(name) if name else None

    def wheels(self, index: str, project: str) -> Mapping[str, tuple[Wheel, ...]]:
        """List what an index publishes of a project, by version."""
        return self.listing.get(index, {}).get(project, {})

    def indexes(self) -> Iterable[str]:
        """Name every index something is known of."""
        return self.listing.keys()

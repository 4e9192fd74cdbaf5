"""A lock as values: what is pinned for each target, and what a machine must offer to take it."""

from __future__ import annotations

from packaging.version import Version

from envplan.values.platforms import Platform
from envplan.values.records import dataclass
from envplan.values.targets import Target
from envplan.values.variants import Variant
from envplan.values.versions import Compute, Dotted, Libc, Python


@dataclass(frozen=True)
class LockedFile:
    """One wheel (or sdist) that may be installed."""

    name: str
    url: str
    sha256: str
    size: int | None = None
    uploaded: str | None = None  # RFC 3339

    @property
    def is_wheel(self) -> bool:
        """Whether it can be installed without building."""
        return self.name.endswith(".whl")


@dataclass(frozen=True)
class LocalSource:
    """A package in a folder beside the lock."""

    path: str
    editable: bool = False


@dataclass(frozen=True)
class ArchiveSource:
    """A package in a wheel or source archive beside the lock."""

    path: str
    sha256: str
    size: int

    @property
    def name(self) -> str:
        """The name of the file, which says for a wheel what it runs on."""
        return self.path.rpartition("/")[2]

    @property
    def is_wheel(self) -> bool:
        """Whether it can be installed without building."""
        return self.path.endswith(".whl")


@dataclass(frozen=True)
class GitSource:
    """A package in a git repository, pinned to a commit."""

    url: str
    commit: str
    requested: str | None = None


Source = LocalSource | ArchiveSource | GitSource


@dataclass(frozen=True)
class Pinned:
    """One package at one version, and the targets that take it.

    A name may stand several times with different versions or indexes, for targets that do not overlap.
    """

    name: str  # normalised
    version: Version | None  # none for folders
    index: str | None  # the index's canonical address
    files: tuple[LockedFile, ...]
    targets: frozenset[Target]
    groups: frozenset[str] = frozenset()  # groups of the spec that need it; empty: the packages themselves do
    requires_python: str | None = None
    dependencies: tuple[str, ...] = ()  # names of other pinned packages it needs, sorted
    source: Source | None = None  # none: an index


@dataclass(frozen=True)
class Offer:
    """What a machine must offer for one variant on one platform, and why the variant is in the lock."""

    variant: Variant
    platform: Platform
    pythons: tuple[Python, ...]
    why: str
    libc: Libc | None = None
    macos: Dotted | None = None
    driver: Dotted | None = None
    native_driver: Dotted | None = None
    native: tuple[Compute, ...] = ()
    ptx: tuple[Compute, ...] = ()
    least: Compute | None = None  # the oldest GPU, where the builds name no more than that
    gfx: tuple[str, ...] = ()
    names: tuple[str, ...] = ()  # patterns of the names of Intel GPUs

    @property
    def targets(self) -> tuple[Target, ...]:
        """The targets it stands for."""
        return tuple(Target(self.variant, self.platform, python) for python in self.pythons)


@dataclass(frozen=True)
class Lock:
    """One environment for every machine it must serve."""

    name: str
    packages: tuple[Pinned, ...]
    offers: tuple[Offer, ...]
    default: Variant  # what a plain installer gets
    spec_digest: str  # sha256:…
    catalog_digest: str
    groups: tuple[str, ...] = ()  # of the spec
    document_digest: str | None = None  # of the spec's text, which is told sooner than what it means

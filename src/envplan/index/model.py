"""What an index says of a project."""

from __future__ import annotations

from collections.abc import Sequence

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from envplan.values.records import dataclass


@dataclass(frozen=True)
class File:
    """One file of a project. Its identity is index, name and sha256: two indexes may serve one name twice."""

    index: str  # the canonical address of the index, without a mirror or credentials
    project: str  # normalised
    name: str  # of the file
    version: Version  # with its local part
    url: str  # canonical and absolute; the file host may differ from the index's
    sha256: str | None = None
    size: int | None = None
    uploaded: str | None = None  # as the index says it, RFC 3339
    requires_python: SpecifierSet | None = None
    yanked: str | None = None  # the reason, which may be empty
    metadata: str | None = None  # sha256 of the PEP 658 sidecar; "" where there is one without a hash

    @property
    def is_wheel(self) -> bool:
        """Whether it can be installed without building."""
        return self.name.endswith(".whl")


@dataclass(frozen=True)
class Refused:
    """A link on a page that looks like a file and is none that may be used."""

    name: str  # or the address, as it may be shown
    why: str


@dataclass(frozen=True)
class Project:
    """All files of one project on one index, as a page listed them."""

    index: str
    name: str
    files: Sequence[File]
    status: str = "active"  # PEP 792: active | archived | quarantined | deprecated
    reason: str = ""


@dataclass(frozen=True)
class Metadata:
    """What a wheel says of itself, as far as solving needs it."""

    name: str
    version: Version
    requires_dist: tuple[str, ...]
    requires_python: str | None
    extras: tuple[str, ...]
    raw: bytes  # the METADATA file

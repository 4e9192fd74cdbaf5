"""The default index: JSON, real names, versions and Requires-Dist; and a web of sixty packages for speed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path

from tests.support.local_index import JSON, LocalIndex
from tests.support.pages import Upload, list_projects, publish
from tests.support.wheels import sdist, wheel

DATA = Path(__file__).parent / "data"
_NATIVE = (
    "manylinux_2_17_x86_64.manylinux2014_x86_64",
    "manylinux_2_17_aarch64.manylinux2014_aarch64",
    "musllinux_1_2_x86_64",
    "macosx_10_13_x86_64",
    "macosx_11_0_arm64",
    "win_amd64",
)


@dataclass(frozen=True)
class Release:
    """One version of a project of the default index."""

    name: str
    version: str
    uploaded: str
    requires_python: str | None
    wheels: str
    yanked: str | None
    requires: list[str] = field(default_factory=list)


@cache
def releases() -> tuple[Release, ...]:
    """What data/default_packages.txt says."""
    found: list[Release] = []
    for line in (DATA / "default_packages.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("  "):
            found[-1].requires.append(line.strip())
        elif line and not line.startswith("#"):
            name, version, day, python, wheels, *yanked = line.split(" ", 5)
            requires_python = None if python == "-" else python
            reason = yanked[0] if yanked else None
            found.append(Release(name, version, f"{day}T12:00:00.000000Z", requires_python, wheels, reason))
    return tuple(found)


def put_default(web: LocalIndex, index: str = "/simple") -> list[str]:
    """Serve them all; the names of the projects."""
    by_name: dict[str, list[Upload]] = {}
    for release in releases():
        by_name.setdefault(release.name, []).extend(_uploads(release))
    for name, uploads in by_name.items():
        publish(web, index, name, uploads, formats=[JSON], files="/packages")
    return sorted(by_name)


def _uploads(release: Release) -> list[Upload]:
    def upload(name: str, tags: str) -> Upload:
        body = partial(
            _made, release.name, release.version, tags, tuple(release.requires), release.requires_python
        )
        return Upload(name, body, release.requires_python, release.yanked, release.uploaded)

    if release.wheels == "sdist":
        name, body = sdist(release.name, release.version, release.requires, release.requires_python)
        return [Upload(name, body, release.requires_python, release.yanked, release.uploaded)]
    return [upload(filename(release.name, release.version, tags), tags) for tags in expanded(release.wheels)]


def filename(name: str, version: str, tags: str) -> str:
    """A wheel's file name."""
    return f"{name.replace('-', '_')}-{version}-{tags}.whl"


def expanded(wheels: str) -> list[str]:
    """The tags that a word of the data file stands for."""
    kind, _, detail = wheels.partition(":")
    match kind:
        case "pure":
            return ["py3-none-any"]
        case "universal":
            return ["py2.py3-none-any"]
        case "abi3":
            return [f"{detail}-abi3-{platform}" for platform in _NATIVE]
        case "native":
            return [f"cp{p}-cp{p}-{platform}" for p in detail.split(",") for platform in _NATIVE]
    raise ValueError(wheels)


def _made(
    name: str, version: str, tags: str, requires: Sequence[str] = (), requires_python: str | None = None
) -> bytes:
    return wheel(name, version, tags, requires, requires_python)[1]


@dataclass(frozen=True)
class Sixty:
    """Sixty small packages that need each other."""

    index: str
    names: tuple[str, ...]
    roots: tuple[str, ...]  # requirements that pull in all of them


def sixty(web: LocalIndex, index: str = "/sixty") -> Sixty:
    """Sixty packages, five versions each; every third has wheels for each Python and platform."""
    names = tuple(f"part-{number:02}" for number in range(60))
    for number, name in enumerate(names):
        uploads = [
            Upload(
                filename(name, version, tags),
                partial(_made, name, version, tags, _needs(number, version), ">=3.8"),
                ">=3.8",
                uploaded=f"2024-0{version[0]}-01T00:00:00Z",
            )
            for version in ("1.0", "1.5", "2.0", "2.1", "3.0")
            for tags in expanded("native:310,311,312" if number % 3 == 0 else "pure")
        ]
        publish(web, index, name, uploads, formats=[JSON], files=f"{index}-files")
    list_projects(web, index, names, [JSON])
    return Sixty(web.url + index + "/", names, tuple(f"{name}>=1.5" for name in names[:6]))


def _needs(number: int, version: str) -> list[str]:
    """The next ones, the versions bounded so that the newest of everything does not fit everywhere."""
    later = dict.fromkeys([number + 6, number * 2 + 1, number + 11])
    bounds = {0: ">=1.0", 1: "<3" if version >= "2" else "", 2: "!=2.1"}
    needed = [other for other in later if number < other < 60]
    return [f"part-{other:02}{bounds[other % 3]}" for other in needed]

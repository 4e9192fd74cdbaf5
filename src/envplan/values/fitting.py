"""Which wheels a target can run, which of them is best, and why the others are not for it."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

from envplan.values.platforms import Platform
from envplan.values.records import dataclass
from envplan.values.tags import PlatformTag, platform_tags
from envplan.values.versions import Dotted, Libc, Python

Kind = Literal[
    "platform",
    "glibc",
    "macos",
    "python",
    "requires-python",
    "sdist",
    "newer",
    "yanked",
    "prerelease",
    "quarantined",
]
Rank = tuple[int, ...]

_ABI = re.compile(r"(cp|py|pp)([23])([0-9]{0,2})")
_IMPLEMENTATIONS = {"cp": "Python", "py": "Python", "pp": "PyPy"}
_BUILD = re.compile(r"([0-9]+).*")


@dataclass(frozen=True)
class Unfit:
    """Why a file is not for the target."""

    kind: Kind
    text: str
    machine: str = ""  # on what it would be, as far as that is a matter of age: "glibc 2.39"


@dataclass(frozen=True)
class Ground:
    """What of a target decides which wheels run on it."""

    platform: Platform
    python: Python
    libc: Libc | None = None
    macos: Dotted | None = None


@lru_cache(65536)
def judge(tags: str, ground: Ground) -> Rank | Unfit:
    """Judge the three tags of a wheel, as they stand at the end of its name; the highest rank is the best."""
    parts = tags.split("-")
    if len(parts) != 3:
        return Unfit("platform", "its name says of no system what it is for")
    system = _judge_platform(parts[2], ground)
    abis = parts[1].split(".")
    if isinstance(system, tuple) and system[0] == 0:
        abis = [
            abi for abi in abis if abi == "none"
        ]  # compiled code is for no system in particular: pip refuses it
    python = _judge_python(parts[0].split("."), abis, ground.python) or _unfit_python(parts[0], parts[1])
    match system, python:
        case Unfit(kind="platform"), _:
            return system
        case _, Unfit():
            return python
        case Unfit(), _:
            return system
        case tuple(), tuple():
            return (min(system[0], 1), *python, *system)
    raise AssertionError(tags)


def build_of(name: str) -> int:
    """Return the build number in the name of a wheel: of two alike, the higher is the better."""
    parts = name.split("-")
    build = _BUILD.fullmatch(parts[2]) if len(parts) == 6 else None
    return int(build[1]) if build else -1


def _judge_python(pythons: list[str], abis: list[str], python: Python) -> tuple[int, int] | None:
    ranks = [_rank(one, abi, python) for one in pythons for abi in abis]
    return max((rank for rank in ranks if rank), default=None)


def _unfit_python(pythons: str, abis: str) -> Unfit:
    return Unfit("python", f"made for {_said(pythons, abis)}")


def _rank(tag: str, abi: str, python: Python) -> tuple[int, int] | None:
    found = _ABI.fullmatch(tag)
    if not found or found[1] == "pp" or int(found[2]) != python.major:
        return None
    minor = int(found[3]) if found[3] else -1
    same = minor == python.minor
    if found[1] == "cp":
        if abi == tag and same:
            return (5, 0)
        if abi == "abi3" and 2 <= minor <= python.minor:
            return (4, 0) if same else (2, minor)
        return (3, 0) if abi == "none" and same else None  # between this Python's abi3 and those before it
    if abi != "none" or minor > python.minor:
        return None
    return (1, 2 * minor if found[3] else 2 * python.minor - 1)  # py311 before py3 before py310


def _said(pythons: str, abis: str) -> str:
    if any(re.fullmatch(r"(cp3[0-9]+|abi3)t", abi) for abi in abis.split(".")):
        return f"free-threaded Python ({pythons}-{abis})"
    said = []
    for tag in pythons.split("."):
        found = _ABI.fullmatch(tag)
        if not found:
            return f"{pythons}-{abis}"
        minor = f".{found[3]}" if found[3] else ""
        later = " or later" if "abi3" in abis else ""
        said.append(f"{_IMPLEMENTATIONS[found[1]]} {found[2]}{minor}{later}")
    return ", ".join(said)


def _judge_platform(text: str, ground: Ground) -> Rank | Unfit:
    fitting = [tag for tag in platform_tags(text) if tag.fits(ground.platform)]
    if not fitting:
        return Unfit("platform", f"made for {text.replace('.', ', ')}")
    ranks: list[Rank] = []
    lacking: Unfit | None = None
    for tag in fitting:
        rank = _judge_age(tag, ground)
        if isinstance(rank, Unfit):
            lacking = lacking or rank
        else:
            ranks.append(rank)
    if ranks:
        return max(ranks)
    assert lacking
    return lacking


def _judge_age(tag: PlatformTag, ground: Ground) -> Rank | Unfit:
    if tag.os is None:
        return (0, 0, 0)
    here: Dotted | None = None
    if tag.os == "linux":
        family = ground.libc.family if ground.libc else "glibc"
        if tag.libc != family:
            return Unfit("platform", f"made for {tag.libc}")
        here = ground.libc.version if ground.libc else None
    elif tag.os == "macos":
        here = ground.macos
    if tag.floor is None:
        return (1, 0, 0)
    # Where the age of the machines is not known, the wheel that runs on most of them is the best.
    age = (tag.floor.parts[0], tag.floor.parts[1] if len(tag.floor.parts) > 1 else 0)
    if here is None:
        return (2, -age[0], -age[1])
    if here < tag.floor:
        system = f"{tag.libc or 'macOS'} {tag.floor}"
        return Unfit("glibc" if tag.libc else "macos", f"needs {system}; the target has {here}", system)
    return (2, *age)

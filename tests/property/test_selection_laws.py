"""What a target takes of a lock is what the standard's own reader takes."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterator, Sequence

from hypothesis import given
from hypothesis import strategies as st
from packaging.pylock import Pylock, PylockSelectError
from packaging.version import Version

from envplan.lockfile.encode import canonical, encode
from envplan.lockfile.model import Lock, LockedFile, Pinned
from envplan.lockfile.selection import for_any_machine, select
from envplan.problems import EnvplanError
from envplan.values.fitting import Ground
from envplan.values.interpreters import environment
from envplan.values.platforms import Platform
from envplan.values.targets import Target
from envplan.values.variants import Variant
from envplan.values.versions import Dotted, Libc, Python
from packaging import tags
from tests.support.locks import CATALOG, FILES, SIMPLE, SPEC, offer

GROUNDS = (
    Ground(Platform.parse("linux-x86_64"), Python(3, 11), libc=Libc.parse("glibc 2.31")),
    Ground(Platform.parse("linux-aarch64"), Python(3, 12), libc=Libc.parse("glibc 2.35")),
    Ground(Platform.parse("windows-x86_64"), Python(3, 11)),
    Ground(Platform.parse("macos-arm64"), Python(3, 12), macos=Dotted("14.5")),
)
PYTHONS = ("cp311-cp311", "cp312-cp312", "cp39-abi3", "py3-none", "py2.py3-none", "py311-none", "cp311-none")
SYSTEMS = (
    "any",
    "manylinux_2_17_x86_64.manylinux2014_x86_64",
    "manylinux_2_28_x86_64",
    "manylinux_2_34_x86_64",
    "manylinux1_x86_64",
    "linux_x86_64",
    "musllinux_1_2_x86_64",
    "manylinux_2_28_aarch64",
    "manylinux_2_17_aarch64.manylinux2014_aarch64",
    "win_amd64",
    "win32",
    "macosx_11_0_arm64",
    "macosx_14_0_arm64",
    "macosx_10_12_universal2",
    "macosx_15_0_arm64",
)


def accepted(ground: Ground) -> list[tags.Tag]:
    """The tags of a machine, the best first, as packaging has them."""
    version = (ground.python.major, ground.python.minor)
    platforms = list(_platforms(ground))
    return [
        *tags.cpython_tags(version, platforms=platforms),
        *tags.compatible_tags(version, f"cp{version[0]}{version[1]}", platforms),
    ]


def _platforms(ground: Ground) -> Iterator[str]:
    match ground.platform.os:
        case "linux":
            arch = "x86_64" if ground.platform.arch == "x86_64" else "aarch64"
            assert ground.libc
            old = {17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"}
            lowest = 5 if arch == "x86_64" else 17
            for minor in range(ground.libc.version.parts[1], lowest - 1, -1):
                yield f"manylinux_2_{minor}_{arch}"
                if minor in old:
                    yield f"{old[minor]}_{arch}"
            yield f"linux_{arch}"
        case "windows":
            yield "win_amd64"
        case "macos":
            yield from tags.mac_platforms((14, 5), "arm64")


def locked(name: str) -> LockedFile:
    return LockedFile(name, f"{FILES}/{name}", hashlib.sha256(name.encode()).hexdigest(), 1000)


@st.composite
def locks(draw: st.DrawFn) -> tuple[Lock, Ground, tuple[str, ...]]:
    ground = draw(st.sampled_from(GROUNDS))
    variant = Variant("cpu")
    target = Target(variant, ground.platform, ground.python)
    kinds = st.tuples(st.sampled_from(PYTHONS), st.sampled_from(SYSTEMS))
    packages = []
    for name in ("alpha", "beta"):
        wheels = draw(st.lists(kinds, min_size=1, max_size=6, unique=True))
        files = [locked(f"{name}-1.0-{python}-{system}.whl") for python, system in wheels]
        groups = draw(st.sets(st.sampled_from(("dev", "docs"))))
        pinned = Pinned(name, Version("1.0"), SIMPLE, tuple(files), frozenset({target}), frozenset(groups))
        packages.append(pinned)
    made = offer("cpu", str(ground.platform), str(ground.python))
    lock = Lock("laws", tuple(packages), (made,), variant, SPEC, CATALOG, ("dev", "docs"))
    return lock, ground, tuple(sorted(draw(st.sets(st.sampled_from(("dev", "docs"))))))


def ours(lock: Lock, ground: Ground, groups: Sequence[str]) -> dict[str, str] | None:
    target = Target(lock.default, ground.platform, ground.python)
    try:
        return {
            one.pinned.name: one.file.name
            for one in select(canonical(lock), target, ground, groups)
            if one.file
        }
    except EnvplanError:
        return None


def theirs(lock: Lock, ground: Ground, groups: Sequence[str]) -> dict[str, str] | None:
    target = Target(lock.default, ground.platform, ground.python)
    read = Pylock.from_dict(tomllib.loads(encode(lock).decode()))
    told = environment(target.platform, target.python)
    try:
        taken = read.select(
            environment=told,  # type: ignore[arg-type]
            tags=accepted(ground),
            dependency_groups=[lock.default.group, *groups],
        )
        return {package.name: found.filename for package, found in taken}  # type: ignore[union-attr]
    except PylockSelectError:
        return None


@given(locks())
def test_each_package_comes_in_the_file_that_the_standard_s_reader_takes(
    made: tuple[Lock, Ground, tuple[str, ...]],
) -> None:
    lock, ground, groups = made
    assert ours(lock, ground, groups) == theirs(lock, ground, groups)


@given(locks())
def test_a_bundle_for_a_target_has_what_any_of_its_machines_takes(
    made: tuple[Lock, Ground, tuple[str, ...]],
) -> None:
    lock, ground, groups = made
    target = Target(lock.default, ground.platform, ground.python)
    packed = {one.file.name for one in for_any_machine(canonical(lock), target, groups) if one.file}
    taken = ours(lock, ground, groups)
    assert taken is None or packed >= set(taken.values())

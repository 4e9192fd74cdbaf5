"""What a new lock changes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from packaging.version import Version

from envplan.lockfile.diff import diff
from envplan.lockfile.model import Lock, Pinned
from envplan.values.versions import Compute, Dotted
from tests.support.locks import FILES, SIMPLE, built, every_machine, locked, offer, pure, target

OLD = every_machine()


def with_package(lock: Lock, changed: Pinned) -> Lock:
    return replace(
        lock, packages=tuple(changed if one.name == changed.name else one for one in lock.packages)
    )


def test_a_lock_does_not_differ_from_itself() -> None:
    assert not diff(OLD, OLD)
    assert all(one.size == 0 for one in diff(OLD, OLD).downloads)


@pytest.mark.parametrize(("version", "kind"), [("3.14.0", "up"), ("3.9.0", "down")])
def test_a_version_goes_up_or_down_in_the_targets_that_take_it(version: str, kind: str) -> None:
    filelock = next(one for one in OLD.packages if one.name == "filelock")
    found = diff(OLD, with_package(OLD, pure("filelock", version, filelock.targets)))
    (change,) = found.changes
    assert (change.name, change.before, change.after, change.kind) == ("filelock", "3.13.1", version, kind)
    assert set(change.targets) == filelock.targets
    assert {one.size for one in found.downloads} == {1000}


def test_packages_come_and_go() -> None:
    less = replace(OLD, packages=tuple(one for one in OLD.packages if one.name != "triton"))
    assert [(one.name, one.kind) for one in diff(OLD, less).changes] == [("triton", "removed")]
    assert [(one.name, one.kind) for one in diff(less, OLD).changes] == [("triton", "added")]
    assert {one.target.variant.name for one in diff(less, OLD).downloads if one.size} == {"cu118", "cu121"}


def test_other_bytes_under_the_same_version_are_a_change() -> None:
    numpy = next(one for one in OLD.packages if one.name == "numpy")
    other = replace(numpy, files=tuple(replace(one, sha256="f" * 64) for one in numpy.files))
    assert [(one.name, one.kind) for one in diff(OLD, with_package(OLD, other)).changes] == [
        ("numpy", "other")
    ]


def test_targets_that_are_new_are_told_as_targets_and_not_package_by_package() -> None:
    less = replace(OLD, offers=tuple(one for one in OLD.offers if one.platform.os != "macos"))
    found = diff(less, OLD)
    assert found.added == (target("cpu", "macos-arm64"),)
    assert not found.changes


def test_gpus_and_drivers_are_gained_and_lost() -> None:
    def serving(driver: str, *native: str) -> Lock:
        told = {"driver": Dotted(driver), "native": tuple(Compute.parse(one) for one in native)}
        return replace(OLD, offers=(offer("cu121", "linux-x86_64", **told),))

    (reach,) = diff(serving("525.60.13", "5.0", "8.0"), serving("580.65.06", "8.0", "12.0")).reach
    assert reach.gained == ("cuda GPUs of sm_120",)
    assert reach.lost == ("cuda GPUs of sm_50", "drivers from 525.60.13 to below 580.65.06")


@pytest.mark.parametrize(
    ("names", "taken"),
    [
        (["n-1.0-py3-none-any.whl", "n-1.0-cp38-abi3-manylinux_2_17_x86_64.whl"], 1),
        (["n-1.0-cp38-abi3-manylinux_2_17_x86_64.whl", "n-1.0-cp311-cp311-manylinux_2_17_x86_64.whl"], 1),
        (["n-1.0-cp311-cp311-manylinux_2_17_x86_64.whl", "n-1.0-cp311-cp311-manylinux_2_28_x86_64.whl"], 1),
        (["n-1.0-py38-none-any.whl", "n-1.0-cp312-cp312-manylinux_2_28_x86_64.whl"], 0),
        (["n-1.0-py3-none-any.whl", "n-1.0-cp311-cp311t-manylinux_2_28_x86_64.whl"], 0),
        (["n-1.0-py3-none-any.whl", "n-1.0-cp311-cp311-win_amd64.whl"], 0),
    ],
)
def test_of_several_wheels_the_one_made_for_the_target_is_counted(names: list[str], taken: int) -> None:
    here = target("cpu", "linux-x86_64")
    files = tuple(locked(name, size=1 + place) for place, name in enumerate(names))
    package = Pinned("n", Version("1.0"), SIMPLE, files, frozenset({here}))
    lock = replace(OLD, packages=(package,), offers=(offer("cpu", "linux-x86_64"),))
    (download,) = diff(replace(lock, packages=()), lock).downloads
    assert download.size == 1 + taken


def test_an_unknown_size_is_said_and_not_counted_as_nothing() -> None:
    here = target("cpu", "linux-x86_64")
    package = built("n", "1.0", SIMPLE, FILES, [here])
    unsized = replace(package, files=tuple(replace(one, size=None) for one in package.files))
    lock = replace(OLD, packages=(unsized,), offers=(offer("cpu", "linux-x86_64"),))
    (download,) = diff(replace(lock, packages=()), lock).downloads
    assert download.unknown == ("n",)

"""The simplest marker for a set of targets."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from envplan.lockfile.markers import environments, every_combination, marker, requires_python
from envplan.values.targets import Target
from envplan.values.versions import Python
from tests.support.locks import every_machine, target

ALL = frozenset(one for offer in every_machine().offers for one in offer.targets)
PYTHONS = frozenset(target("cpu", "linux-x86_64", f"3.{minor}") for minor in range(9, 14))


def those(*variants: str, on: str = "") -> frozenset[Target]:
    return frozenset(one for one in ALL if one.variant.name in variants and str(one.platform).startswith(on))


@pytest.mark.parametrize(
    ("targets", "expected"),
    [
        (ALL, None),
        (those("cu121"), "'cu121' in dependency_groups"),
        (those("cu121", "cu118"), "'cu118' in dependency_groups or 'cu121' in dependency_groups"),
        (those("cpu", "cu118", "cu121", on="linux"), "sys_platform == 'linux'"),
        (those("cu121", on="linux"), "'cu121' in dependency_groups and sys_platform == 'linux'"),
        (those("cpu", on="macos"), "sys_platform == 'darwin'"),
        (those("cpu", "cu118", "cu121", on="linux") | those("cpu", on="macos"), "sys_platform != 'win32'"),
        (
            those("cpu", "cu118", "cu121", on="linux") | those("cu121"),
            "'cu121' in dependency_groups or sys_platform == 'linux'",
        ),
        (
            those("cu118", on="linux") | those("cu121", on="windows"),
            "'cu118' in dependency_groups and sys_platform == 'linux'"
            " or 'cu121' in dependency_groups and sys_platform == 'win32'",
        ),
    ],
)
def test_a_marker_says_only_what_it_must(targets: Iterable[Target], expected: str | None) -> None:
    assert marker(frozenset(targets), ALL) == expected


@pytest.mark.parametrize(
    ("minors", "expected"),
    [
        ((11,), "python_version == '3.11'"),
        ((9, 10), "python_version < '3.11'"),
        ((12, 13), "python_version >= '3.12'"),
        ((10, 11), "python_version >= '3.10' and python_version < '3.12'"),
        ((9, 10, 12, 13), "python_version != '3.11'"),
        ((9, 11, 13), "python_version == '3.9' or python_version == '3.11' or python_version == '3.13'"),
    ],
)
def test_pythons_are_told_by_their_order_as_versions(minors: tuple[int, ...], expected: str) -> None:
    targets = frozenset(one for one in PYTHONS if one.python.minor in minors)
    assert marker(targets, PYTHONS) == expected


def test_processors_are_named_only_where_the_system_does_not_tell() -> None:
    targets = [target("cpu", name) for name in ("linux-x86_64", "linux-aarch64", "macos-arm64")]
    assert marker(targets[:1], targets) == "platform_machine == 'x86_64'"
    more = [*targets, target("cpu", "macos-x86_64")]
    assert marker(targets[:1], more) == "sys_platform == 'linux' and platform_machine == 'x86_64'"
    assert marker([targets[0], more[3]], more) == "platform_machine == 'x86_64'"


def test_a_package_of_a_group_alone_asks_for_the_group() -> None:
    assert marker(ALL, ALL, ["dev"]) == "'dev' in dependency_groups"
    assert (
        marker(those("cu121"), ALL, ["docs", "dev"])
        == "'cu121' in dependency_groups and ('dev' in dependency_groups or 'docs' in dependency_groups)"
    )


def test_a_name_that_stands_twice_is_never_taken_twice_on_a_platform_its_group_was_not_locked_for() -> None:
    among = every_combination(ALL)
    assert (
        marker(those("cpu", on="macos"), among) == "'cpu' in dependency_groups and sys_platform == 'darwin'"
    )
    assert marker(those("cu121"), among) == "'cu121' in dependency_groups and sys_platform != 'darwin'"


def test_environments_name_pythons_only_where_platforms_differ_in_them() -> None:
    linux, mac = target("cpu", "linux-x86_64", "3.10"), target("cpu", "macos-arm64", "3.11")
    assert environments([linux]) == ("sys_platform == 'linux' and platform_machine == 'x86_64'",)
    newer = target("cpu", "linux-x86_64", "3.11")
    assert environments([linux, newer, mac]) == (
        "sys_platform == 'darwin' and platform_machine == 'arm64' and python_version == '3.11'",
        "sys_platform == 'linux' and platform_machine == 'x86_64'",
    )


@pytest.mark.parametrize(
    ("pythons", "expected"),
    [(["3.11"], ">=3.11,<3.12"), (["3.9", "3.10"], ">=3.9,<3.11"), (["3.9", "3.11"], ">=3.9,!=3.10.*,<3.12")],
)
def test_the_bounds_on_python_admit_what_was_locked_and_nothing_else(
    pythons: list[str], expected: str
) -> None:
    assert requires_python([Python.parse(text) for text in pythons]) == expected

"""Many targets in few words."""

from __future__ import annotations

import pytest

from envplan.values.several import targets_said
from envplan.values.targets import Target
from tests.support.locks import offer

OFFERS = [
    offer(variant, platform, "3.11", "3.12")
    for variant in ("cu118", "cu121", "cpu")
    for platform in ("linux-x86_64", "windows-x86_64")
] + [offer("cpu", "macos-arm64", "3.11", "3.12")]
EVERY = [target for one in OFFERS for target in one.targets]


def some(*parts: str) -> list[Target]:
    return [one for one in EVERY if all(part in str(one) for part in parts)]


@pytest.mark.parametrize(
    ("targets", "said"),
    [
        (EVERY, "all 14 targets"),
        (some("cu121"), "cu121"),
        (some("cu"), "cu118, cu121"),
        (some("windows"), "windows-x86_64"),
        (some("macos"), "macos-arm64"),
        (some("cu", "linux"), "cu118, cu121 on linux-x86_64"),
        (some("3.12"), "cpu, cu118, cu121, Python 3.12"),
        (some("cu121", "linux", "3.12"), "cu121 on linux-x86_64, Python 3.12"),
        (some("cpu", "windows") + some("cu118"), "cpu on windows-x86_64; cu118"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_targets_are_named_by_what_sets_them_apart(targets: list[Target], said: str) -> None:
    assert targets_said(targets, EVERY) == said


def test_the_only_target_is_named_in_full() -> None:
    only = some("cu121", "linux", "3.12")
    assert targets_said(only, only) == "cu121 on linux-x86_64, Python 3.12"

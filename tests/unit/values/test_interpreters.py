"""What interpreters of a target tell markers, whichever patch release a machine has."""

from __future__ import annotations

from packaging.specifiers import SpecifierSet

from envplan.values.interpreters import admits, environments
from envplan.values.platforms import Platform
from envplan.values.versions import Python

LINUX = Platform("linux", "x86_64")


def test_a_minor_version_is_admitted_by_any_of_its_patches() -> None:
    assert admits(SpecifierSet(">=3.8.1,<4"), Python(3, 8))
    assert admits(SpecifierSet("<3.11.4"), Python(3, 11))
    assert not admits(SpecifierSet(">=3.12"), Python(3, 11))
    assert admits(SpecifierSet(">=3.11.1,!=3.11.2"), Python(3, 11))


def test_a_marker_that_tells_patch_releases_apart_is_asked_of_several() -> None:
    assert len(environments(LINUX, Python(3, 11), "python_version >= '3.11'")) == 1
    told = [one["python_full_version"] for one in environments(LINUX, Python(3, 11), "python_full_version")]
    assert {"3.11.0", "3.11.4", "3.11.20"} <= set(told)

"""What interpreters of a target tell markers, whichever patch release a machine has."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet

from envplan.values.interpreters import admits, admits_every, environments
from envplan.values.platforms import Platform
from envplan.values.versions import Python

LINUX = Platform("linux", "x86_64")


def test_a_minor_version_is_admitted_by_any_of_its_patches() -> None:
    assert admits(SpecifierSet(">=3.8.1,<4"), Python(3, 8))
    assert admits(SpecifierSet("<3.11.4"), Python(3, 11))
    assert not admits(SpecifierSet(">=3.12"), Python(3, 11))
    assert admits(SpecifierSet(">=3.11.1,!=3.11.2"), Python(3, 11))


@given(
    st.lists(
        st.builds(
            "{}3.{}.{}{}".format,
            st.sampled_from([">=", "<=", "<", ">", "==", "!=", "~="]),
            st.integers(10, 12),
            st.integers(0, 40),
            st.sampled_from(["", "rc1", ".post1"]),
        ),
        max_size=3,
    ).map(",".join)
)
def test_patches_are_told_apart_wherever_a_specifier_cuts(text: str) -> None:
    wanted = SpecifierSet(text)
    admitted = [wanted.contains(f"3.11.{patch}", prereleases=True) for patch in range(45)]
    assert admits(wanted, Python(3, 11)) == any(admitted)
    assert admits_every(wanted, Python(3, 11)) == all(admitted)


def test_a_marker_that_tells_patch_releases_apart_is_asked_of_several() -> None:
    marker = "python_full_version < '3.11.9' or python_full_version == '3.12.3'"
    assert len(environments(LINUX, Python(3, 11), "python_version >= '3.11'")) == 1
    told = [one["python_full_version"] for one in environments(LINUX, Python(3, 11), marker)]
    assert told == ["3.11.0", "3.11.8", "3.11.9", "3.11.10", "3.11.99"]

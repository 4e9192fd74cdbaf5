"""Whether two specifiers agree, against trying every version there is."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from envplan.planner.agreement import agree

numbers = st.integers(0, 3)
versions = st.builds(lambda *parts: ".".join(map(str, parts)), numbers, numbers, numbers)
bounds = st.builds(
    lambda operator, version: operator + version,
    st.sampled_from(["==", "!=", ">=", "<=", ">", "<", "~="]),
    versions,
)
series = st.builds(lambda operator, number: f"{operator}{number}.*", st.sampled_from(["==", "!="]), versions)
specifiers = st.lists(bounds | series, max_size=3).map(lambda several: SpecifierSet(",".join(several)))

EVERY = [Version(f"{a}.{b}.{c}") for a in range(5) for b in range(5) for c in range(5)]


@settings(max_examples=400, deadline=None)
@given(specifiers, specifiers)
def test_a_version_that_both_admit_means_they_agree(one: SpecifierSet, other: SpecifierSet) -> None:
    if any(one.contains(version) and other.contains(version) for version in EVERY):
        assert agree(one, other)


@settings(max_examples=400, deadline=None)
@given(specifiers, specifiers)
def test_agreement_is_mutual(one: SpecifierSet, other: SpecifierSet) -> None:
    assert agree(one, other) == agree(other, one)


@settings(max_examples=200, deadline=None)
@given(specifiers, versions)
def test_an_exact_pin_agrees_with_what_admits_it_and_with_nothing_else(
    one: SpecifierSet, version: str
) -> None:
    assert agree(one, SpecifierSet(f"=={version}")) == one.contains(version, prereleases=True)


def test_ranges_that_only_touch_do_not_agree() -> None:
    assert not agree(SpecifierSet("<2"), SpecifierSet(">=2"))
    assert not agree(SpecifierSet("==9.1.0.70"), SpecifierSet(">=9.8,<10"))
    assert agree(SpecifierSet(">1.0"), SpecifierSet("<1.1"))

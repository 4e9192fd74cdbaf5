"""Laws of the lock: what is written is read, markers hold exactly where they should, every edit is found."""

from __future__ import annotations

import hashlib
import random
import tomllib
from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from packaging.markers import Marker
from packaging.pylock import Pylock
from packaging.version import Version

from envplan.lockfile import form
from envplan.lockfile.check import check
from envplan.lockfile.decode import decode
from envplan.lockfile.encode import canonical, encode
from envplan.lockfile.markers import every_combination, marker
from envplan.lockfile.model import ArchiveSource, GitSource, LocalSource, Lock, LockedFile, Offer, Pinned
from envplan.lockfile.takers import Takers
from envplan.problems import EnvplanError
from envplan.values.interpreters import environment
from envplan.values.platforms import PLATFORM_NAMES, Platform
from envplan.values.targets import Target
from envplan.values.variants import Variant, default_of
from envplan.values.versions import Compute, Dotted, Libc, Python

VARIANTS = ("cpu", "cu118", "cu121", "cu130", "rocm6.2", "xpu")
GROUPS = ("dev", "docs")

_pythons = st.sets(st.integers(9, 14), min_size=1, max_size=4).map(
    lambda minors: tuple(Python(3, minor) for minor in sorted(minors))
)
_dotted = st.sampled_from([None, "450.80.02", "525.60.13", "580.00"]).map(
    lambda text: Dotted(text) if text else None
)
_names = st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9_-]{0,62}[A-Za-z0-9])?", fullmatch=True)
_texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
_hashes = st.binary(min_size=1, max_size=4).map(lambda data: hashlib.sha256(data).hexdigest())


@st.composite
def offers(draw: st.DrawFn) -> tuple[Offer, ...]:
    pairs = draw(
        st.sets(st.tuples(st.sampled_from(VARIANTS), st.sampled_from(PLATFORM_NAMES)), min_size=1, max_size=8)
    )
    computes = st.lists(st.builds(Compute, st.integers(3, 12), st.integers(0, 9)), max_size=3).map(tuple)
    return tuple(
        Offer(
            Variant(variant),
            Platform.parse(platform),
            draw(_pythons),
            draw(_texts),
            draw(st.sampled_from([None, Libc.parse("glibc 2.17"), Libc.parse("musl 1.2")])),
            driver=draw(_dotted),
            native=draw(computes),
            ptx=draw(computes),
            least=draw(st.sampled_from([None, Compute(7, 5)])),
            gfx=draw(st.sampled_from([(), ("gfx90a", "gfx1100")])),
            names=draw(st.sampled_from([(), ("*Arc*",)])),
        )
        for variant, platform in sorted(pairs)
    )


@st.composite
def sets_of_targets(draw: st.DrawFn) -> tuple[frozenset[Target], frozenset[Target]]:
    every = frozenset(target for offer in draw(offers()) for target in offer.targets)
    return draw(st.sets(st.sampled_from(sorted(every)), min_size=1).map(frozenset)), every


@st.composite
def locks(draw: st.DrawFn) -> Lock:
    offered = draw(offers())
    targets = sorted({target for offer in offered for target in offer.targets})
    packages: list[Pinned] = []
    for place in range(draw(st.integers(0, 5))):
        packages += draw(entries(f"package-{place}", targets))
    default, name = default_of({offer.variant for offer in offered}), draw(_names)
    written = draw(st.sampled_from([None, f"sha256:{'d' * 64}"]))
    return Lock(name, tuple(packages), offered, default, "sha256:a", "sha256:b", GROUPS, written)


@st.composite
def entries(draw: st.DrawFn, name: str, targets: list[Target]) -> list[Pinned]:
    """One name, at up to three versions for targets that do not overlap."""
    count = draw(st.integers(1, 3))
    owners = draw(st.lists(st.integers(0, count), min_size=len(targets), max_size=len(targets)))
    found = []
    for number in range(count):
        mine = frozenset(target for target, owner in zip(targets, owners, strict=True) if owner == number)
        if mine:
            found.append(draw(pinned(name, f"1.{number}", mine)))
    return found


@st.composite
def pinned(draw: st.DrawFn, name: str, version: str, targets: frozenset[Target]) -> Pinned:
    groups = draw(st.sets(st.sampled_from(GROUPS)).map(frozenset))
    needs = draw(st.sets(st.integers(0, 6)).map(lambda some: tuple(f"package-{one}" for one in some)))
    archive = ArchiveSource(f"dist/{name.replace('-', '_')}-{version}-py3-none-any.whl", "b" * 64, 1000)
    git = GitSource("https://git.example/x", "a" * 40, draw(st.sampled_from([None, "main"])))
    source = draw(
        st.sampled_from([None, None, None, LocalSource("./a b", True), LocalSource("a"), archive, git])
    )
    bounds = draw(st.sampled_from([None, ">=3.8", ">=3.8,<4"]))
    if source:
        kept = None if isinstance(source, LocalSource) else Version(version)
        return Pinned(name, kept, None, (), targets, groups, bounds, needs, source)
    file = f"{name.replace('-', '_')}-{version}-py3-none-any.whl"
    sizes = st.none() | st.integers(1, 10**10)
    times = st.sampled_from([None, "2024-03-01T12:00:00Z", "2024-03-01T12:00:00.5+02:00", "never"])
    wheel = LockedFile(file, f"https://files.example/{file}", draw(_hashes), draw(sizes), draw(times))
    index = "https://simple.example/simple"
    return Pinned(name, Version(version), index, (wheel,), targets, groups, bounds, needs)


def holds(text: str | None, target: Target, *groups: str) -> bool:
    chosen = frozenset({target.variant.group, *groups})
    asked = {
        **environment(target.platform, target.python),
        "extras": frozenset(),
        "dependency_groups": chosen,
    }
    return text is None or Marker(text).evaluate(asked, context="lock_file")  # type: ignore[arg-type]


@settings(max_examples=150, deadline=None)
@given(sets_of_targets(), st.sets(st.sampled_from(GROUPS)))
def test_a_marker_is_true_exactly_where_it_should_be(
    sets: tuple[frozenset[Target], frozenset[Target]], groups: set[str]
) -> None:
    wanted, every = sets
    for among in (every, every_combination(every)):
        text = marker(wanted, among, groups)
        for target in among:
            assert holds(text, target, *groups) == (target in wanted)
            assert not groups or not holds(text, target)
            assert all(holds(text, target, group) == (target in wanted) for group in groups)


_atoms = st.one_of(
    st.sampled_from([*(Variant(one).group for one in VARIANTS), *GROUPS]).map(
        lambda group: f"'{group}' in dependency_groups"
    ),
    st.builds(
        "{} {} '{}'".format,
        st.sampled_from(["sys_platform", "platform_machine"]),
        st.sampled_from(["==", "!="]),
        st.sampled_from(["linux", "win32", "darwin", "x86_64", "AMD64", "arm64"]),
    ),
    st.builds(
        "python_version {} '3.{}'".format,
        st.sampled_from(["==", "!=", ">=", "<", ">", "~="]),  # the last two are not of our own form
        st.integers(8, 15),
    ),
)
_markers = st.recursive(
    _atoms,
    lambda inner: st.builds(
        lambda one, join, other, braces: f"({one}) {join} {other}" if braces else f"{one} {join} {other}",
        inner, st.sampled_from(["and", "or"]), inner, st.booleans(),
    ),
    max_leaves=6,
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(_markers, sets_of_targets())
def test_who_takes_an_entry_is_told_as_the_standard_s_library_tells_it(
    text: str, sets: tuple[frozenset[Target], frozenset[Target]]
) -> None:
    _, every = sets
    found = Takers(every, GROUPS).of(text)
    for target in every:
        alone = frozenset(group for group in GROUPS if holds(text, target, group))
        assert found.get(target) == (frozenset() if holds(text, target) else alone or None)


@settings(max_examples=100, deadline=None)
@given(sets_of_targets())
def test_the_order_of_targets_does_not_reach_a_marker(
    sets: tuple[frozenset[Target], frozenset[Target]],
) -> None:
    wanted, every = sets
    mixed, known = list(wanted), list(every)
    random.Random(7).shuffle(mixed)
    random.Random(7).shuffle(known)
    assert marker(mixed, known) == marker(wanted, every)


@settings(max_examples=150, deadline=None)
@given(locks(), st.randoms(use_true_random=False))
def test_what_is_written_is_read_and_in_order(lock: Lock, shuffle: random.Random) -> None:
    data = encode(lock)
    assert decode(data) == canonical(lock)
    assert encode(decode(data)) == data
    assert check(data) == ()
    assert form.read(data.decode()) in (None, tomllib.loads(data.decode()))
    Pylock.from_dict(tomllib.loads(data.decode())).validate()
    packages, offered = list(lock.packages), list(lock.offers)
    shuffle.shuffle(packages)
    shuffle.shuffle(offered)
    offered = [replace(one, pythons=one.pythons[::-1]) for one in offered]
    assert encode(replace(lock, packages=tuple(packages), offers=tuple(offered))) == data


@settings(max_examples=60, deadline=None)
@given(locks())
def test_no_machine_and_group_ever_takes_two_versions_of_a_name(lock: Lock) -> None:
    document = tomllib.loads(encode(lock).decode())
    every = every_combination([target for offer in lock.offers for target in offer.targets])
    for target in every:
        taken = [one["name"] for one in document["packages"] if holds(one.get("marker"), target, *GROUPS)]
        assert len(taken) == len(set(taken))


SAMPLE = encode(
    Lock(
        "train",
        tuple(
            Pinned(
                name,
                Version("1.0"),
                "https://simple.example/simple",
                (
                    LockedFile(
                        f"{name}-1.0-py3-none-any.whl",
                        f"https://files.example/{name}-1.0-py3-none-any.whl",
                        hashlib.sha256(name.encode()).hexdigest(),
                        1234,
                    ),
                ),
                frozenset({Target(Variant("cpu"), Platform("linux", "x86_64"), Python(3, 11))}),
            )
            for name in ("one", "two")
        ),
        (Offer(Variant("cpu"), Platform("linux", "x86_64"), (Python(3, 11),), "asked for"),),
        Variant("cpu"),
        "sha256:a",
        "sha256:b",
    )
)


@settings(max_examples=250, deadline=None)
@given(st.integers(0, len(SAMPLE) - 1), st.integers(0, 127))
def test_every_edit_of_a_byte_is_found_unless_it_says_the_same(place: int, byte: int) -> None:
    edited = SAMPLE[:place] + bytes([byte]) + SAMPLE[place + 1 :]
    try:
        same = tomllib.loads(edited.decode()) == tomllib.loads(SAMPLE.decode())
    except ValueError:  # not UTF-8, or not TOML
        same = False
    assert (check(edited) == ()) == same


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300), st.integers(0, len(SAMPLE)))
def test_bytes_of_any_kind_are_problems_and_never_a_crash(data: bytes, place: int) -> None:
    for hostile in (data, SAMPLE[:place] + data, SAMPLE[:place] + data + SAMPLE[place:]):
        found = check(hostile)
        assert all(one.code == "EP104" for one in found)
        if found:
            with pytest.raises(EnvplanError):
                decode(hostile)
        else:
            decode(hostile)


LINES = [
    *sorted(set(SAMPLE.decode().split("\n"))),
    *(
        'tool = "x"',
        "packages = []",
        'packages = ["x"]',
        "hosts = []",
        'a = ["b", "c"]',
        "x = [",
        "]",
        "[tool]",
    ),
    *('"" = 1', '"a b" = "c"', "a.b = 1", "size = 01", 'seal = "a\\tb"', "[[tool.envplan]]", "[packages]"),
    *('    "one",', '    { name = "a", name = "b" },', 'envplan = "x"', "# \x7f", "#\ttab", "\r", "# \x0b"),
    '    { name = "a", url = "b", upload-time = 2024-13-01T00:00:00Z, hashes = { sha256 = "c" } },',
]


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(LINES), max_size=14), st.integers(0, 60))
@example(['tool = { envplan = { seal = "44136fa355b3" } }', "[[tool.envplan.target]]"], 0)
def test_a_lock_of_our_own_form_reads_as_toml_does(lines: list[str], start: int) -> None:
    text = "\n".join([*SAMPLE.decode().split("\n")[:start], *lines])
    found = form.read(text)
    assert found is None or found == tomllib.loads(text)


@settings(max_examples=250, deadline=None)
@given(st.integers(0, len(SAMPLE) - 1), st.characters(max_codepoint=0x2100, exclude_categories=["Cs"]))
def test_one_other_character_is_read_as_toml_reads_it_or_not_at_all(place: int, character: str) -> None:
    text = SAMPLE.decode()
    text = text[:place] + character + text[place + 1 :]
    found = form.read(text)
    assert found is None or found == tomllib.loads(text)


def test_what_is_written_is_of_our_own_form() -> None:
    assert form.read(SAMPLE.decode()) == tomllib.loads(SAMPLE.decode())

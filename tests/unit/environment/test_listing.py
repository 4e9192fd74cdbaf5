"""The list of a generation's files: what is written is what is read, and damage shows."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envplan.environment.listing import NAME, Listing, Rows, decode, encode, read_listing, write_listing

paths = st.lists(
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1), max_size=20
)
numbers = st.integers(0, 2**63 - 1)


@st.composite
def listings(draw: st.DrawFn) -> Listing:
    rows = Rows(folders=draw(paths), links=dict.fromkeys(draw(paths), "/usr/bin/python3"))
    for owner in draw(st.lists(st.text(), max_size=4, unique=True)):
        names = draw(paths)
        sizes = draw(st.lists(numbers, min_size=len(names), max_size=len(names)))
        digests = b"".join(hashlib.sha256(name.encode()).digest() for name in names)
        rows.add(owner, names, sizes, digests, draw(st.sets(st.sampled_from(names))) if names else ())
        rows.mtimes.extend(sizes[::-1])
    return rows.listing()


@settings(deadline=None)
@given(listings())
def test_what_is_written_is_what_is_read(listing: Listing) -> None:
    assert decode(encode(listing)) == listing


@settings(deadline=None)
@given(listings(), st.data())
def test_a_list_that_was_cut_or_changed_is_no_list(listing: Listing, data: st.DataObject) -> None:
    whole = encode(listing)
    with pytest.raises(ValueError, match="damaged"):
        decode(whole[: data.draw(st.integers(0, len(whole) - 1))])
    position = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises(ValueError, match="damaged"):
        decode(whole[:position] + bytes([whole[position] ^ 1]) + whole[position + 1 :])


def test_a_missing_list_and_an_empty_one_are_none(tmp_path: Path) -> None:
    assert read_listing(tmp_path) is None
    (tmp_path / NAME).write_bytes(b"")
    assert read_listing(tmp_path) is None


def test_a_row_says_its_hash_and_its_package(tmp_path: Path) -> None:
    rows = Rows()
    rows.add("", ["pyvenv.cfg"], [1], hashlib.sha256(b"a").digest())
    rows.add("torch", ["lib/a.py", "lib/b.py"], [3, 4], hashlib.sha256(b"b").digest() * 2)
    write_listing(tmp_path, rows.listing())
    read = read_listing(tmp_path)
    assert read is not None
    assert [read.owner(row) for row in range(3)] == ["", "torch", "torch"]
    assert read.sha256(0) == hashlib.sha256(b"a").hexdigest()
    assert read.sha256(2) == hashlib.sha256(b"b").hexdigest()


def test_the_list_of_a_large_environment_is_read_at_once() -> None:
    rows = Rows()
    names = [f"lib/python3.11/site-packages/torch/include/ATen/ops/one_{n}/file.h" for n in range(22_000)]
    rows.add("torch", names, range(22_000), bytes(32 * 22_000))
    data = encode(rows.listing())
    begin = time.process_time()
    decode(data)
    assert time.process_time() - begin < 0.1

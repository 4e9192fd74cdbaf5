"""How much is asked for at once."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envplan.store.fetch.manner import MIB, Manner
from envplan.store.fetch.part import layout


@pytest.mark.parametrize(
    ("size", "pieces", "lanes"),
    [
        (100_000, 1, 1),
        (20 * MIB, 1, 1),
        (32 * MIB, 2, 2),
        (100 * MIB, 7, 3),
        (755 * MIB, 40, 6),
        (2500 * MIB, 40, 6),
    ],
)
def test_large_wheels_come_in_more_and_larger_pieces(size: int, pieces: int, lanes: int) -> None:
    manner = Manner()
    assert len(layout(size, manner.piece_of(size))) == pieces
    assert manner.lanes_of(size) == lanes


@given(st.integers(1, 1 << 40))
def test_pieces_are_few_and_make_up_the_file(size: int) -> None:
    manner = Manner()
    pieces = layout(size, manner.piece_of(size))
    assert pieces[0].start == 0
    assert pieces[-1].end == size
    assert all(one.end == other.start for one, other in pairwise(pieces))
    assert len(pieces) <= manner.pieces
    assert 1 <= manner.lanes_of(size) <= manner.a_file

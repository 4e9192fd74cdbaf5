"""What is on disk of a file that is not whole."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from envplan.store.fetch.follower import Follower
from envplan.store.fetch.part import Part, Piece, State, layout
from tests.support.wheels import noise

TOTAL, SIZE = 1000, 300
BODY = noise("part", TOTAL)


@contextmanager
def part() -> Iterator[Part]:
    with tempfile.TemporaryDirectory() as folder:
        yield Part(Path(folder), "ab" * 32)


def write(part: Part, piece: Piece, upto: int) -> None:
    with part.writer(piece) as out:
        out.write(BODY[piece.start + piece.done : piece.start + upto])


def written(part: Part, lengths: list[int]) -> list[Piece]:
    """A part that has so many bytes of each piece."""
    pieces = layout(TOTAL, SIZE)
    part.begin(State(TOTAL, SIZE, '"1"', pieces))
    for piece, length in zip(pieces, lengths, strict=True):
        assert piece.end is not None
        write(part, piece, min(length, piece.end - piece.start))
    return pieces


def test_a_file_is_cut_without_gaps() -> None:
    assert [(one.start, one.end) for one in layout(TOTAL, SIZE)] == [
        (0, 300),
        (300, 600),
        (600, 900),
        (900, 1000),
    ]
    assert [(one.start, one.end) for one in layout(300, 300)] == [(0, 300)]
    assert [(one.start, one.end) for one in layout(None, 300)] == [(0, None)]


lengths = st.lists(st.integers(0, SIZE), min_size=4, max_size=4)


@settings(deadline=None)  # disks are slow at times
@given(lengths)
def test_what_was_written_is_known_to_the_next_run(have: list[int]) -> None:
    with part() as here:
        before = written(here, have)
        state = Part(here.bytes.parent, "ab" * 32).read()
        assert state is not None
        assert (state.total, state.piece, state.sign) == (TOTAL, SIZE, '"1"')
        assert [(one.done, one.crc) for one in state.pieces] == [(one.done, one.crc) for one in before]
        for piece in state.pieces:
            assert piece.kept == (piece.done > 0)
            done = piece.done
            here.check(piece)
            assert piece.done == done


@settings(deadline=None)  # disks are slow at times
@given(lengths, st.data())
def test_no_damage_goes_unnoticed(have: list[int], data: st.DataObject) -> None:
    """Bytes or state changed anywhere, cut or longer: what still counts as there is what was sent."""
    with part() as here:
        written(here, have)
        path = data.draw(st.sampled_from([here.bytes, here.state]))
        content = bytearray(path.read_bytes())
        for _ in range(data.draw(st.integers(1, 3))):
            if content:
                content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
        path.write_bytes(bytes(content[: data.draw(st.integers(0, len(content) + 5))]))
        state = Part(here.bytes.parent, "ab" * 32).read()
        if state is None or (state.total, state.piece) != (TOTAL, SIZE):
            return
        there = here.bytes.read_bytes()
        for piece in state.pieces:
            here.check(piece)
            end = piece.start + piece.done
            assert there[piece.start : end] == BODY[piece.start : end]


@settings(deadline=None)  # disks are slow at times
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 120)), max_size=40), lengths)
def test_the_hash_is_right_in_whatever_order_pieces_come(
    steps: list[tuple[int, int]], kept: list[int]
) -> None:
    with part() as here:
        written(here, kept)
        state = here.read()
        assert state is not None
        pieces, follower = state.pieces, Follower(here)
        for number, length in [*steps, *((n, SIZE) for n in range(4))]:
            piece = pieces[number]
            assert piece.end is not None
            if piece.kept and not piece.complete:
                here.check(piece)
            at = piece.start + piece.done
            data = BODY[at : min(at + length, piece.end)]
            if data:
                with here.writer(piece) as out:
                    out.write(data)
                follower.offer(at, data, pieces)
        follower.catch_up(pieces, lambda: False)
        assert follower.position == TOTAL
        assert follower.hexdigest() == hashlib.sha256(BODY).hexdigest()
        assert here.finish().read_bytes() == BODY
        assert list(here.bytes.parent.iterdir()) == [here.whole]


def test_the_hash_stops_before_a_damaged_piece_and_asks_for_it_again() -> None:
    with part() as here:
        written(here, [SIZE] * 4)
        content = bytearray(here.bytes.read_bytes())
        content[400] ^= 1
        here.bytes.write_bytes(content)
        state = here.read()
        assert state is not None
        follower = Follower(here)
        follower.catch_up(state.pieces, lambda: False)
        assert follower.position == 300
        assert [one.complete for one in state.pieces] == [True, False, True, True]
        write(here, state.pieces[1], SIZE)
        follower.catch_up(state.pieces, lambda: False)
        assert follower.hexdigest() == hashlib.sha256(BODY).hexdigest()


def test_a_new_version_forgets_the_old() -> None:
    with part() as here:
        written(here, [SIZE] * 4)
        here.begin(State(TOTAL, SIZE, '"2"', layout(TOTAL, SIZE)))
        state = here.read()
        assert state is not None
        assert state.sign == '"2"'
        assert sum(one.done for one in state.pieces) == 0
        assert here.bytes.stat().st_size == 0

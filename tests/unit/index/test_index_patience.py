"""How long an index is waited for, as the user's settings have it."""

from __future__ import annotations

from envplan.index.web.patience import Patience
from envplan.settings.model import Network


def test_who_sets_nothing_has_the_usual_patience() -> None:
    assert Patience.of(Network()) == Patience()


def test_all_waits_grow_with_the_time_out() -> None:
    usual, longer = Patience(), Patience.of(Network(timeout=120))
    assert longer.first_byte == 120
    for name in ("connect", "first_byte", "page"):
        assert getattr(longer, name) == 4 * getattr(usual, name)
    assert (longer.attempts, longer.slowest) == (usual.attempts, usual.slowest)


def test_the_shortest_time_out_still_gives_a_second_to_connect() -> None:
    assert Patience.of(Network(timeout=1)).connect == 1


def test_attempts_are_a_setting_of_their_own() -> None:
    patience = Patience.of(Network(attempts=1))
    assert (patience.attempts, patience.first_byte) == (1, Patience().first_byte)

"""Columns of a page: what was put in comes out, a line at a time."""

from __future__ import annotations

import pytest

from envplan.index.columns import BETWEEN, Lines


@pytest.mark.parametrize(
    "texts",
    [[], [""], ["", ""], ["a"], ["a", "", "b"], ["", "a", ""], ["é", "日本", "😀", "x"], ["a"] * 3],
    ids=str,
)
def test_lines_come_out_as_they_went_in(texts: list[str]) -> None:
    lines = Lines.of(texts)
    assert lines.count == len(texts)
    assert lines.all() == texts
    assert [lines.at(place) for place in range(len(texts))] == texts
    for text in texts:
        assert list(lines.places(text)) == [place for place, one in enumerate(texts) if one == text]


def test_a_part_of_a_line_is_no_line() -> None:
    assert list(Lines.of(["ab", "b", "abc"]).places("b")) == [1]


def test_a_text_of_several_lines_stays_one_line() -> None:
    """No link that could be used has such a text, and yet it must not move those after it."""
    lines = Lines.of(["a\nb", f"c{BETWEEN}d", "e"])
    assert lines.all() == ["a b", "c d", "e"]

"""Numbers as people read them."""

from __future__ import annotations

import pytest

from envplan.values.numbers import counted, size_said, whole_number


@pytest.mark.parametrize(
    ("size", "said"),
    [(0, "0 bytes"), (999, "999 bytes"), (1000, "1.0 kB"), (999_960, "1.0 MB"), (2_440_000_000, "2.4 GB")],
)
def test_sizes_are_written_as_installers_write_them(size: int, said: str) -> None:
    assert size_said(size) == said


@pytest.mark.parametrize(
    ("number", "said"), [(0, "0 files"), (1, "1 file"), (2, "2 files"), (14_000, "14,000 files")]
)
def test_one_of_a_thing_is_no_plural(number: int, said: str) -> None:
    assert counted(number, "file") == said


@pytest.mark.parametrize(
    ("text", "number"),
    [("0", 0), ("0042", 42), ("²", None), ("-1", None), ("1.5", None), ("", None), ("9" * 16, None)],
)
def test_a_number_is_made_of_plain_digits(text: str, number: int | None) -> None:
    assert whole_number(text) == number

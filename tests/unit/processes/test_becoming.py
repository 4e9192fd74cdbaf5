"""A program in the place of this process."""

from __future__ import annotations

import pytest

from envplan.processes.becoming import exit_code


@pytest.mark.parametrize(
    ("told", "left"), [(0, 0), (3, 3), (0x7FFFFFFF, 0x7FFFFFFF), (0xC0000005, -1073741819), (0xFFFFFFFF, -1)]
)
def test_what_windows_tells_of_a_crash_is_a_number_that_leaving_takes(told: int, left: int) -> None:
    assert exit_code(told) == left

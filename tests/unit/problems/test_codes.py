"""Every code that can be met can be explained, and nothing else is."""

from __future__ import annotations

import re
from pathlib import Path

import envplan
from envplan.problems.codes import explanations

SOURCE = Path(envplan.__file__).parent


def test_every_code_in_the_source_has_a_long_form_and_the_reverse() -> None:
    emitted = {
        code
        for file in SOURCE.rglob("*.py")
        for code in re.findall(r'"(EP[0-9]{3})"', file.read_text(encoding="utf-8"))
    }
    assert emitted == {one.code for one in explanations()}
    assert all(one.text for one in explanations())

"""What solvers write is read strictly, and what they print is cleaned."""

from __future__ import annotations

from pathlib import Path

import pytest
from packaging.version import Version

from envplan.solver.search import Broken, Found, clean, read_pins


def test_pins_are_read(tmp_path: Path) -> None:
    (tmp_path / "pins.txt").write_text("# by uv\nnumpy==1.26.4\n\ntorch==2.2.2+cu121\n")
    assert read_pins(tmp_path / "pins.txt") == Found(
        {"numpy": Version("1.26.4"), "torch": Version("2.2.2+cu121")}
    )


@pytest.mark.parametrize(
    "text",
    [
        "numpy>=1",
        "numpy==1; python_version > '3'",
        "--index-url https://evil.example\nnumpy==1",
        "numpy @ https://evil.example/numpy.whl",
        "-e .",
        "numpy==1\nnumpy==2",
        "Numpy==1",
        "num.py==1",
        "numpy==not-a-version",
        "numpy==1.*",
        "\x00",
        "p\u0430ndas==1.0",  # a Cyrillic a
    ],
)
def test_anything_else_is_no_answer(tmp_path: Path, text: str) -> None:
    (tmp_path / "pins.txt").write_text(text, encoding="utf-8")
    assert isinstance(read_pins(tmp_path / "pins.txt"), Broken)


def test_an_answer_that_is_missing_or_endless_or_no_text_is_no_answer(tmp_path: Path) -> None:
    assert isinstance(read_pins(tmp_path / "none"), Broken)
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    assert isinstance(read_pins(tmp_path / "bytes"), Broken)
    (tmp_path / "long").write_bytes(b"# \n" * 3_000_000)
    assert isinstance(read_pins(tmp_path / "long"), Broken)


def test_words_hold_no_address_of_ours_and_nothing_that_moves_a_terminal() -> None:
    url = "http://127.0.0.1:4711/s3cret/0/simple/"
    words = clean(
        f"\x1b[31merror\x1b[0m: GET {url}numpy/ and http://127.0.0.1:4711/s3cret/0/files/x\x07\n" * 50, url
    )
    assert "s3cret" not in words
    assert "\x1b" not in words
    assert "\x07" not in words
    assert len(words.splitlines()) == 7


def test_of_a_traceback_only_what_went_wrong_is_kept() -> None:
    words = clean(
        "ERROR: no version of b\n"
        "Traceback (most recent call last):\n"
        '  File "pip/resolver.py", line 103, in resolve\n'
        "    result = self.resolve(\n"
        "             ^^^^^^^^^^^^^\n"
        "pip.exceptions.DistributionNotFound: b\n",
        "http://127.0.0.1:1/x/simple/",
    )
    assert words == "ERROR: no version of b\npip.exceptions.DistributionNotFound: b"

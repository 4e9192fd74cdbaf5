"""What is told from the bytes of a file alone."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from envplan.index.shape import TAIL, begins_right, ends_like_a_zip, shape
from tests.support.wheels import noise, wheel

NAME, WHEEL = wheel("torch", "2.2.0", size=100_000)
ARCHIVE = gzip.compress(noise("torch", 300_000), mtime=0)


@pytest.mark.parametrize(
    ("name", "body", "found"),
    [
        (NAME, WHEEL, "whole"),
        (NAME, WHEEL[:-1], "begun"),
        (NAME, WHEEL[:2], "begun"),
        (NAME, b"Service unavailable", "other"),
        ("torch-2.2.0.tar.gz", ARCHIVE, "whole"),
        ("torch-2.2.0.tar.gz", ARCHIVE[:-1], "begun"),
        ("torch-2.2.0.tar.gz", ARCHIVE[: len(ARCHIVE) // 2], "begun"),
        ("torch-2.2.0.tar.gz", ARCHIVE[:100] + b"\xff" * 100 + ARCHIVE[200:], "other"),
        ("torch-2.2.0.tar.gz", WHEEL, "other"),
        ("torch-2.2.0.tar.xz", WHEEL, None),
    ],
)
def test_the_beginning_of_a_file_is_told_from_all_of_it_and_from_another(
    tmp_path: Path, name: str, body: bytes, found: str | None
) -> None:
    (tmp_path / "bytes").write_bytes(body)
    assert shape(name, tmp_path / "bytes") == found


def test_a_zip_that_was_cut_does_not_end_like_one() -> None:
    assert ends_like_a_zip(WHEEL[-TAIL:])
    assert not any(ends_like_a_zip(WHEEL[:size][-TAIL:]) for size in range(len(WHEEL) - 300, len(WHEEL)))
    assert ends_like_a_zip(WHEEL[:-2] + b"\x05\x00words")
    assert not ends_like_a_zip(WHEEL[:-2] + b"\x05\x00word")


def test_the_first_bytes_that_came_may_be_few() -> None:
    assert begins_right(NAME, b"")
    assert begins_right(NAME, b"PK")
    assert not begins_right(NAME, b"<h")
    assert begins_right("torch-2.2.0.tar.bz2", b"anything")

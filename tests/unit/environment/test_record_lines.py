"""RECORD, as the standard library and every installer read it."""

from __future__ import annotations

import base64
import csv
import hashlib
import io

from hypothesis import given, settings
from hypothesis import strategies as st

from envplan.environment.records import Columns, record

paths = st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1), max_size=8, unique=True)


@settings(deadline=None)
@given(paths, st.lists(st.binary(), min_size=8, max_size=8))
def test_every_file_is_listed_with_its_hash_and_its_size(names: list[str], contents: list[bytes]) -> None:
    held = dict(zip(names, contents, strict=False))
    columns = Columns(
        list(held),
        [hashlib.sha256(data).hexdigest() for data in held.values()],
        [len(d) for d in held.values()],
    )
    data = record([columns], [("a/INSTALLER", b"envplan\n")], "a/RECORD")
    rows = list(csv.reader(io.StringIO(data.decode(), newline="")))
    expected = [[name, _digest(content), str(len(content))] for name, content in held.items()]
    assert rows == [*expected, ["a/INSTALLER", _digest(b"envplan\n"), "8"], ["a/RECORD", "", ""]]


def _digest(data: bytes) -> str:
    letters = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode()
    return f"sha256={letters.rstrip('=')}"


def test_names_with_line_ends_are_quoted() -> None:
    data = record([], [("a\nb", b""), ('c"d', b""), ("e,f", b"")], "RECORD")
    rows = list(csv.reader(io.StringIO(data.decode(), newline="")))
    assert [row[0] for row in rows] == ["a\nb", 'c"d', "e,f", "RECORD"]

"""Whatever stands in catalog.d, the answer is rows or problems, never a crash."""

import tempfile
import tomllib
from pathlib import Path
from typing import Any

import tomli_w
from hypothesis import given, settings
from hypothesis import strategies as st

from envplan.catalog.decode import Sheet, decode
from envplan.catalog.load import DATA, load
from envplan.documents import Reading
from envplan.problems import EnvplanError

# Every kind of row there is, from the shipped documents: the seeds of everything below.
ROWS: list[tuple[str, dict[str, Any]]] = [
    (kind, row)
    for name in ("cuda", "gpus", "indexes", "jax", "onnxruntime", "symptoms", "torch")
    for kind, rows in tomllib.loads((DATA / f"{name}.toml").read_text(encoding="utf-8")).items()
    if isinstance(rows, list)
    for row in (rows[0], rows[-1])
]
KEYS = sorted({key for _, row in ROWS for key in row} | {kind for kind, _ in ROWS} | {"framework"})

texts = st.sampled_from(
    ["", "*", "{}", "../x", "12", "9" * 40, "cu", "rocm", "x" * 600, "\n", "\0", "é", "-r/x"]
)
scalars = (
    texts | st.text(max_size=12) | st.integers() | st.booleans() | st.floats(allow_nan=False) | st.dates()
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=8,
)


@st.composite
def damaged(draw: st.DrawFn) -> dict[str, Any]:
    """A document of whole rows, each with one value replaced, added or left out."""
    document: dict[str, Any] = {}
    for kind, row in draw(st.lists(st.sampled_from(ROWS), max_size=4)):
        key = draw(st.sampled_from(sorted(row)) | st.sampled_from(KEYS))
        other = {name: value for name, value in row.items() if name != key}
        document.setdefault(kind, []).append({**other, key: draw(values)} if draw(st.booleans()) else other)
    if draw(st.booleans()):
        document[draw(st.sampled_from(KEYS))] = draw(values)
    return document


@given(damaged())
@settings(max_examples=300, deadline=None)
def test_a_damaged_document_is_decoded_or_refused(document: dict[str, Any]) -> None:
    reading = Reading("catalog.d/any.toml", "EP103")
    assert isinstance(decode(reading, document), Sheet)
    assert all(problem.code == "EP103" and problem.title for problem in reading.problems)


@given(st.binary(max_size=200) | damaged().map(lambda document: tomli_w.dumps(document).encode()))
@settings(max_examples=100, deadline=None)
def test_a_file_of_any_bytes_is_read_or_refused_by_name(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "any.toml").write_bytes(data)
        problems = []
        try:
            load(["torch", "jax"], Path(folder))
        except EnvplanError as refused:
            problems = list(refused.problems)
    assert {problem.code for problem in problems} <= {"EP103"}
    assert all("any.toml" in line.origin for problem in problems for line in problem.found)

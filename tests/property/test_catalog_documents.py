"""Whatever stands in catalog.d, the answer is rows or problems, never a crash."""

from pathlib import Path
from typing import Any

import tomli_w
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from envplan.catalog.decode import Sheet, decode
from envplan.catalog.load import load
from envplan.documents import Reading
from envplan.problems import EnvplanError

KEYS = (
    "toolkit floor architecture gpu family framework way release kernels requires pitfall clash advice published "
    "cuda linux windows name names computes first last embedded vendor compute gfx xpu bound packages plain follows "
    "implies versions variants platforms index project ask toolkit needs linux-driver native ptx least version "
    "companions requirements id when constrain why between cures kinds package text tags pythons source seen method"
).split()
TEXTS = (
    "12.1 cu121 cu* rocm6.2 cpu torch linux-x86_64 default https://x.example/{variant} 2026-11-20 measured 8.6 "
    "2.2 >=2,<3 2.2.0+cu121 numpy<2 any 311 38+ 313t manylinux_2_28_x86_64 macosx_ nvidia * {} ../x 9999999999.1"
).split()

scalars = (
    st.sampled_from(TEXTS) | st.text(max_size=12) | st.integers(-9, 99) | st.booleans() | st.floats(0, 9)
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=9),
    max_leaves=25,
)
documents = st.dictionaries(st.sampled_from(KEYS[:14]) | st.text(max_size=5), values, max_size=4)


@given(documents)
@settings(max_examples=400, deadline=None)
def test_a_document_of_any_shape_is_decoded_or_refused(data: dict[str, Any]) -> None:
    reading = Reading("catalog.d/any.toml", "EP103")
    assert isinstance(decode(reading, data), Sheet)
    assert all(problem.code == "EP103" and problem.title for problem in reading.problems)


@given(st.binary(max_size=200) | documents.map(lambda data: tomli_w.dumps(data).encode()))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_file_of_any_bytes_is_read_or_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "any.toml").write_bytes(data)
    try:
        load(["torch"], tmp_path)
    except EnvplanError as refused:
        assert {problem.code for problem in refused.problems} == {"EP103"}  # noqa: PT017
        assert all("any.toml" in line.origin for problem in refused.problems for line in problem.found)  # noqa: PT017

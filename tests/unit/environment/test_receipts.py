"""Receipts: what is written is what is read, and follows its schema; all else is none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envplan.environment.model import Interpreter, Receipt
from envplan.environment.receipts import NAME, decode, encode, read_receipt

PROMISED = jsonschema.Draft202012Validator(
    json.loads((Path(__file__).parents[3] / "schemas" / "receipt.schema.json").read_text())
)

texts = st.text(max_size=20)
hashes = st.text("0123456789abcdef", min_size=64, max_size=64)
packages = st.fixed_dictionaries(
    {
        "name": texts,
        "version": texts,
        "wheel": texts,
        "sha256": hashes,
        "index": texts,
        "size": st.integers(0),
    }
)
receipts = st.builds(
    Receipt,
    id=st.integers(1, 10**6).map(str),
    lock=hashes,
    spec=st.just("") | hashes,
    machine=texts,
    target=st.just({"variant": "cu121", "platform": "linux-x86_64", "python": "3.11"}),
    why=texts,
    groups=st.lists(texts, max_size=2).map(tuple),
    extras=st.lists(texts, max_size=2).map(tuple),
    interpreter=st.builds(Interpreter, texts.map(lambda path: path.replace("\0", "")), texts),
    packages=st.lists(packages, max_size=3).map(tuple),
    startup=st.lists(st.tuples(texts, texts), max_size=2).map(tuple),
    verified=st.dictionaries(texts, st.integers(), max_size=2),
    created=texts,
)


@settings(deadline=None)
@given(receipts)
def test_what_is_written_is_what_is_read(receipt: Receipt) -> None:
    data = encode(receipt)
    assert decode(data) == receipt
    PROMISED.validate(json.loads(data))


@pytest.mark.parametrize(
    "change",
    [
        {"schema": 2},
        {"surprise": 1},
        {"interpreter": None},
        {"interpreter": {"path": "a\0b", "version": "3.11.7"}},
        {"startup": [{}]},
        {"groups": 3},
        {"groups": [3]},
        {"target": {"variant": "cpu"}},
        {"created": None},
        {"pointer": 5},
        {"verified": {"smoke": [1]}},
        {"packages": [1]},
        {"packages": [{"version": "1.0"}]},
        {"packages": [{"name": "a", "size": "large"}]},
    ],
)
def test_anything_else_is_no_receipt(tmp_path: Path, change: dict[str, Any]) -> None:
    target = {"variant": "cpu", "platform": "linux-x86_64", "python": "3.11"}
    whole = {"schema": 1, "target": target, "verified": {}, "interpreter": {"path": "", "version": ""}}
    whole |= dict.fromkeys(("id", "lock", "spec", "machine", "why", "created"), "")
    whole |= {"groups": [], "extras": [], "packages": [], "startup": []}
    (tmp_path / NAME).write_text(json.dumps(whole))
    assert read_receipt(tmp_path)
    (tmp_path / NAME).write_text(json.dumps(whole | change))
    assert read_receipt(tmp_path) is None


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"null", b"\xff"])
def test_a_damaged_one_is_none(tmp_path: Path, data: bytes) -> None:
    (tmp_path / NAME).write_bytes(data)
    assert read_receipt(tmp_path) is None

"""The schema of catalog documents admits every shipped file, and no broken one."""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from envplan.catalog.load import DATA

SCHEMA = json.loads(
    (Path(__file__).parents[3] / "schemas" / "catalog.schema.json").read_text(encoding="utf-8")
)
DOCUMENT = Draft202012Validator(SCHEMA, format_checker=FormatChecker())
LISTING = Draft202012Validator(
    {"$ref": "#/$defs/listing", "$defs": SCHEMA["$defs"]}, format_checker=FormatChecker()
)
EVIDENCE = {"source": "x", "seen": "2026-11-20", "method": "documented"}
TOOLKIT = {"cuda": "12.1", "linux": "530.30.02", **EVIDENCE}
PUBLISHED = {"index": "default", "project": "torch", "versions": ["2.0"], "tags": ["any"], "pythons": ["any"]}

DOCUMENTS = sorted(DATA.glob("*.toml"))

BROKEN: list[dict[str, Any]] = [
    {"toolkits": [TOOLKIT]},
    {"toolkit": TOOLKIT},
    {"toolkit": [{**TOOLKIT, "cuda": 12.1}]},
    {"toolkit": [{**TOOLKIT, "linux": "newest"}]},
    {"toolkit": [{**TOOLKIT, "macos": "1"}]},
    {"toolkit": [{**TOOLKIT, "seen": "2026-13-01"}]},
    {"toolkit": [{**TOOLKIT, "method": "guessed"}]},
    {"toolkit": [{key: value for key, value in TOOLKIT.items() if key != "source"}]},
    {"gpu": [{"vendor": "nvidia", "names": ["X"], **EVIDENCE}]},
    {"gpu": [{"vendor": "nvidia", "names": ["X"], "compute": "9.0", "gfx": "gfx90a", **EVIDENCE}]},
    {"kernels": [{"variants": ["cu121"], **EVIDENCE}]},
    {"kernels": [{"variants": ["cuda121!"], "native": ["9.0"], **EVIDENCE}]},
    {"kernels": [{"platforms": ["linux"], "native": ["9.0"], **EVIDENCE}]},
    {"way": [{"variants": ["cpu"], "index": "/local", **EVIDENCE}]},
    {"clash": [{"id": "x", "between": ["a"], "why": "b", **EVIDENCE}]},
    {"published": [{**PUBLISHED, "pythons": ["cp311"], **EVIDENCE}]},
    {"published": [{**PUBLISHED, "versions": [], **EVIDENCE}]},
    {"symptom": [{"id": "x", "text": "y", **EVIDENCE}]},
    {"symptom": [{"id": "x", "text": "y", "why": "z", "os": ["beos"], **EVIDENCE}]},
    {"framework": {"name": "x"}},
    {"framework": {"name": "x", "packages": ["x"], "extends": "y"}},
]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_shipped_document_is_of_the_shape(path: Path) -> None:
    DOCUMENT.validate(tomllib.loads(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("path", sorted((DATA / "listings").glob("*.json")), ids=lambda path: path.name)
def test_every_snapshot_is_of_the_shape(path: Path) -> None:
    LISTING.validate(json.loads(path.read_text(encoding="utf-8")))


def test_the_rows_that_are_broken_below_are_whole_before() -> None:
    DOCUMENT.validate({"toolkit": [TOOLKIT], "published": [{**PUBLISHED, **EVIDENCE}]})


@pytest.mark.parametrize("document", BROKEN, ids=str)
def test_a_broken_document_is_not_of_the_shape(document: dict[str, Any]) -> None:
    assert not DOCUMENT.is_valid(document)


@pytest.mark.parametrize(
    "change",
    [
        {"schema": 2},
        {"seen": "July"},
        {"indexes": {"x": {}}},
        {"indexes": {"default": {"torch": {"2.0": "any"}}}},
        {"indexes": {"default": {"torch": {"2.0": {"any": "cp311"}}}}},
    ],
    ids=str,
)
def test_a_broken_snapshot_is_not_of_the_shape(change: dict[str, Any]) -> None:
    whole = {"schema": 1, **EVIDENCE, "indexes": {"default": {"torch": {"2.0": {"any": "38 39 310+"}}}}}
    assert LISTING.is_valid(whole)
    assert not LISTING.is_valid({**whole, **change})

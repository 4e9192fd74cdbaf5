"""Every schema against real documents: those we ship, and those that must be refused."""

from __future__ import annotations

import copy
import json
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from packaging.pylock import Pylock

ROOT = Path(__file__).parents[2]
SCHEMAS = sorted((ROOT / "schemas").glob("*.json"))
LOCK = ROOT / "examples" / "lock" / "pylock.toml"


def schema(name: str) -> Any:
    return json.loads((ROOT / "schemas" / f"{name}.schema.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("file", SCHEMAS, ids=lambda file: file.name)
def test_every_schema_is_a_schema(file: Path) -> None:
    jsonschema.Draft202012Validator.check_schema(json.loads(file.read_text(encoding="utf-8")))


def test_there_is_a_schema_for_each_kind_of_document() -> None:
    names = {file.name.removesuffix(".schema.json") for file in SCHEMAS}
    assert names == {"catalog", "lock", "output", "profile", "receipt", "spec"}


@pytest.mark.parametrize("file", sorted((ROOT / "profiles").glob("*.toml")), ids=lambda file: file.stem)
def test_shipped_profiles_follow_their_schema(file: Path) -> None:
    jsonschema.validate(tomllib.loads(file.read_text(encoding="utf-8")), schema("profile"))


def lock() -> dict[str, Any]:
    return tomllib.loads(LOCK.read_text(encoding="utf-8"))


def test_the_example_of_a_lock_follows_the_standard_and_our_schema() -> None:
    Pylock.from_dict(lock()).validate()
    jsonschema.validate(lock()["tool"]["envplan"], schema("lock"))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("schema",), 2),
        (("spec",), "md5:00"),
        (("default",), "rocm6.2"),
        (("target",), []),
        (("target", 0, "platform"), "linux"),
        (("target", 0, "variant"), "cu12.1"),
        (("target", 0, "driver"), "new"),
        (("target", 0, "native"), ["86"]),
        (("target", 0, "why"), ""),
        (("surprise",), 1),
    ],
    ids=str,
)
def test_a_lock_table_that_is_wrong_is_refused(path: tuple[str | int, ...], value: object) -> None:
    table = copy.deepcopy(lock()["tool"]["envplan"])
    place = table
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(table, schema("lock"))


def test_a_cuda_target_without_a_driver_is_refused() -> None:
    table = lock()["tool"]["envplan"]
    del next(target for target in table["target"] if target["variant"] == "cu121")["driver"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(table, schema("lock"))

"""The JSON Schema of a spec, against the decoder."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from envplan.problems import EnvplanError
from envplan.spec.decode import decode

ROOT = Path(__file__).parents[3]
SCHEMA: dict[str, Any] = json.loads((ROOT / "schemas/spec.schema.json").read_text())
CHECK = jsonschema.Draft202012Validator(SCHEMA)

REFUSED_BY_BOTH = [
    "",
    "env.name = 'x'",
    "packages = []",
    "packages.torch = 2.2",
    "packages.torch = ''",
    "packages.torch = '^2.2'",
    "packages.torch = '===2.2'",
    "packages.torch = '=2.2'",
    "packages.torch = 'latest'",
    "packages.torch = 'https://x.example'",
    "packages.'-r/etc/passwd' = '*'",
    "packages.'' = '*'",
    "packages.torch = { versoin = '2' }",
    "packages.torch = { extras = 'a' }",
    "packages.x = { path = '.', version = '1' }",
    "packages.x = { path = '/abs' }",
    "packages.x = { path = '.', git = 'https://git.example/x' }",
    "packages.x = { editable = true }",
    "packages.x = { rev = 'main' }",
    "packages.x = { git = 'ext::sh -c id' }",
    "packages.x = { git = 'https://git.example/x', rev = '-x' }",
    "packages = {}\nother = 1",
    "packages = {}\nenv.name = '../x'",
    "packages = {}\nenv.name = 'con'",
    "packages = {}\nenv.python = '3.11.4'",
    "packages = {}\nenv.python = '>=3.10'",
    "packages = {}\nenv.python = 3.11",
    "packages = {}\nenv.python = []",
    "packages = {}\nenv.accelerator = 'nvidia'",
    "packages = {}\nenv.accelerator = 'cuda12.1'",
    "packages = {}\ngroups.dev = ['pytest']",
    "packages = {}\ngroups.cu121 = {}",
    "packages = {}\ntargets.platforms = ['linux']",
    "packages = {}\ntargets.profiles = ['../x.toml']",
    "packages = {}\nindexes.c = 'https://x.example'",
    "packages = {}\nindexes.c = { url = 'https://x.example' }",
    "packages = {}\nindexes.c = { url = 'https://me:secret@x.example', packages = ['a'] }",
    "packages = {}\nindexes.c = { url = 'https://x.example?token=1', packages = ['a'] }",
    "packages = {}\noptions.exclude-newer = 'yesterday'",
    "packages = {}\noptions.same-versions = 'no'",
]


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("path", sorted(ROOT.glob("examples/*.toml")), ids=lambda path: str(path.name))
def test_the_examples_fit_the_schema(path: Path) -> None:
    CHECK.validate(tomllib.loads(path.read_text()))


@pytest.mark.parametrize("text", REFUSED_BY_BOTH)
def test_what_is_wrong_is_refused_by_schema_and_decoder(text: str) -> None:
    assert not CHECK.is_valid(tomllib.loads(text))
    with pytest.raises(EnvplanError):
        decode(text.encode())

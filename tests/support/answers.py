"""What envplan answers: its JSON, held to the schema, and the one problem of what it refuses."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from envplan.problems import EnvplanError, Problem

# Made once: to judge the schema, too, takes an eighth of a second, and tests/contract/test_schemas.py does.
PROMISED = jsonschema.Draft202012Validator(
    json.loads((Path(__file__).parents[2] / "schemas" / "output.schema.json").read_text(encoding="utf-8"))
)


def document(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """Read what a command wrote with --json; it says what it exits with."""
    found: dict[str, Any] = json.loads(done.stdout)
    PROMISED.validate(found)
    assert found["exit"] == done.returncode
    return found


def problem_of(act: Callable[[], object]) -> Problem:
    """Do what is refused, for one reason."""
    with pytest.raises(EnvplanError) as raised:
        act()
    (problem,) = raised.value.problems
    return problem

"""What runs inside environments: old Pythons read it, and its numbers are right."""

from __future__ import annotations

import ast
import importlib.util
import json
import math
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from envplan.environment import proof

FOLDER = Path(proof.__file__).parent / "inside"
SCRIPTS = sorted(FOLDER.glob("*.py"))


@pytest.fixture(scope="module")
def start() -> Any:
    spec = importlib.util.spec_from_file_location("start_of_the_proof", FOLDER / "start.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def session(start: Any) -> Iterator[Any]:
    reading, writing = os.pipe()
    made = start.Session(writing, "answer:")
    made.reading = reading
    yield made
    os.close(reading)
    os.close(writing)


def said(session: Any) -> list[dict[str, Any]]:
    lines = os.read(session.reading, 65536).decode().splitlines()
    return [json.loads(line.partition(":")[2]) for line in lines if line]


@pytest.mark.parametrize("file", SCRIPTS, ids=lambda file: file.name)
def test_python_3_8_can_read_it(file: Path) -> None:
    tree = ast.parse(file.read_text(encoding="utf-8"), feature_version=(3, 8))
    assert any(isinstance(one, ast.ImportFrom) and one.module == "__future__" for one in tree.body)


@pytest.mark.parametrize("file", SCRIPTS, ids=lambda file: file.name)
def test_it_imports_nothing_but_the_standard_library_by_itself(file: Path) -> None:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    imported = {
        name.partition(".")[0]
        for one in ast.walk(tree)
        if isinstance(one, ast.Import | ast.ImportFrom)
        for name in (
            [one.module or ""] if isinstance(one, ast.ImportFrom) else [two.name for two in one.names]
        )
    }
    assert imported <= sys.stdlib_module_names


def test_no_part_of_the_product_is_beyond_what_bfloat16_tells_apart(session: Any) -> None:
    left, right, product = session.matrices()
    columns = list(zip(*right, strict=True))
    reach = max(sum(abs(a * b) for a, b in zip(row, one, strict=True)) for row in left for one in columns)
    assert reach <= 256
    assert len({number for row in product for number in row}) > 50  # and it is no monotonous one


def test_the_convolution_is_the_one_that_libraries_compute(session: Any) -> None:
    (image,), filters, (found,) = session.images()
    y, x, f = 5, 0, 2  # at the border, where a column of zeros is beside it
    wanted = sum(
        image[c][y + v - 1][x + u - 1] * filters[f][c][v][u]
        for c in range(4) for v in range(3) for u in range(3) if x + u - 1 >= 0
    )  # fmt: skip
    assert found[f][y][x] == wanted


@pytest.mark.parametrize(
    "found", [[1.0, 2.0], [1.0, 2.0, 3.5], [1.0, math.nan, 3.0], [], [1.0, math.inf, 3.0]], ids=str
)
def test_a_wrong_result_is_wrong(session: Any, start: Any, found: list[float]) -> None:
    with pytest.raises(start.WrongError):
        session.compare(found, [1, 2, 3])


def test_a_right_result_is_right_within_its_tolerance(session: Any) -> None:
    assert session.compare([[1.0], [2.001]], [[1], [2]], 1e-3) == ""


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ValueError("x"), "ValueError: x"),
        (ValueError(""), "ValueError"),
        (RuntimeError("first\n\n  middle\n last \n"), "RuntimeError: first … last"),
        (KeyError("k"), "KeyError: 'k'"),
    ],
    ids=str,
)
def test_an_exception_is_told_in_one_line(session: Any, error: Exception, words: str) -> None:
    assert session.told(error) == {"error": words, "missing": None}


def test_a_check_that_raises_is_a_check_that_failed(session: Any) -> None:
    session.check("cpu", "divide", lambda: 1 // 0)
    begun, ended = said(session)
    assert begun == {"at": "divide", "device": "cpu"}
    assert (ended["ok"], ended["detail"]) == (False, "ZeroDivisionError: integer division or modulo by zero")

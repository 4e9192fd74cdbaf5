"""A generation that is built once, and a copy of it for each test that does something to it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from envplan.environment.generations import Generation
from tests.support.generations import generation
from tests.support.wheels import noise, wheel

NUMPY = wheel(
    "numpy",
    "1.26.4",
    files={
        "numpy/__init__.py": "__version__ = '1.26.4'\n",
        "numpy/core/__init__.py": "",
        "numpy/core/_multiarray.so": noise("numpy", 40_000),
        "numpy.libs/libopenblas.so": noise("blas", 90_000),
    },
)
APP = wheel("app", "2.0", files={"app.py": "def main():\n    print('hello')\n"}, scripts={"app": "app:main"})


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Generation:
    return generation(tmp_path_factory.mktemp("made"), [NUMPY, APP])


@pytest.fixture
def copied(made: Generation, tmp_path: Path) -> Generation:
    """The same generation elsewhere, with dates and links as they were, and bytes of its own."""
    folder = tmp_path / "1"
    shutil.copytree(made.folder, folder, symlinks=True)
    return Generation(made.number, folder, made.receipt)

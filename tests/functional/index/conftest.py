"""A server and a client with little patience."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from envplan.index.indexes import Indexes
from envplan.settings.model import Settings
from tests.functional.index.serving import QUICK, Make
from tests.support.local_index import LocalIndex


@pytest.fixture
def web() -> Iterator[LocalIndex]:
    with LocalIndex() as served:
        yield served


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Make]:
    made: list[Indexes] = []

    def make(settings: Settings | None = None, **how: Any) -> Indexes:
        how = {"environ": {}, "patience": QUICK, **how}
        made.append(Indexes(settings or Settings(), tmp_path / "cache", **how))
        return made[-1]

    yield make
    for one in made:
        one.close()

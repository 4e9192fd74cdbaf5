"""A server, and a store beside it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.functional.store.fetch.fetching import Shop
from tests.support.local_index import LocalIndex


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with LocalIndex() as web:
        yield Shop(web, tmp_path / "store")

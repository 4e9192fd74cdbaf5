"""Pages, asked for as seldom as can be."""

from __future__ import annotations

import contextlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from envplan.index.indexes import Indexes
from envplan.problems import EnvplanError
from envplan.settings.model import Settings
from tests.functional.index.serving import QUICK, Make, serve
from tests.support.local_index import LocalIndex


def test_a_page_is_asked_for_once_and_then_not_for_ten_minutes(web: LocalIndex, client: Make) -> None:
    serve(web)
    first = client().project(f"{web.url}/simple", "Torch")
    assert client().project(f"{web.url}/simple/", "torch") == first
    assert len(web.log) == 1


def test_refresh_asks_whether_it_is_still_so(web: LocalIndex, client: Make) -> None:
    serve(web)
    first = client().project(f"{web.url}/simple", "torch")
    again = client(refresh=True)
    assert again.project(f"{web.url}/simple", "torch") == first
    assert web.statuses[-1] == ("/simple/torch/", 304)
    serve(web, size=7)
    changed = client(refresh=True).project(f"{web.url}/simple", "torch")
    assert changed.files[0].sha256 != first.files[0].sha256


def test_a_server_that_forbids_keeping_is_always_asked(web: LocalIndex, client: Make) -> None:
    serve(web)
    web.fault("/simple/*", "headers", cache_control="max-age=0")
    client().project(f"{web.url}/simple", "torch")
    client().project(f"{web.url}/simple", "torch")
    assert len(web.log) == 2


@pytest.mark.parametrize("number", ["\u00b2", "9" * 400, "-1", "1e3", ""])
def test_a_header_that_is_no_number_is_no_bug_in_envplan(web: LocalIndex, client: Make, number: str) -> None:
    """Python takes a superscript two for a digit and for no number."""
    serve(web)
    web.fault("/simple/*", "headers", cache_control=f"max-age={number}", content_length=number)
    with contextlib.suppress(EnvplanError):
        client().project(f"{web.url}/simple", "torch")
    assert web.log


def test_many_threads_make_one_request(web: LocalIndex, client: Make) -> None:
    serve(web)
    web.fault("/simple/*", "wait", seconds=0.1)
    indexes = client()
    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(lambda _: indexes.project(f"{web.url}/simple", "torch"), range(32)))
    assert len(set(map(id, found))) == 1
    assert len(web.log) == 1


def test_connections_are_kept(web: LocalIndex, client: Make) -> None:
    for number in range(10):
        serve(web, f"part{number}")
    indexes = client()
    for number in range(10):
        indexes.project(f"{web.url}/simple", f"part{number}")
    assert web.connections == 1


@pytest.mark.parametrize("damage", [b"", b"\0" * 50, None], ids=["empty", "zeros", "cut"])
def test_a_damaged_entry_of_the_cache_is_read_again(
    web: LocalIndex, client: Make, tmp_path: Path, damage: bytes | None
) -> None:
    serve(web)
    first = client().project(f"{web.url}/simple", "torch")
    (entry,) = (tmp_path / "cache" / "pages").iterdir()
    entry.write_bytes(entry.read_bytes()[:-3] if damage is None else damage)
    assert client().project(f"{web.url}/simple", "torch") == first
    assert len(web.log) == 2
    assert client().project(f"{web.url}/simple", "torch") == first
    assert len(web.log) == 2


def test_a_cache_that_cannot_be_written_stops_nothing(web: LocalIndex, tmp_path: Path) -> None:
    filename, _ = serve(web, hashed=False)
    (tmp_path / "file").write_text("not a folder")
    with Indexes(Settings(), tmp_path / "file", environ={}, patience=QUICK) as indexes:
        file = indexes.project(f"{web.url}/simple", "torch").files[0]
        assert indexes.hashed(file).sha256
        assert indexes.metadata(file).requires_dist == ("filelock", "sympy>=1.0")
    assert file.name == filename

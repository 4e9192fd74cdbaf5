"""Canonical addresses and mirrors."""

from __future__ import annotations

import multiprocessing
import os
from pathlib import Path

import pytest
from distlib.index import DEFAULT_INDEX

from envplan.index.addresses import Mirrors, canonical_index, default_index, plain
from envplan.index.cache import Cache, cache_folder
from envplan.index.web.logins import Logins
from envplan.settings.model import Login, Mirror, Settings

PAGE = "https://index.example/simple/torch/"
MIRRORS = Mirrors(
    Settings(
        (
            Mirror("https://index.example/simple", "http://m.example:8080/root/simple"),
            Mirror("https://index.example/simple/special", "http://other.example"),
            Mirror("https://files.example", "http://m.example:8080/root/files"),
        )
    )
)


def test_the_default_index_is_the_one_distlib_knows() -> None:
    assert default_index() == DEFAULT_INDEX.removesuffix("/pypi") + "/simple"
    assert canonical_index("default") == default_index()


def test_it_is_read_without_importing_distlib_too() -> None:
    import subprocess
    import sys

    code = (
        "import sys; from envplan.index.addresses import default_index as d; print(d()); print(*sys.modules)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    address, modules = said.split("\n", 1)
    assert address == default_index()
    assert not {"distlib.index", "urllib3", "ssl"} & set(modules.split())


def test_addresses_are_written_one_way() -> None:
    assert plain("HTTPS://User:pw@Index.Example:443/Simple#x") == "https://index.example/Simple"
    assert canonical_index("https://index.example/simple/") == "https://index.example/simple"
    assert plain("http://[::1]:8080/a?b") == "http://[::1]:8080/a?b"


@pytest.mark.parametrize(
    ("address", "asked"),
    [
        (PAGE, "http://m.example:8080/root/simple/torch/"),
        ("https://index.example/simple/special/x/", "http://other.example/x/"),
        ("https://index.example/simpler/torch/", "https://index.example/simpler/torch/"),
        ("https://files.example/a/b.whl", "http://m.example:8080/root/files/a/b.whl"),
        ("https://files.example.evil/a", "https://files.example.evil/a"),
    ],
)
def test_the_longest_prefix_says_where_to_ask(address: str, asked: str) -> None:
    assert MIRRORS.forward(address) == asked


@pytest.mark.parametrize(
    ("link", "canonical"),
    [
        ("http://m.example:8080/root/files/a/b.whl", "https://files.example/a/b.whl"),
        ("http://m.example:8080/root/simple/torch/b.whl", "https://index.example/simple/torch/b.whl"),
        ("http://m.example:8080/root/packages/b.whl", "https://index.example/packages/b.whl"),
        ("http://m.example:8080/elsewhere/b.whl", "https://index.example/elsewhere/b.whl"),
        ("https://files.example/a/b.whl", "https://files.example/a/b.whl"),
        ("https://third.example/b.whl", "https://third.example/b.whl"),
    ],
)
def test_what_a_mirror_links_to_gets_its_canonical_address(link: str, canonical: str) -> None:
    of_link = MIRRORS.canonical(PAGE, "http://m.example:8080/root/simple/torch/")
    assert of_link is not None
    assert of_link(link) == canonical


def test_a_login_is_bound_to_scheme_host_and_port() -> None:
    environ = {"ENVPLAN_INDEX_CORP_USERNAME": "ann", "ENVPLAN_INDEX_CORP_PASSWORD": "s3cret"}
    logins = Logins(environ, {"corp": "https://corp.example/simple"})
    found = logins.of("https://CORP.example:443/other")
    assert found is not None
    assert (found.user, found.password) == ("ann", "s3cret")
    assert "s3cret" not in repr(found)
    for other in ("http://corp.example/", "https://corp.example:8443/", "https://corp.example.evil/"):
        assert logins.of(other) is None
    assert Logins({}, {}, [("http://m.example", Login("a", "b"))]).of("http://m.example/x") == Login("a", "b")


def _write(folder: Path, text: bytes) -> None:
    for _ in range(50):
        Cache(folder).write("pages", "key", body=text * 1000)


def test_several_processes_never_read_half_an_entry(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_write, args=(tmp_path, text)) for text in (b"a", b"b")]
    for writer in writers:
        writer.start()
    seen = set()
    while any(writer.is_alive() for writer in writers):
        if (tmp_path / "pages").is_dir() and any("." not in p.name for p in (tmp_path / "pages").iterdir()):
            seen.add(Cache(tmp_path).read("pages", "key"))
    for writer in writers:
        writer.join()
        assert writer.exitcode == 0
    assert seen <= {b"a" * 1000, b"b" * 1000}
    assert len(list((tmp_path / "pages").iterdir())) == 1


def test_what_a_killed_process_had_begun_to_write_goes_after_an_hour(tmp_path: Path) -> None:
    Cache(tmp_path).write("pages", "key", body=b"a")
    old, new = tmp_path / "begun" / "1-old", tmp_path / "begun" / "2-new"
    for one in (old, new):
        one.write_bytes(b"half an ent")
    os.utime(old, (0, 0))
    Cache(tmp_path).write("pages", "key", body=b"b")
    assert list((tmp_path / "begun").iterdir()) == [new]


def test_the_store_holds_the_cache(tmp_path: Path) -> None:
    assert cache_folder({"ENVPLAN_STORE": str(tmp_path)}) == tmp_path / "index"
    assert cache_folder({}).is_absolute()

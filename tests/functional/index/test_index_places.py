"""Where a locked file is fetched: of the lock only its index, name, hash and canonical address are known."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from urllib.request import urlopen

import pytest
from packaging.version import Version

from envplan.index.indexes import Indexes
from envplan.index.model import File
from envplan.settings.model import Mirror, Settings
from tests.functional.index.serving import Make, problem, words
from tests.support.local_index import LocalIndex
from tests.support.wheels import wheel

INDEX = "https://index.example/simple"
NAMES = ("torch", "numpy", "idna")
BODIES = {name: wheel(name, "2.2.0") for name in NAMES}


def locked(name: str, folder: str = "https://files.example/ab/cd", index: str = INDEX) -> File:
    """A file as a lock has it, made where there was no mirror."""
    filename, body = BODIES[name]
    sha256 = hashlib.sha256(body).hexdigest()
    return File(index, name, filename, Version("2.2.0"), f"{folder}/{filename}", sha256, len(body))


def served(web: LocalIndex, folder: str, name: str, *, link: str = "", hashed: bool = True) -> None:
    """Put a wheel into a folder of a mirror, and the page that leads to it under /simple."""
    filename, body = BODIES[name]
    web.put(f"{folder}/{filename}", body)
    address = f"{link or f'{web.url}{folder}'}/{filename}"
    fragment = f"#sha256={hashlib.sha256(body).hexdigest()}" if hashed else ""
    web.page(f"/simple/{name}/", f'<html><a href="{address}{fragment}">{filename}</a></html>')


def mirrored(client: Make, web: LocalIndex, *more: Mirror) -> Indexes:
    return client(Settings((Mirror(INDEX, f"{web.url}/simple"), *more)))


def fetched(place: str) -> bytes:
    with urlopen(place) as answer:
        return bytes(answer.read())


@pytest.fixture
def other() -> Iterator[LocalIndex]:
    with LocalIndex("127.0.0.2") as served:
        yield served


@pytest.mark.parametrize("hashed", [True, False], ids=["with hashes", "without hashes"])
def test_a_mirror_that_keeps_files_beside_its_pages_is_asked_for_their_place(
    web: LocalIndex, client: Make, hashed: bool
) -> None:
    for name in NAMES:
        served(web, f"/packages/{name}", name, hashed=hashed)
    indexes = mirrored(client, web)
    for name in NAMES:
        assert fetched(indexes.place(locked(name))) == BODIES[name][1]
    pages = [path for path in web.paths("*") if path.endswith("/")]
    for name in NAMES:
        indexes.place(locked(name))
    assert [path for path in web.paths("*") if path.endswith("/")] == pages


def test_a_mirror_may_keep_its_files_on_another_host(
    web: LocalIndex, other: LocalIndex, client: Make
) -> None:
    filename, body = BODIES["torch"]
    other.put(f"/cdn/{filename}", body)
    served(web, "/unused", "torch", link=f"{other.url}/cdn")
    place = mirrored(client, web).place(locked("torch"))
    assert place == f"{other.url}/cdn/{filename}"
    assert fetched(place) == body


def test_a_mirror_of_pages_only_leaves_files_where_they_are(web: LocalIndex, client: Make) -> None:
    served(web, "/unused", "torch", link="https://files.example/ab/cd")
    assert mirrored(client, web).place(locked("torch")) == locked("torch").url


def test_a_mirror_that_copies_an_index_is_asked_for_one_page_and_no_more(
    web: LocalIndex, client: Make
) -> None:
    for name in NAMES:
        served(web, "/simple/cu121", name)
    indexes = mirrored(client, web)
    for name in NAMES:
        place = indexes.place(locked(name, f"{INDEX}/cu121"))
        assert place == f"{web.url}/simple/cu121/{BODIES[name][0]}"
    assert web.paths("*") == ["/simple/torch/"]


def test_one_that_arranges_the_files_of_an_index_anew_is_believed(web: LocalIndex, client: Make) -> None:
    for name in NAMES:
        served(web, f"/simple/packages/{name}", name)
    indexes = mirrored(client, web)
    for name in NAMES:
        assert fetched(indexes.place(locked(name, f"{INDEX}/cu121"))) == BODIES[name][1]


def test_files_with_a_mirror_of_their_own_need_no_page(web: LocalIndex, client: Make) -> None:
    indexes = mirrored(client, web, Mirror("https://files.example/ab", "http://m.example/files"))
    assert indexes.place(locked("torch")) == f"http://m.example/files/cd/{BODIES['torch'][0]}"
    assert web.paths("*") == []


@pytest.mark.parametrize(
    "settings", [Settings(), Settings((Mirror("https://more.example", "http://m.example"),))]
)
def test_without_a_mirror_of_the_index_no_page_is_asked(
    web: LocalIndex, client: Make, settings: Settings
) -> None:
    file = locked("torch", f"{web.url}/files", f"{web.url}/simple")
    assert client(settings).place(file) == file.url
    assert web.paths("*") == []


@pytest.mark.parametrize("folder", ["https://files.example/ab/cd", f"{INDEX}/cu121"])
def test_what_a_mirror_does_not_list_is_asked_at_its_address(
    web: LocalIndex, client: Make, folder: str
) -> None:
    file = locked("torch", folder)
    asked = file.url.replace(INDEX, f"{web.url}/simple")
    assert mirrored(client, web).place(file) == asked
    older, _ = wheel("torch", "2.1.0")
    web.page("/simple/torch/", f'<html><a href="/packages/{older}">{older}</a></html>')
    assert mirrored(client, web).place(file) == asked


def test_other_bytes_under_the_same_name_are_not_taken_for_the_file(web: LocalIndex, client: Make) -> None:
    served(web, "/packages", "torch")
    page = f'<a href="/old/{BODIES["torch"][0]}#sha256={"0" * 64}">{BODIES["torch"][0]}</a>'
    right = f'<a href="/packages/{BODIES["torch"][0]}#sha256={locked("torch").sha256}">x</a>'
    web.page("/simple/torch/", f"<html>{page}{right}</html>")
    assert fetched(mirrored(client, web).place(locked("torch"))) == BODIES["torch"][1]


def test_a_mirror_that_does_not_answer_is_not_passed_by(web: LocalIndex, client: Make) -> None:
    web.fault("*", "status", code=503)
    found = problem(lambda: mirrored(client, web).place(locked("torch")))
    assert found.code == "EP337"
    assert "mirror" in words(found)
    assert "127.0.0.1" not in words(found)

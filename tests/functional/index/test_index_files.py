"""Metadata and hashes of files, with as few bytes as can be."""

from __future__ import annotations

import hashlib
from typing import Any
from urllib.parse import urlsplit

import pytest
from packaging.version import Version

from tests.functional.index.serving import Make, problem, serve, words
from tests.support.local_index import JSON, LocalIndex
from tests.support.pages import Upload, publish
from tests.support.wheels import sdist, wheel, zipped


@pytest.mark.parametrize("size", [0, 60_000, 400_000])
def test_metadata_without_a_sidecar_takes_one_range(web: LocalIndex, client: Make, size: int) -> None:
    filename, body = serve(web, size=size)
    indexes = client()
    file = indexes.project(f"{web.url}/simple", "torch").files[0]
    found = indexes.metadata(file)
    assert (found.name, found.version) == ("torch", Version("2.2.0"))
    assert found.requires_dist == ("filelock", "sympy>=1.0")
    (asked,) = web.requests("/files/*")
    assert asked.headers["range"] == "bytes=-65536"
    assert web.sent[f"/files/{filename}"] <= min(len(body), 65536)
    web.forget()
    assert client().metadata(file) == found
    assert web.log == []


def test_a_long_list_of_contents_takes_a_second_range(web: LocalIndex, client: Make) -> None:
    many = {f"torch/{'x' * 60}{number:05}.py": b"" for number in range(2000)}
    filename, body = wheel("torch", "2.2.0", requires=["filelock"], files=many, size=500_000)
    web.put(f"/files/{filename}", body)
    web.page("/simple/torch/", f'<html><a href="/files/{filename}">{filename}</a></html>')
    indexes = client()
    assert indexes.metadata(indexes.project(f"{web.url}/simple", "torch").files[0]).requires_dist == (
        "filelock",
    )
    assert len(web.requests("/files/*")) <= 3
    assert web.sent[f"/files/{filename}"] < len(body) * 0.8


@pytest.mark.parametrize("fault", ["no-ranges", "wrong-206"])
def test_without_honest_ranges_the_whole_file_is_read_and_that_is_said_before(
    web: LocalIndex, client: Make, fault: str
) -> None:
    filename, body = serve(web, size=200_000, hashed=False)
    web.fault("/files/*", fault)
    said: list[tuple[str, int]] = []
    indexes = client(tell=lambda text: said.append((text, web.sent[f"/files/{filename}"])))
    file = indexes.project(f"{web.url}/simple", "torch").files[0]
    assert indexes.metadata(file).requires_dist == ("filelock", "sympy>=1.0")
    assert len(said) == 1
    assert filename in said[0][0]
    web.forget()
    again = client()
    assert again.hashed(file).sha256 == hashlib.sha256(body).hexdigest()
    assert again.metadata(file).requires_dist == ("filelock", "sympy>=1.0")
    assert web.log == []  # what was read once is known


def test_metadata_beside_a_wheel_is_read_and_held_against_its_hash(web: LocalIndex, client: Make) -> None:
    filename, _ = serve(web, sidecar=True)
    indexes = client()
    file = indexes.project(f"{web.url}/simple", "torch").files[0]
    web.fault("*.metadata", "corrupt", times=1)
    assert problem(lambda: indexes.metadata(file)).code == "EP341"
    assert client().metadata(file).requires_dist == ("filelock", "sympy>=1.0")
    assert web.paths("/files/*") == [f"/files/{filename}.metadata"] * 2


PUBLISHED = wheel("torch", "2.2.0", requires=["filelock"], size=100_000)


@pytest.mark.parametrize("sidecar", [True, False], ids=["beside it", "inside it"])
@pytest.mark.parametrize(
    ("faults", "code"),
    [
        ([("html", {})], "EP342"),
        ([("html", {"body": b"\xef\xbb\xbf<html>"})], "EP342"),
        ([("empty", {})], "EP342"),
        ([("no-ranges", {}), ("lie-length", {"by": -3000})], "EP336"),
        ([("no-ranges", {}), ("unframed", {}), ("cut", {"after": 9000})], "EP336"),
    ],
    ids=["page", "page with a mark", "empty", "wrong length", "no length"],
)
def test_a_fault_of_the_way_is_not_called_another_file(
    web: LocalIndex, client: Make, faults: list[tuple[str, dict[str, Any]]], code: str, sidecar: bool
) -> None:
    """Though a page that says sizes and hashes is all it takes to see that it is not the file."""
    name, body = PUBLISHED
    publish(web, "/simple", "torch", [Upload(name, body, sidecar=sidecar)], formats=[JSON])
    if code == "EP336":
        web.fault("*.metadata", "status", code=404)
    for kind, how in faults:
        web.fault("*.whl*", kind, **how)
    file = client().project(f"{web.url}/simple", "torch").files[0]
    found = problem(lambda: client().metadata(file))
    assert found.code == code, words(found)


def test_a_range_that_lies_about_the_whole_is_not_believed(web: LocalIndex, client: Make) -> None:
    name, body = PUBLISHED
    publish(web, "/simple", "torch", [Upload(name, body, sidecar=False)], formats=[JSON])
    web.fault("*.whl", "wrong-206", shift=0, total_off=10)
    file = client().project(f"{web.url}/simple", "torch").files[0]
    assert client().metadata(file).requires_dist == ("filelock",)


def test_another_file_is_called_that_whatever_its_size(web: LocalIndex, client: Make) -> None:
    name, body = PUBLISHED
    publish(web, "/simple", "torch", [Upload(name, body, sidecar=False)], formats=[JSON])
    file = client().project(f"{web.url}/simple", "torch").files[0]
    web.fault("*.whl", "no-ranges")
    for other in (wheel("torch", "2.2.0", size=50_000)[1], bytes(50_000), bytes(200_000), bytes(len(body))):
        web.put(urlsplit(file.url).path, other)
        found = problem(lambda: client().metadata(file))
        assert found.code == "EP341", words(found)


def test_an_announced_sidecar_that_is_missing_is_found_in_the_wheel(web: LocalIndex, client: Make) -> None:
    filename, _ = serve(web, sidecar=True)
    web.remove(f"/files/{filename}.metadata")
    indexes = client()
    file = indexes.project(f"{web.url}/simple", "torch").files[0]
    assert indexes.metadata(file).requires_dist == ("filelock", "sympy>=1.0")


@pytest.mark.parametrize(
    ("body", "words_of_it"),
    [
        (b"<html>Accept the terms</html>", "web page"),
        (b"", ""),
        (b"\0" * 70_000, "zip"),
        (zipped({"torch/__init__.py": b""}), "0 files"),
        (wheel("torch", "9.9.9")[1], "9.9.9"),
        (wheel("numpy", "2.2.0")[1], "numpy"),
        (wheel("torch", "2.2.0")[1][:-30], "zip"),
    ],
)
def test_what_is_no_wheel_is_named(web: LocalIndex, client: Make, body: bytes, words_of_it: str) -> None:
    filename, _ = serve(web, hashed=False)
    web.put(f"/files/{filename}", body)
    indexes = client()
    found = problem(lambda: indexes.metadata(indexes.project(f"{web.url}/simple", "torch").files[0]))
    assert found.code in ("EP342", "EP337")
    assert words_of_it in words(found)


def test_a_file_that_changes_between_two_ranges_is_never_mixed(web: LocalIndex, client: Make) -> None:
    many = {f"torch/{'x' * 60}{number:05}.py": b"" for number in range(2000)}
    filename, body = wheel("torch", "2.2.0", files=many, size=500_000)
    web.put(f"/files/{filename}", body)
    web.page("/simple/torch/", f'<html><a href="/files/{filename}">{filename}</a></html>')
    web.fault("/files/*", "change-etag")
    indexes = client()
    found = problem(lambda: indexes.metadata(indexes.project(f"{web.url}/simple", "torch").files[0]))
    assert found.code == "EP336"


def test_a_hash_is_taken_once_and_kept_while_the_file_is_the_same(web: LocalIndex, client: Make) -> None:
    _, body = serve(web, size=100_000, hashed=False)
    said: list[str] = []
    indexes = client(tell=said.append)
    file = indexes.project(f"{web.url}/simple", "torch").files[0]
    assert file.sha256 is None
    found = indexes.hashed(file)
    assert (found.sha256, found.size) == (hashlib.sha256(body).hexdigest(), len(body))
    assert len(said) == 1
    web.forget()
    assert client().hashed(file) == found
    assert web.log == []
    assert client(refresh=True).hashed(file) == found
    assert [request.method for request in web.log] == ["HEAD"]
    _, other = serve(web, size=100_001, hashed=False)
    assert client(refresh=True).hashed(file).sha256 == hashlib.sha256(other).hexdigest()


def test_the_size_of_a_file_with_a_hash_needs_no_body(web: LocalIndex, client: Make) -> None:
    filename, body = serve(web, size=100_000)
    indexes = client()
    assert indexes.hashed(indexes.project(f"{web.url}/simple", "torch").files[0]).size == len(body)
    assert web.sent[f"/files/{filename}"] == 0


@pytest.mark.parametrize("kind", ["cut", "slow", "stall"])
def test_a_body_that_does_not_come_is_no_hash(web: LocalIndex, client: Make, kind: str) -> None:
    serve(web, size=100_000, hashed=False)
    how: dict[str, Any] = {"rate": 300} if kind == "slow" else {"after": 2000}
    web.fault("/files/*", kind, **how)
    indexes = client()
    file = indexes.project(f"{web.url}/simple", "torch").files[0]
    code = {"cut": "EP336", "slow": "EP335", "stall": "EP334"}[kind]
    assert problem(lambda: indexes.hashed(file)).code == code
    web.heal()
    assert client().hashed(file).sha256


def test_a_source_archive_says_what_it_needs_without_being_run(web: LocalIndex, client: Make) -> None:
    filename, body = sdist("torch", "2.2.0", ["filelock"])
    web.put(f"/files/{filename}", body)
    web.page("/simple/torch/", f'<html><a href="/files/{filename}">{filename}</a></html>')
    said: list[str] = []
    indexes = client(tell=said.append)
    file = indexes.project(f"{web.url}/simple", "torch").files[0]
    assert indexes.metadata(file).requires_dist == ("filelock",)
    assert said

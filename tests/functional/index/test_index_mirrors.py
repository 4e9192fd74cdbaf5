"""Mirrors, logins and proxies, which leave no trace."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from envplan.index.model import File
from envplan.settings.model import Login, Mirror, Settings
from tests.functional.index.serving import Make, problem, serve, words
from tests.support.local_index import LocalIndex
from tests.support.wheels import wheel


def test_a_mirror_is_asked_and_shows_nowhere(web: LocalIndex, client: Make, tmp_path: Path) -> None:
    filename, _ = serve(web)
    login = Login("ann", "s3cret", "settings")
    mirror = Mirror("https://index.example/simple", f"{web.url}/simple", login)
    indexes = client(Settings((mirror,)))
    web.fault("*", "auth", user="ann", password="s3cret")
    project = indexes.project("https://index.example/simple", "torch")
    (file,) = project.files
    assert (file.index, file.url) == (
        "https://index.example/simple",
        f"https://index.example/files/{filename}",
    )
    assert indexes.metadata(file).requires_dist == ("filelock", "sympy>=1.0")
    assert indexes.place(file) == f"{web.url}/files/{filename}"
    said = words(problem(lambda: indexes.project("https://index.example/simple", "absent")))
    assert "127.0.0.1" not in said
    assert "mirror" in said
    kept = b"".join(path.read_bytes() for path in (tmp_path / "cache").rglob("*") if path.is_file())
    assert b"s3cret" not in kept
    assert b"ann:" not in kept


def test_files_of_another_host_can_have_a_mirror_of_their_own(web: LocalIndex, client: Make) -> None:
    filename, body = wheel("torch", "2.2.0+cu121")
    web.put(f"/r2/{filename}", body)
    address = f"https://files.example/whl/{filename.replace('+', '%2B')}"
    web.page("/whl/torch/", f'<html><a href="{address}">{filename}</a></html>')
    mirrors = (
        Mirror("https://index.example/whl", f"{web.url}/whl"),
        Mirror("https://files.example/whl", f"{web.url}/r2"),
    )
    indexes = client(Settings(mirrors))
    (file,) = indexes.project("https://index.example/whl", "torch").files
    assert file.url == address
    assert str(indexes.metadata(file).version) == "2.2.0+cu121"


def test_the_default_index_is_where_the_mirror_says(web: LocalIndex, client: Make) -> None:
    from distlib.index import DEFAULT_INDEX

    filename, _ = serve(web)
    indexes = client(Settings((Mirror("default", f"{web.url}/simple"),)))
    project = indexes.project("default", "torch")
    assert project.index == DEFAULT_INDEX.removesuffix("/pypi") + "/simple"
    assert "127.0.0.1" not in repr(project)
    assert indexes.metadata(project.files[0]).name == "torch"
    assert filename


def test_one_name_with_other_bytes_on_two_indexes_stays_two_files(web: LocalIndex, client: Make) -> None:
    found: list[File] = []
    indexes = client()
    for folder, needs in (("cu118", "one"), ("cu121", "two")):
        filename, body = wheel("torch", "2.2.0", requires=[needs])
        web.put(f"/{folder}/{filename}", body)
        digest = hashlib.sha256(body).hexdigest()
        web.page(
            f"/{folder}/torch/", f'<html><a href="/{folder}/{filename}#sha256={digest}">{filename}</a></html>'
        )
        found.append(indexes.project(f"{web.url}/{folder}", "torch").files[0])
    assert [indexes.metadata(file).requires_dist for file in found] == [("one",), ("two",)]


@pytest.mark.parametrize("source", ["netrc", "environment"])
def test_a_login_goes_to_its_host_and_to_no_other(
    web: LocalIndex, client: Make, tmp_path: Path, source: str
) -> None:
    serve(web)
    web.fault("*", "auth", user="ann", password="s3cret")
    environ: dict[str, str] = {"NETRC": str(tmp_path / "netrc")}
    (tmp_path / "netrc").write_text("default login other password nothing\n")
    if source == "netrc":
        (tmp_path / "netrc").write_text("machine 127.0.0.1 login ann password s3cret\n")
    else:
        environ |= {"ENVPLAN_INDEX_MY_CORP_USERNAME": "ann", "ENVPLAN_INDEX_MY_CORP_PASSWORD": "s3cret"}
    indexes = client(environ=environ, names={"my-corp": f"{web.url}/simple"})
    assert indexes.project(f"{web.url}/simple", "torch").files
    with LocalIndex("127.0.0.2") as other:
        serve(other, "stranger")
        web.fault("/simple/stranger/", "redirect", to=f"{other.url}/simple/stranger/")
        indexes.project(f"{web.url}/simple", "stranger")
        assert [request.headers.get("authorization") for request in other.log] == [None]


def test_a_wrong_login_is_named_by_its_origin_only(web: LocalIndex, client: Make, tmp_path: Path) -> None:
    serve(web)
    web.fault("*", "auth", user="ann", password="right")
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login ann password s3cret\n")
    found = problem(
        lambda: client(environ={"NETRC": str(tmp_path / "netrc")}).project(f"{web.url}/simple", "torch")
    )
    assert found.code == "EP332"
    assert "netrc" in words(found)
    assert "s3cret" not in words(found)


def test_a_proxy_of_the_environment_is_used(web: LocalIndex, client: Make) -> None:
    environ = {"HTTP_PROXY": web.url.replace("://", "://u:s3cret@")}
    found = problem(lambda: client(environ=environ).project("http://index.example/simple", "torch"))
    assert found.code == "EP330"  # the server, as a proxy, has no such page
    assert web.log[0].headers["proxy-authorization"].startswith("Basic ")
    assert "s3cret" not in words(found)
    passed = client(environ={**environ, "NO_PROXY": "index.example"})
    assert problem(lambda: passed.project("http://index.example/simple", "torch")).code == "EP333"


def test_an_index_that_leads_to_the_default_one_is_not_followed(web: LocalIndex, client: Make) -> None:
    """As servers of companies do, where they do not have a name: a stranger's package would be taken."""
    with LocalIndex("127.0.0.2") as corp:
        serve(web)
        corp.fault("/simple/torch/", "redirect", to=f"{web.url}/simple/torch/")
        indexes = client(Settings((Mirror("default", f"{web.url}/simple"),)))
        found = problem(lambda: indexes.project(f"{corp.url}/simple", "torch"))
        assert found.code == "EP340"
        assert web.log == []


def test_a_proxy_with_an_address_that_is_none_is_told_without_its_password(
    web: LocalIndex, client: Make
) -> None:
    environ = {"HTTP_PROXY": web.url.replace("://", "://u:s3/cret@")}
    found = problem(lambda: client(environ=environ).project("http://index.example/simple", "torch"))
    assert found.code == "EP344"
    assert "s3" not in words(found)

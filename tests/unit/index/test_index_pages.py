"""What the pages of indexes say, and what they may not say."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envplan.index.columns import refused
from envplan.index.entries import Kept, read_metadata_entry, read_page_entry, write_page
from envplan.index.model import File, Project, Refused
from envplan.index.pages.reading import read_page
from envplan.index.trouble import Trouble

SHA = "ab" * 32
WHEEL = "torch-2.2.0%2Bcu121-cp311-cp311-linux_x86_64.whl"
BASE = "https://index.example/whl/cu121/torch/"


def read(text: str | bytes, kind: str = "text/html", base: str = BASE) -> Project:
    data = text.encode() if isinstance(text, str) else text
    return read_page(data, kind, index="https://index.example/whl/cu121", name="torch", url=base)


def links(*anchors: str, head: str = "") -> Project:
    return read(f"<!DOCTYPE html><html><head>{head}</head><body>{''.join(anchors)}</body></html>")


def refused_by(project: Project) -> tuple[Refused, ...]:
    return refused(project.files)


def only(*anchors: str, head: str = "") -> File:
    (file,) = links(*anchors, head=head).files
    return file


def listed(**over: Any) -> dict[str, Any]:
    name = "torch-2.2.0-py3-none-any.whl"
    return {"filename": name, "url": f"../f/{name}", "hashes": {"sha256": SHA}, **over}


def page(*files: object, **over: Any) -> str:
    return json.dumps({"meta": {"api-version": "1.1"}, "name": "Torch", "files": list(files), **over})


@pytest.mark.parametrize(
    ("href", "url"),
    [
        (f"/whl/cu121/{WHEEL}", f"https://index.example/whl/cu121/{WHEEL}"),
        (f"../{WHEEL}", f"https://index.example/whl/cu121/{WHEEL}"),
        (WHEEL, f"{BASE}{WHEEL}"),
        (WHEEL.replace("%2B", "+"), f"{BASE}{WHEEL}"),
        (f"https://Files.Example:443/whl/{WHEEL}", f"https://files.example/whl/{WHEEL}"),
        (f"//files.example/whl/{WHEEL}", f"https://files.example/whl/{WHEEL}"),
        (f"https://user:secret@files.example/{WHEEL}", f"https://files.example/{WHEEL}"),
        (f"../../../../../../{WHEEL}", f"https://index.example/{WHEEL}"),
    ],
)
def test_links_of_all_shapes_lead_to_one_canonical_address(href: str, url: str) -> None:
    file = only(f'<a href="{href}#sha256={SHA.upper()}">torch</a>')
    assert (file.url, file.sha256) == (url, SHA)
    assert file.name == "torch-2.2.0+cu121-cp311-cp311-linux_x86_64.whl"
    assert str(file.version) == "2.2.0+cu121"


def test_base_moves_relative_links() -> None:
    file = only(f'<a href="{WHEEL}">x</a>', head='<base href="https://cdn.example/a/"><base href="/no/">')
    assert file.url == f"https://cdn.example/a/{WHEEL}"


def test_the_attributes_of_a_link_are_read() -> None:
    file = only(
        f'<a data-requires-python="&gt;=3.8,&lt;3.12" data-yanked="too &amp; bad" href="{WHEEL}" '
        f'data-dist-info-metadata="sha256=old" data-core-metadata="sha256={SHA}">x</a>'
    )
    assert file.requires_python is not None
    assert "3.7" not in file.requires_python
    assert file.yanked == "too & bad"
    assert file.metadata == SHA
    bare = only(f'<a href="{WHEEL}" data-yanked data-core-metadata="true">x</a>')
    assert (bare.yanked, bare.metadata, bare.sha256, bare.requires_python) == ("", "", None, None)
    assert only(f'<a href="{WHEEL}" data-core-metadata="false">x</a>').metadata is None


@pytest.mark.parametrize(
    "href",
    [
        f"javascript:alert('{WHEEL}')",
        f"file:///etc/{WHEEL}",
        f"ftp://files.example/{WHEEL}",
        f"data:text/plain,/{WHEEL}",
        f"http://files.example/{WHEEL}",
        f"https://[bad/{WHEEL}",
        f"https://files.example:99999/{WHEEL}",
        f"a b/{WHEEL}",
        f"a\x07/{WHEEL}",
        f"a\\{WHEEL}",
        f"%2e%2e/{WHEEL}",
        f"..%2f..%2f{WHEEL}",
        f"x%5C{WHEEL}",
        "torch-2.2.0-py3-none-any%0A.whl",
        "numpy-2.2.0-py3-none-any.whl",
        "torch-nonsense!-py3-none-any.whl",
        "torch.whl",
        "t\u043erch-2.2.0-py3-none-any.whl",
        f"{WHEEL}?token=abc",
        f"x|y/{WHEEL}",
        f"\u00e9/{WHEEL}",
        f"{WHEEL}#sha256=abc",
        f"{WHEEL}#sha256={'g' * 64}",
        "https://files.example/" + "a" * 5000 + f"/{WHEEL}",
    ],
)
def test_a_hostile_link_is_refused_by_name_and_the_rest_stays(href: str) -> None:
    good = "torch-2.2.1-py3-none-any.whl"
    project = links(f'<a href="{href}">x</a>', f'<a href="{good}">{good}</a>')
    assert [file.name for file in project.files] == [good]
    (refused,) = refused_by(project)
    assert refused.why
    assert refused.name.isprintable()
    with pytest.raises(Trouble, match="EP338"):
        links(f'<a href="{href}">x</a>')


def test_a_link_that_says_one_file_and_leads_to_another_is_refused() -> None:
    other = "torch-2.3.0-py3-none-any.whl"
    project = links(f'<a href="{WHEEL}">{other}</a>', f'<a href="{other}">{other}</a>')
    assert [file.name for file in project.files] == [other]
    assert "leads to" in refused_by(project)[0].why


def test_a_file_is_known_by_the_end_of_its_address_as_installers_know_it() -> None:
    good = "torch-2.2.1-py3-none-any.whl"
    other = "torch-2.3.0-py3-none-any.whl"
    project = links(f'<a href="/download/12345">{other}</a>', f'<a href="{good}">{good}</a>')
    assert [file.name for file in project.files] == [good]
    assert "does not end in its name" in refused_by(project)[0].why


def test_what_indexes_also_keep_is_passed_over() -> None:
    names = ["torch-1.0.win32.exe", "torch-1.0-py2.7.egg", "torch-1.0.tar.gz.asc", "torch-1.0-beta.tar.gz"]
    project = links(*(f'<a href="{name}">{name}</a>' for name in [*names, "torch-1.0.tar.gz"]))
    assert [file.name for file in project.files] == ["torch-1.0.tar.gz"]
    assert refused_by(project) == ()


def test_pages_about_something_else_are_no_pages() -> None:
    for text in (
        "<html><title>Welcome</title><body>Accept the terms</body></html>",
        '<html><title>Login</title><body><a href="/terms">terms</a></body></html>',
        "hello",
        "<",
        "\0\0\0",
        "<![x",
        "<a " + "x" * 3_000_000,
        "[]",
        "[" * 100_000,
        "{}",
        '{"meta": {"api-version": "2.0"}, "name": "torch", "files": []}',
        page(name="numpy"),
        page(files={}),
        page("x"),
        "{" + '"a":' * 50_000,
        "1" * 10_000,
        "<meta name='pypi:repository-version' content='2.0'><a href='torch-1.0.tar.gz'>x</a>",
    ):
        with pytest.raises(Trouble) as caught:
            read(text)
        assert caught.value.code == "EP338", text[:60]


def test_a_project_without_files_is_one() -> None:
    assert links("<h1>Links for torch</h1>").files == ()
    assert read(page(), "application/json").files == ()


def test_json_says_what_html_cannot() -> None:
    file = listed(
        size=17,
        yanked="why\n\x1b[31m",
        **{"upload-time": "2024-01-01T00:00:00.5Z", "requires-python": ">=3.5.*", "core-metadata": True},
    )
    said = read(page(file, **{"project-status": {"status": "archived", "reason": "old\nage"}}))
    (found,) = said.files
    assert (found.size, found.uploaded, found.metadata) == (17, "2024-01-01T00:00:00.5Z", "")
    assert str(found.requires_python) == ">=3.5"
    assert found.yanked is not None
    assert found.yanked.isprintable()
    assert (said.status, said.reason) == ("archived", "old age")


def test_html_says_its_status_in_meta() -> None:
    head = '<meta name="pypi:project-status" content="quarantined">'
    assert links(f'<a href="{WHEEL}">x</a>', head=head).status == "quarantined"


@pytest.mark.parametrize(
    "over",
    [
        {"size": -1},
        {"size": True},
        {"size": "17"},
        {"size": 10**30},
        {"upload-time": "yesterday"},
        {"upload-time": 7},
        {"requires-python": "banana"},
        {"requires-python": 3},
        {"core-metadata": {"sha256": 5}},
        {"hashes": {"md5": "abc"}},
        {"hashes": None},
        {"yanked": 0},
    ],
)
def test_lies_about_details_are_not_believed(over: dict[str, Any]) -> None:
    (file,) = read(page(listed(**over))).files
    assert file.size is None
    assert file.uploaded is None
    assert file.requires_python is None
    assert file.yanked is None


@pytest.mark.parametrize(
    "over",
    [
        {"url": "javascript:x"},
        {"url": None},
        {"url": "../f/numpy-1.0-py3-none-any.whl"},
        {"filename": None},
        {"filename": "../torch-2.2.0-py3-none-any.whl"},
        {"filename": "numpy-2.2.0-py3-none-any.whl"},
        {"hashes": {"sha256": "00"}},
        {"hashes": {"sha256": 5}},
    ],
)
def test_lies_about_files_are_refused(over: dict[str, Any]) -> None:
    with pytest.raises(Trouble, match="EP338"):
        read(page(listed(**over)))


def test_hostile_markup_takes_no_time() -> None:
    started = time.perf_counter()
    for text in (
        "<!--" * 250_000,
        "<" * 500_000,
        "<a href=" * 130_000,
        "&#" * 300_000,
        "<script>" * 100_000,
    ):
        with pytest.raises(Trouble):
            read(text)
    assert time.perf_counter() - started < 10


_tokens = st.sampled_from(
    ["<a ", "href=", '"', "'", ">", "</a>", WHEEL, "#sha256=", SHA, "<base ", "<meta ", "<!--", "<![", "&#x",
     "\0", "data-yanked", "//", ":", "..", "%2f", "http", "[", "\n", "é", "<script>", "</html>", "<html>"]
)  # fmt: skip


def read_or_named(data: bytes, kind: str) -> tuple[File, ...]:
    try:
        return tuple(read(data, kind).files)
    except Trouble as trouble:
        if trouble.code not in ("EP336", "EP338"):
            raise
        return ()


@given(st.one_of(st.binary(max_size=300), st.lists(_tokens, max_size=40).map(lambda p: "".join(p).encode())))
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_a_page_or_are_named_for_what_they_are(data: bytes) -> None:
    for kind in ("text/html", "application/json"):
        found = read_or_named(data, kind)
        assert all(file.project == "torch" and file.url.startswith("http") for file in found)


_any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["url", "filename", "hashes", "sha256", "size", "yanked", "core-metadata"]), inner
        )
    ),
    max_leaves=12,
)


@given(st.lists(_any_json, max_size=3), _any_json, _any_json)
@settings(max_examples=200, deadline=None)
def test_any_json_is_a_page_or_is_named(files: list[Any], meta: Any, status: Any) -> None:
    text = json.dumps({"meta": meta, "name": "torch", "files": files, "project-status": status})
    assert all(file.project == "torch" for file in read_or_named(text.encode(), "application/json"))


@given(st.binary(max_size=200))
def test_any_bytes_in_the_cache_are_an_entry_or_none(data: bytes) -> None:
    read_page_entry(data, "https://index.example", "torch", lambda _: None)
    read_metadata_entry(data)


def read_back(data: bytes) -> tuple[Kept, Project] | None:
    return read_page_entry(data, "https://index.example/whl/cu121", "torch", lambda _: None)


CU1 = "torch-2.2.1+cu1-py3-none-any.whl"


def test_a_page_comes_back_from_the_cache_as_it_was() -> None:
    files = [
        listed(),
        listed(filename=CU1, url=f"https://f.example/a/{CU1}", size=0, yanked=True),
        listed(filename="torch-1!2.0rc1.tar.gz", url="/torch-1!2.0rc1.tar.gz", yanked="a = b", hashes={}),
        listed(filename="bad.whl"),
    ]  # fmt: skip
    found = read(page(*files, **{"project-status": {"status": "deprecated", "reason": "é"}}))
    kept = Kept(1.5, 600.0, '"e"', "then")
    assert read_back(write_page(kept, found)) == (kept, found)
    assert len(found.files) == 3
    empty = read(page())
    assert read_back(write_page(kept, empty)) == (kept, empty)


def test_a_clock_that_was_set_back_makes_entries_stale() -> None:
    assert Kept(100, 600).is_fresh(200)
    assert not Kept(100, 600).is_fresh(701)
    assert not Kept(100, 600).is_fresh(99)

"""Laws of unpacking: what any good wheel holds comes out of it, and of a spoilt one nothing else does."""

from __future__ import annotations

import io
import os
import random
import tempfile
import zipfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.version import Version

from envplan.index.model import File
from envplan.store.archive.names import key, part_refused
from envplan.store.archive.refusal import Refusal
from envplan.store.archive.wheel import read_wheel
from envplan.store.columns import joined, lines, numbers, parted, read_lines, read_numbers
from envplan.store.unpack import Unpacking
from tests.support.hostile import Archive, wheel_entries

FILE = File(
    "https://index.example", "demo", "demo-1.0-py3-none-any.whl", Version("1.0"), "https://x.example", "0"
)
SPOILT = Archive(
    wheel_entries({"demo/__init__.py": b"answer = 42\n" * 9, "demo-1.0.data/scripts/run": b"#!python\n"})
).bytes()

_parts = st.text(st.characters(codec="utf-8", exclude_characters="/"), min_size=1, max_size=12).filter(
    lambda part: not part_refused(part)
)
_paths = st.lists(_parts, min_size=1, max_size=4).map("/".join)
_datas = st.one_of(st.binary(max_size=300), st.binary(max_size=8).map(lambda data: data * 20_000))


def unpacked(body: bytes) -> dict[str, bytes]:
    """Judge a wheel and unpack it; its files by their names in the archive."""
    with tempfile.TemporaryFile() as archive, tempfile.TemporaryDirectory() as folder:
        archive.write(body)
        archive.flush()
        wheel = read_wheel(archive.fileno(), FILE)
        Unpacking(archive.fileno(), Path(folder), 0, lambda _: None).run(wheel)
        return {
            part.member.name: (Path(folder) / part.scheme / part.path).read_bytes() for part in wheel.parts
        }


@st.composite
def wheels(draw: st.DrawFn) -> bytes:
    """A wheel as some tool may write it, with files of any name."""
    files: dict[str, bytes] = {}
    taken: set[str] = set()
    folders: set[str] = set()
    for path, data in draw(st.dictionaries(_paths, _datas, max_size=12)).items():
        above = [key(path[:at]) for at, letter in enumerate(path) if letter == "/"]
        first = key(path).partition("/")[0]
        if key(path) in taken | folders or taken & set(above) or first.endswith((".data", ".dist-info")):
            continue
        files[f"demo/{path}"] = data
        taken.add(key(path))
        folders |= set(above)
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        for entry in wheel_entries(files):
            info = zipfile.ZipInfo(str(entry.name), (2020, 1, 1, 0, 0, 0))
            info.compress_type = draw(st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]))
            info.external_attr = entry.mode << 16
            with archive.open(info, "w", force_zip64=draw(st.booleans())) as file:
                file.write(entry.data)
    return written.getvalue()


@settings(max_examples=100, deadline=None)
@given(wheels())
def test_what_comes_out_is_what_the_standard_library_reads(body: bytes) -> None:
    found = unpacked(body)
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        names = {name for name in archive.namelist() if not name.endswith("/RECORD")}
        assert found == {name: archive.read(name) for name in names}


@settings(max_examples=600, deadline=None)
@given(st.integers(0, len(SPOILT) - 1), st.integers(1, 255), st.integers(0, 3))
def test_a_spoilt_wheel_gives_the_same_files_or_none(at: int, flip: int, more: int) -> None:
    body = bytearray(SPOILT)
    body[at] ^= flip
    chance = random.Random(at * 1000 + flip)
    for _ in range(more):
        body[chance.randrange(len(body))] ^= chance.randrange(1, 256)
    try:
        found = unpacked(bytes(body))
    except Refusal:
        return
    assert found == unpacked(SPOILT)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, len(SPOILT) - 1), st.integers(0, 40), st.binary(max_size=40))
def test_a_wheel_that_was_cut_or_pasted_gives_the_same_files_or_none(at: int, cut: int, paste: bytes) -> None:
    body = SPOILT[:at] + paste + SPOILT[at + cut :]
    try:
        found = unpacked(body)
    except Refusal:
        return
    assert found == unpacked(SPOILT)


@given(
    st.dictionaries(st.text(max_size=5), st.integers()),
    st.lists(st.text(st.characters(exclude_characters="\0", codec="utf-8"), min_size=1)),
    st.lists(st.integers(-(2**63), 2**63 - 1)),
    st.binary(),
)
def test_columns_are_read_as_they_were_written(
    head: dict[str, int], texts: list[str], whole: list[int], raw: bytes
) -> None:
    data = joined(b"mark", head, [lines(texts), numbers(whole), raw])
    found, (some, others, rest) = parted(b"mark", data)
    assert found == head
    assert read_lines(some) == tuple(texts)
    assert list(read_numbers(others)) == whole
    assert bytes(rest) == raw


@given(st.text(st.characters(codec="utf-8"), max_size=20))
def test_a_name_and_its_other_spellings_have_one_key(name: str) -> None:
    for other in (name.upper(), name.lower(), key(name)):
        if other.casefold() == name.casefold():
            assert key(other) == key(name)
    assert os.fsencode(key(name)) is not None

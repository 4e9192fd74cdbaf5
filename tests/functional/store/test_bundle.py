"""A bundle is a zip that says what it holds, and gives out nothing else."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from envplan.problems import EnvplanError, Problem
from envplan.store.bundle import MANIFEST, Bundle, Contents, packed, write_bundle
from envplan.store.model import Progress
from tests.support.wheels import wheel

LOCK = b"# a lock\n"
TARGET = {"variant": "cpu", "platform": "linux-x86_64", "python": "3.11"}
WHEELS = {"alpha-1.0-py3-none-any.whl": b"alpha" * 1000, "beta-2.0-py3-none-any.whl": b"beta" * 5000}


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def made(folder: Path, wheels: Mapping[str, bytes] = WHEELS) -> Path:
    files: dict[tuple[str, str], Path] = {}
    for name, data in wheels.items():
        path = folder / sha256(data)
        path.write_bytes(data)
        files[name, sha256(data)] = path
    contents = Contents("pylock.toml", (TARGET,), (), packed(files))
    paths = {key[1]: path for key, path in files.items()}
    write_bundle(folder / "out.zip", contents, {"pylock.toml": LOCK, "README.txt": b"how"}, paths)
    return folder / "out.zip"


def refused(path: Path) -> Problem:
    with pytest.raises(EnvplanError) as caught, Bundle(path):
        pass
    return caught.value.problems[0]


def words(problem: Problem) -> str:
    return " ".join([problem.title, *(said.text for said in problem.found)])


def test_what_was_packed_comes_out_again(tmp_path: Path) -> None:
    with Bundle(made(tmp_path)) as bundle:
        assert bundle.lock == LOCK
        assert bundle.contents.targets == (TARGET,)
        for data in WHEELS.values():
            bundle.extract(sha256(data), tmp_path / "wheel")
            assert (tmp_path / "wheel").read_bytes() == data


def test_the_same_files_give_the_same_bytes(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    backwards = dict(reversed(WHEELS.items()))
    assert made(tmp_path).read_bytes() == made(tmp_path / "other", backwards).read_bytes()


def test_how_far_it_is_is_told_file_by_file(tmp_path: Path) -> None:
    files = {(name, sha256(data)): tmp_path / name for name, data in WHEELS.items()}
    for (name, _), path in files.items():
        path.write_bytes(WHEELS[name])
    told: list[Progress] = []
    contents = Contents("pylock.toml", (), (), packed(files))
    paths = {key[1]: path for key, path in files.items()}
    write_bundle(tmp_path / "out.zip", contents, {"pylock.toml": LOCK}, paths, told.append)
    last = {one.what: (one.done, one.total) for one in told}
    assert last == {name: (len(data), len(data)) for name, data in WHEELS.items()}


def test_two_files_of_one_name_are_both_in_it(tmp_path: Path) -> None:
    name, first, other = "torch-2.2.2-cp311-none-any.whl", b"cpu", b"cuda"
    files = {(name, sha256(first)): tmp_path / "1", (name, sha256(other)): tmp_path / "2"}
    (tmp_path / "1").write_bytes(first)
    (tmp_path / "2").write_bytes(other)
    paths = {key[1]: path for key, path in files.items()}
    write_bundle(
        tmp_path / "out.zip", Contents("pylock.toml", (), (), packed(files)), {"pylock.toml": LOCK}, paths
    )
    with Bundle(tmp_path / "out.zip") as bundle:
        bundle.extract(sha256(other), tmp_path / "wheel")
        assert (tmp_path / "wheel").read_bytes() == other


def test_plain_zip_tools_can_read_it(tmp_path: Path) -> None:
    with zipfile.ZipFile(made(tmp_path)) as archive:
        assert archive.testzip() is None
        assert "wheels/alpha-1.0-py3-none-any.whl" in archive.namelist()


def test_a_file_that_changed_before_it_was_packed_ends_the_writing(tmp_path: Path) -> None:
    wheel = tmp_path / "wheel"
    wheel.write_bytes(b"one")
    contents = Contents("pylock.toml", (), (), packed({("a.whl", sha256(b"two")): wheel}))
    with pytest.raises(EnvplanError) as caught:
        write_bundle(tmp_path / "out.zip", contents, {"pylock.toml": LOCK}, {sha256(b"two"): wheel})
    assert caught.value.problems[0].code == "EP482"
    assert [path.name for path in tmp_path.iterdir()] == ["wheel"]


def test_a_folder_that_is_not_there_is_named_and_nothing_is_left(tmp_path: Path) -> None:
    with pytest.raises(EnvplanError) as caught:
        write_bundle(tmp_path / "none" / "out.zip", Contents("pylock.toml", (), (), ()), {}, {})
    assert caught.value.problems[0].code == "EP401"


@pytest.mark.skipif(sys.platform != "linux", reason="only there a file may have no name")
def test_a_kill_while_it_is_written_leaves_nothing(tmp_path: Path) -> None:
    code = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from envplan.store.bundle import Contents, packed, write_bundle\n"
        "here = Path(sys.argv[1])\n"
        "files = packed({('one-1-py3-none-any.whl', '0' * 64): here / 'one'})\n"
        "contents, paths = Contents('pylock.toml', (), (), files), {'0' * 64: here / 'one'}\n"
        "write_bundle(here / 'out.zip', contents, {}, paths, lambda progress: os.kill(os.getpid(), 9))\n"
    )
    (tmp_path / "one").write_bytes(bytes(1_000_000))
    done = subprocess.run([sys.executable, "-c", code, tmp_path], check=False)
    assert done.returncode == -9
    assert [path.name for path in tmp_path.iterdir()] == ["one"]


def test_any_flipped_bit_of_the_list_of_files_is_a_problem_or_nothing(tmp_path: Path) -> None:
    path, wheel = made(tmp_path), WHEELS["beta-2.0-py3-none-any.whl"]
    whole = path.read_bytes()
    for place in range(whole.index(b"PK\1\2"), len(whole)):
        for bit in (0, 3, 5, 6):
            data = bytearray(whole)
            data[place] ^= 1 << bit
            path.write_bytes(data)
            with contextlib.suppress(EnvplanError), Bundle(path) as bundle:
                bundle.extract(sha256(wheel), tmp_path / "wheel")
                assert (tmp_path / "wheel").read_bytes() == wheel


def test_one_flipped_byte_of_a_wheel_is_found(tmp_path: Path) -> None:
    path = made(tmp_path)
    data = bytearray(path.read_bytes())
    data[data.index(b"betabeta") + 100] ^= 1
    path.write_bytes(data)
    with Bundle(path) as bundle, pytest.raises(EnvplanError) as caught:
        bundle.extract(sha256(WHEELS["beta-2.0-py3-none-any.whl"]), tmp_path / "wheel")
    assert caught.value.problems[0].code == "EP482"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: b"",
        lambda data: b"this is no zip",
        lambda data: data[: len(data) // 2],
        lambda data: data[:-10],
        lambda data: data.replace(MANIFEST.encode(), b"x" * len(MANIFEST)),
    ],
    ids=["empty", "no zip", "half", "without its end", "without manifest"],
)
def test_what_is_no_bundle_is_refused(tmp_path: Path, spoil: Callable[[bytes], bytes]) -> None:
    path = made(tmp_path)
    path.write_bytes(spoil(path.read_bytes()))
    assert refused(path).code == "EP480"


def test_one_that_lost_its_end_is_not_taken_for_the_last_wheel_in_it(tmp_path: Path) -> None:
    path = made(tmp_path, dict([wheel("alpha", "1.0")]))
    path.write_bytes(path.read_bytes()[:-30])
    assert "it is cut off" in words(refused(path))


def test_a_bundle_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert "No such file" in words(refused(tmp_path / "none.zip"))


def rewritten(path: Path, more: Mapping[str, bytes], **how: Any) -> Path:
    """The same bundle by another hand: entries replaced or added, other ways of storing them."""
    with zipfile.ZipFile(path) as archive:
        held = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", **how) as archive:
        for name, data in {**held, **more}.items():
            archive.writestr(name, data)
    return path


def manifest(path: Path, **changes: Any) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        document = json.loads(archive.read(MANIFEST))
    return {MANIFEST: json.dumps({**document, **changes}).encode()}


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such files")
def test_what_may_be_read_for_ever_is_no_bundle(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero"), tmp_path):
        assert "it is no file" in words(refused(path))


def test_a_compressed_bundle_is_refused_before_anything_can_blow_up(tmp_path: Path) -> None:
    path = rewritten(made(tmp_path), {}, compression=zipfile.ZIP_DEFLATED)
    assert "compressed" in words(refused(path))


def test_a_file_that_the_manifest_does_not_name_is_refused(tmp_path: Path) -> None:
    assert "../../evil" in words(refused(rewritten(made(tmp_path), {"../../evil": b"x"})))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_stands_twice_is_refused(tmp_path: Path) -> None:
    path = made(tmp_path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("pylock.toml", b"another lock")
    assert "twice" in words(refused(path))


@pytest.mark.parametrize(
    "changes",
    [
        {"envplan-bundle": 2},
        {"files": "all of them"},
        {"files": [{"name": "a", "sha256": "b" * 64, "size": "1", "place": "wheels/a"}]},
        {"files": [{"name": "a", "sha256": "b" * 64, "size": 1, "place": "wheels/a"}]},
        {"files": [{"name": "a", "sha256": "short", "size": 1, "place": "wheels/a"}]},
        {"targets": [{"variant": 1}]},
        {"lock": "../pylock.toml"},
        {"lock": None},
    ],
)
def test_a_manifest_that_lies_is_refused(tmp_path: Path, changes: dict[str, Any]) -> None:
    path = made(tmp_path)
    assert refused(rewritten(path, manifest(path, **changes))).code == "EP480"


def test_a_manifest_nested_without_end_is_refused(tmp_path: Path) -> None:
    assert refused(rewritten(made(tmp_path), {MANIFEST: b"[" * 200_000})).code == "EP480"

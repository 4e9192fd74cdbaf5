"""Wheels from sources: built in an environment of their own, with what they ask for; or their last words."""

from __future__ import annotations

import base64
import errno
import io
import json
import os
import resource
import stat
import sys
import tarfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from envplan.environment.building.archives import unpacked
from envplan.environment.building.backend import Provide, Source, built_wheel
from envplan.environment.building.origins import of_folder
from envplan.environment.building.remembered import key, remember, remembered
from envplan.environment.building.requirements import pinned
from envplan.environment.model import Part
from envplan.environment.skeletons import Skeleton
from envplan.index.indexes import Indexes
from envplan.lockfile.model import LocalSource
from envplan.problems import EnvplanError, Problem
from envplan.settings.model import Settings
from envplan.solver.model import Bindings, Question
from envplan.solver.uv import Uv
from envplan.store.model import Tree
from envplan.values.platforms import Platform
from envplan.values.targets import Target
from envplan.values.variants import Variant
from envplan.values.versions import Libc
from tests.functional.environment.conftest import HERE, Project
from tests.support import trees
from tests.support.answers import problem_of
from tests.support.local_index import LocalIndex
from tests.support.pages import Upload, publish
from tests.support.wheels import sdist, wheel

BACKEND = """
import base64, hashlib, json, os, pathlib, sys, zipfile

def get_requires_for_build_wheel(config_settings=None):
    return ["more>=1"]

get_requires_for_build_editable = get_requires_for_build_wheel

def _write(folder, files):
    name = "mytool-1.5-py3-none-any.whl"
    files["mytool-1.5.dist-info/METADATA"] = "Metadata-Version: 2.1\\nName: mytool\\nVersion: 1.5\\n"
    files["mytool-1.5.dist-info/WHEEL"] = "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"
    files["mytool-1.5.dist-info/RECORD"] = ""
    with zipfile.ZipFile(pathlib.Path(folder) / name, "w") as made:
        for path, text in files.items():
            made.writestr(path, text)
    return name

def build_wheel(folder, config_settings=None, metadata_directory=None):
    import more
    seen = {"path": sys.path, "prefix": sys.prefix, "environ": dict(os.environ), "more": more.__version__}
    return _write(folder, {"mytool.py": pathlib.Path("mytool.py").read_text(), "seen.json": json.dumps(seen)})

def build_editable(folder, config_settings=None, metadata_directory=None):
    return _write(folder, {"_mytool.pth": os.getcwd() + "\\n"})
"""
WHEEL = wheel("mytool", "1.5")
FAILING = """
import sys

def build_wheel(folder, config_settings=None, metadata_directory=None):
    print("compiling kernels.cu")
    print("nvcc: command not found", file=sys.stderr)
    raise SystemExit(9)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project whose build asks for a backend, which asks for one thing more."""
    made = tmp_path / "mytool"
    made.mkdir()
    (made / "mytool.py").write_text("answer = 42\n")
    (made / "pyproject.toml").write_text(
        '[build-system]\nrequires = ["backend>=2"]\nbuild-backend = "backend"\n'
        '[project]\nname = "mytool"\nversion = "1.5"\n'
    )
    return made


@pytest.fixture
def room(tmp_path: Path) -> Path:
    made = tmp_path / "room"
    made.mkdir()
    return made


@pytest.fixture
def asked() -> list[list[str]]:
    return []


@pytest.fixture
def provide(store: Path, asked: list[list[str]]) -> Provide:
    held = {
        "backend>=2": trees.tree("backend", "2.0", store, files={"backend.py": BACKEND}),
        "more>=1": trees.tree("more", "1.3", store),
    }

    def provided(requirements: Sequence[str]) -> list[Part]:
        asked.append(list(requirements))
        return [Part(held[one]) for one in requirements]

    return provided


def nothing(requirements: Sequence[str]) -> list[Part]:
    assert not requirements
    return []


def source(folder: Path, **more: object) -> Source:
    return Source("mytool", folder, "envplan.toml: packages.mytool", **more)  # type: ignore[arg-type]


def tree_of(file: Path, store: Path) -> Tree:
    return trees.unpacked(file.read_bytes(), file.name, store)


def test_a_folder_is_built_with_what_it_asks_for_and_what_its_backend_asks_for(
    folder: Path,
    bones: Skeleton,
    provide: Provide,
    room: Path,
    asked: list[list[str]],
    project: Project,
    store: Path,
) -> None:
    file = built_wheel(source(folder), bones, provide, room)
    assert asked == [["backend>=2"], ["backend>=2", "more>=1"]]
    assert [path.name for path in room.iterdir()] == [file.name]
    assert {path.name for path in folder.iterdir()} == {"mytool.py", "pyproject.toml"}
    project.build(Part(tree_of(file, store), of_folder(LocalSource("mytool"), folder), requested=True))
    assert project.python("import mytool; print(mytool.answer)") == "42\n"


def test_a_build_sees_nothing_of_the_users_packages_and_settings(
    folder: Path, bones: Skeleton, provide: Provide, room: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PIP_INDEX_URL", "UV_INDEX", "PYTHONPATH", "PYTHONSTARTUP", "VIRTUAL_ENV"):
        monkeypatch.setenv(name, "/theirs")
    monkeypatch.setenv("CUDA_HOME", "/usr/local/cuda")
    file = built_wheel(source(folder), bones, provide, room)
    with zipfile.ZipFile(file) as packed:
        seen = json.loads(packed.read("seen.json"))
    sites = [one for one in seen["path"] if "site-packages" in one]
    assert all(one.startswith(seen["prefix"]) for one in sites)
    assert len(sites) == 1
    assert "/theirs" not in json.dumps(seen["environ"])
    assert seen["environ"]["CUDA_HOME"] == "/usr/local/cuda"
    assert seen["environ"]["PATH"].startswith(seen["prefix"])


def test_an_editable_folder_is_only_pointed_to(
    folder: Path, bones: Skeleton, provide: Provide, room: Path, project: Project, store: Path
) -> None:
    file = built_wheel(source(folder, editable=True), bones, provide, room)
    direct = of_folder(LocalSource("mytool", editable=True), folder)
    generation = project.build(Part(tree_of(file, store), direct))
    assert generation.receipt.startup == (("mytool", "_mytool.pth"),)
    (folder / "mytool.py").write_text("answer = 43\n")
    assert (
        project.python("import mytool; print(mytool.answer, mytool.__file__)") == f"43 {folder}/mytool.py\n"
    )
    code = "import importlib.metadata as m; print(m.distribution('mytool').read_text('direct_url.json'))"
    assert json.loads(project.python(code)) == {"url": folder.as_uri(), "dir_info": {"editable": True}}


def test_a_build_that_fails_has_the_last_words(folder: Path, bones: Skeleton, room: Path) -> None:
    (folder / "backend.py").write_text(FAILING)
    (folder / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    )
    problem = problem_of(lambda: built_wheel(source(folder), bones, nothing, room))
    assert (problem.code, problem.exit) == ("EP448", 4)
    assert problem.wanted[0].origin == "envplan.toml: packages.mytool"
    assert [one.text for one in problem.why][-2:] == ["compiling kernels.cu", "nvcc: command not found"]
    assert list(room.iterdir()) == []


@pytest.mark.parametrize(
    "text",
    [
        "[build-system]\n",
        '[build-system]\nrequires = "setuptools"\n',
        "not toml",
        '[build-system]\nrequires = []\nbuild-backend = "nowhere"\n',
    ],
)
def test_a_folder_that_cannot_be_built_is_named(folder: Path, bones: Skeleton, room: Path, text: str) -> None:
    (folder / "pyproject.toml").write_text(text)
    assert problem_of(lambda: built_wheel(source(folder), bones, nothing, room)).code == "EP448"


def test_a_wheel_of_another_version_than_the_lock_has_is_problem_of(
    folder: Path, bones: Skeleton, provide: Provide, room: Path
) -> None:
    problem = problem_of(lambda: built_wheel(source(folder, version="2.0"), bones, provide, room))
    assert problem.found[0].text == "it made mytool 1.5, and the lock has mytool 2.0"


def test_what_cannot_be_provided_is_said_as_it_is(folder: Path, bones: Skeleton, room: Path) -> None:
    def provide(requirements: Sequence[str]) -> list[Part]:
        raise EnvplanError(Problem("EP330", "backend is not on its index"))

    assert problem_of(lambda: built_wheel(source(folder), bones, provide, room)).code == "EP330"


ANSWERS = {
    "nothing": "return None",
    "a number": "return 3",
    "no file": "return 'mytool-1.0-py3-none-any.whl'",
    "no room": "import shutil; shutil.rmtree(folder); return 'mytool-1.0-py3-none-any.whl'",
    "a folder": "name = 'mytool-1.0-py3-none-any.whl'; os.mkdir(folder + '/' + name); return name",
    "a pipe": "name = 'mytool-1.0-py3-none-any.whl'; os.mkfifo(folder + '/' + name); return name",
    "a link": "name = 'mytool-1.0-py3-none-any.whl'; os.symlink(__file__, folder + '/' + name); return name",
    "another place": "return '../../../etc/passwd'",
}


@pytest.mark.skipif(sys.platform == "win32", reason="pipes and links")
@pytest.mark.parametrize("line", ANSWERS.values(), ids=ANSWERS)
def test_a_backend_that_makes_no_wheel_is_named(folder: Path, bones: Skeleton, room: Path, line: str) -> None:
    _alone(folder, f"import os\n\ndef build_wheel(folder, *_, **__):\n    {line}\n")
    assert problem_of(lambda: built_wheel(source(folder), bones, nothing, room)).code == "EP448"


@pytest.mark.parametrize("wish", ["-e .", "--index-url http://evil.example", "x @ http://evil.example/x.whl"])
@pytest.mark.parametrize("whose", ["the project's", "the backend's"])
def test_a_build_asks_for_names_and_nothing_else(
    folder: Path, bones: Skeleton, room: Path, wish: str, whose: str
) -> None:
    """What is not a name would be an option to the solver, or go past the indexes."""
    asking = f"def get_requires_for_build_wheel(*_):\n    return [{wish!r}]\n"
    if whose == "the project's":
        _alone(folder, "", requires=[wish])
    else:
        _alone(folder, asking)
    problem = problem_of(lambda: built_wheel(source(folder), bones, nothing, room))
    assert problem.code == "EP448"
    assert problem.found[0].text.startswith(f"it asks for what is no package: {wish[:10]}")


def test_warnings_of_a_backend_are_not_shown_as_ours(
    folder: Path, bones: Skeleton, room: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    _alone(
        folder,
        "import base64, warnings\n\ndef build_wheel(folder, *_, **__):\n"
        "    warnings.warn('be careful')\n"
        f"    open(folder + '/{WHEEL[0]}', 'wb').write(base64.b64decode({base64.b64encode(WHEEL[1])!r}))\n"
        f"    return '{WHEEL[0]}'\n",
    )
    assert built_wheel(source(folder), bones, nothing, room).name == WHEEL[0]
    assert capfd.readouterr() == ("", "")


def _alone(folder: Path, backend: str, requires: Sequence[str] = ()) -> None:
    """A project whose backend is a file of its own."""
    (folder / "backend.py").write_text(backend)
    (folder / "pyproject.toml").write_text(
        f'[build-system]\nrequires = {list(requires)!r}\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    )


@pytest.mark.parametrize("ending", [".tar.gz", ".zip"])
def test_a_source_archive_is_unpacked_and_built(
    tmp_path: Path, bones: Skeleton, room: Path, ending: str
) -> None:
    name, body = sdist("antlr", "4.9")
    archive = tmp_path / "downloaded"
    archive.write_bytes(body if ending == ".tar.gz" else as_zip(body))
    place = tmp_path / "unpacked"
    place.mkdir()
    top = unpacked(archive, name.replace(".tar.gz", ending), place)
    assert top == place / "antlr-4.9"
    file = built_wheel(Source("antlr", top, "the lock", "4.9"), bones, nothing, room)
    assert file.name == "antlr-4.9-py3-none-any.whl"


def as_zip(body: bytes) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=io.BytesIO(body)) as old, zipfile.ZipFile(made, "w") as new:
        for member in old:
            taken = old.extractfile(member)
            assert taken
            new.writestr(member.name, taken.read())
    return made.getvalue()


def tar(*members: tarfile.TarInfo | str) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as packed:
        for member in members:
            entry = tarfile.TarInfo(member) if isinstance(member, str) else member
            entry.size = 3 if entry.isreg() else 0
            packed.addfile(entry, io.BytesIO(b"abc"))
    return made.getvalue()


def special(name: str, kind: bytes, to: str = "") -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname = kind, to
    return entry


HOSTILE: dict[str, bytes] = {
    "above": tar("top/a", "top/../../b"),
    "absolute": tar("/tmp/a"),
    "backslash": tar("top/..\\a"),
    "drive": tar("C:/a"),
    "device": tar("top/a", special("top/dev", tarfile.CHRTYPE)),
    "pipe": tar("top/a", special("top/pipe", tarfile.FIFOTYPE)),
    "two tops": tar("one/a", "two/a"),
    "twice": tar("top/a", "top/a"),
    "file as folder": tar("top/a", "top/a/b"),
    "nothing": tar(),
    "no archive": b"<html>not found</html>",
    "cut": tar("top/a", "top/b")[:-40],
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_source_archive_that_leads_elsewhere_is_problem_of(tmp_path: Path, body: bytes) -> None:
    (tmp_path / "archive").write_bytes(body)
    place = tmp_path / "in" / "here"
    place.mkdir(parents=True)
    problem = problem_of(lambda: unpacked(tmp_path / "archive", "evil-1.0.tar.gz", place))
    assert problem.code == "EP452"
    assert {path.name for path in tmp_path.iterdir()} == {"archive", "in"}
    assert [path.name for path in (tmp_path / "in").iterdir()] == ["here"]


@pytest.mark.skipif(sys.platform == "win32", reason="a limit of POSIX")
def test_a_disk_without_room_is_not_called_a_damaged_archive(tmp_path: Path) -> None:
    (tmp_path / "archive").write_bytes(tar("top/a"))
    (tmp_path / "here").mkdir()
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1, before[1]))
    try:
        with pytest.raises(OSError, match=os.strerror(errno.EFBIG)):
            unpacked(tmp_path / "archive", "a-1.0.tar.gz", tmp_path / "here")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_links_in_a_source_archive_become_what_they_lead_to(tmp_path: Path) -> None:
    body = tar(
        "top/real",
        special("top/link", tarfile.SYMTYPE, "real"),
        special("top/out", tarfile.SYMTYPE, "/etc/passwd"),
    )
    (tmp_path / "archive").write_bytes(body)
    (tmp_path / "here").mkdir()
    top = unpacked(tmp_path / "archive", "a-1.0.tar.gz", tmp_path / "here")
    assert {path.name: path.read_bytes() for path in top.iterdir()} == {"real": b"abc", "link": b"abc"}
    assert not any(stat.S_ISLNK(path.lstat().st_mode) for path in top.iterdir())


def test_a_build_is_remembered_by_all_it_rests_on(tmp_path: Path, bones: Skeleton) -> None:
    first = key("sha256:aa", bones, ["torch 2.2.2+cu121"])
    assert first == key("sha256:aa", bones, ["torch 2.2.2+cu121"])
    assert (
        len({first, key("sha256:bb", bones), key("sha256:aa", bones), key("sha256:aa", bones, ["torch 2.3"])})
        == 4
    )
    assert remembered(tmp_path, first, {}) is None
    remember(tmp_path, first, "f" * 64, {"torch": "2.2", "setuptools": "70"})
    remember(tmp_path, first, "e" * 64, {"torch": "2.3", "setuptools": "70"})
    for lock, built in (({"torch": "2.2", "six": "1"}, "f"), ({"torch": "2.3"}, "e"), ({}, "e")):
        assert remembered(tmp_path, first, lock) == built * 64
    assert remembered(tmp_path, first, {"torch": "2.4"}) is None
    for file in (tmp_path / "built").iterdir():
        file.write_text("{")
    assert remembered(tmp_path, first, {}) is None


def test_what_a_build_asks_for_is_pinned_with_hashes_before_it_begins(tmp_path: Path) -> None:
    with LocalIndex() as web, Indexes(Settings(), tmp_path / "cache") as indexes:
        for name, version, needs in (("hatch", "1.27", ["plug>=1"]), ("plug", "1.5", [])):
            file, body = wheel(name, version, requires=needs)
            publish(web, "/simple", name, [Upload(file, body)])
        target = Target(Variant("cpu"), Platform.parse("linux-x86_64"), HERE)
        bindings = Bindings({}, (), f"{web.url}/simple/")
        frame = Question(target, (), bindings, libc=Libc.parse("glibc 2.28"))
        files = pinned(["hatch>=1"], "mytool: build-system.requires", frame, indexes, Uv())
        assert [file.name for file in files] == ["hatch-1.27-py3-none-any.whl", "plug-1.5-py3-none-any.whl"]
        assert all(file.sha256 for file in files)
        assert problem_of(lambda: pinned(["nowhere"], "mytool", frame, indexes, Uv())).code == "EP330"

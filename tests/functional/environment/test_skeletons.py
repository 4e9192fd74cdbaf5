"""Empty environments: made once for each interpreter, and made anew when that changes."""

from __future__ import annotations

import shutil
import sys
import time
from pathlib import Path

import pytest

from envplan.environment import virtual
from envplan.environment.keeping import keep, kept
from envplan.environment.skeletons import Skeleton, Unfit, skeleton
from envplan.machine.probe.host import Host
from envplan.problems import EnvplanError
from envplan.values.versions import Python
from tests.functional.environment.conftest import HERE, ran

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="programs in shell")


def alone(*folders: Path, executable: str = "", python: Python | None = None) -> Host:
    """A computer with nothing but these folders on its PATH."""
    return Host(environ={"PATH": ":".join(map(str, folders))}, executable=executable, python=python)


def test_the_second_time_it_comes_out_of_the_store_in_no_time(store: Path, bones: Skeleton) -> None:
    begin = time.process_time()
    again = skeleton(HERE, store)
    files = again.at(Path("/srv/app/.venv"), "train")
    assert time.process_time() - begin < 0.05
    assert again == bones
    assert files["pyvenv.cfg"].count(b'prompt = "train"') == 1
    assert b"/srv/app/.venv" in files["bin/activate"]


def test_it_stands_on_no_other_environment(store: Path, bones: Skeleton, tmp_path: Path) -> None:
    assert sys.prefix != sys.base_prefix, "the tests themselves run in an environment"
    assert not bones.interpreter.path.startswith(sys.prefix)
    ran(bones.interpreter.path, "-m", "venv", "--without-pip", tmp_path / "theirs")
    found = skeleton(HERE, store, alone(tmp_path / "theirs" / "bin"))
    assert Path(found.interpreter.path).samefile(bones.interpreter.path)
    shutil.rmtree(tmp_path / "theirs")
    ran(found.interpreter.path, "-c", "")


def test_settings_of_the_user_change_nothing(
    tmp_path: Path, bones: Skeleton, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "virtualenv.ini").write_text("[virtualenv]\nsystem-site-packages = true\ncopies = true\n")
    monkeypatch.setenv("VIRTUALENV_CONFIG_FILE", str(tmp_path / "virtualenv.ini"))
    monkeypatch.setenv("VIRTUALENV_PROMPT", "theirs")
    monkeypatch.setenv("PYTHONHOME", "/nowhere")
    assert skeleton(HERE, tmp_path) == bones


def _document(store: Path) -> Path:
    (document,) = (store / "skeletons").iterdir()
    return document


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"format": 99}'])
def test_a_damaged_one_is_made_again(tmp_path: Path, bones: Skeleton, damage: str) -> None:
    skeleton(HERE, tmp_path)
    _document(tmp_path).write_text(damage)
    assert skeleton(HERE, tmp_path) == bones


@pytest.mark.parametrize("content", [{}, {"format": 99}, {"format": 1, "virtualenv": 7, "rests_on": 7}])
def test_one_of_another_shape_is_made_again(
    tmp_path: Path, bones: Skeleton, content: dict[str, object]
) -> None:
    skeleton(HERE, tmp_path)
    keep(_document(tmp_path), content)
    assert skeleton(HERE, tmp_path) == bones


def test_one_that_was_edited_is_made_again(tmp_path: Path, bones: Skeleton) -> None:
    skeleton(HERE, tmp_path)
    document = _document(tmp_path)
    document.write_bytes(document.read_bytes().replace(b"VIRTUAL_ENV", b"VIRTUAL_ENW"))
    assert skeleton(HERE, tmp_path) == bones


@pytest.mark.parametrize("change", ["virtualenv", "rests_on"])
def test_one_that_rests_on_something_else_is_made_again(tmp_path: Path, bones: Skeleton, change: str) -> None:
    skeleton(HERE, tmp_path)
    held = kept(_document(tmp_path))
    assert held
    held[change] = "older" if change == "virtualenv" else [[*held["rests_on"][0][:2], 1]]
    held["interpreter"]["version"] = "3.0.0"
    keep(_document(tmp_path), held)
    assert skeleton(HERE, tmp_path).interpreter == bones.interpreter


def test_a_store_that_cannot_be_written_is_done_without(tmp_path: Path, bones: Skeleton) -> None:
    (tmp_path / "skeletons").write_text("a file")
    assert skeleton(HERE, tmp_path) == bones


@POSIX
def test_without_such_a_python_it_says_what_to_type(tmp_path: Path) -> None:
    with pytest.raises(EnvplanError) as raised:
        skeleton(Python(3, 99), tmp_path, alone(tmp_path))
    (problem,) = raised.value.problems
    assert (problem.code, problem.exit) == ("EP440", 4)
    assert problem.wanted[0].text == "Python 3.99"
    assert problem.cures[-1] == "uv python install 3.99"


@POSIX
def test_a_python_that_does_not_run_is_named_with_what_it_says(tmp_path: Path) -> None:
    broken = tmp_path / "bin" / f"python{HERE}"
    broken.parent.mkdir()
    broken.write_text("#!/bin/sh\necho no such library >&2\nexit 1\n")
    broken.chmod(0o755)
    with pytest.raises(EnvplanError) as raised:
        skeleton(HERE, tmp_path, alone(broken.parent))
    (problem,) = raised.value.problems
    assert "can carry an environment" in problem.title
    assert problem.found[0].origin == str(broken)


@POSIX
def test_a_python_that_is_another_than_its_name_says_is_not_taken(tmp_path: Path, bones: Skeleton) -> None:
    other = Python(3, 99)
    program = tmp_path / "bin" / f"python{other}"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{bones.interpreter.path}" "$@"\n')
    program.chmod(0o755)
    with pytest.raises(EnvplanError) as caught:
        skeleton(other, tmp_path, alone(program.parent))
    (problem,) = caught.value.problems
    assert problem.code == "EP440"
    assert [(said.text, said.origin) for said in problem.found] == [
        (f"it is Python {bones.interpreter.version}", str(program))
    ]


@POSIX
def test_after_one_that_does_not_run_another_is_tried(tmp_path: Path, bones: Skeleton) -> None:
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
    broken = tmp_path / "first" / f"python{HERE}"
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o755)
    (tmp_path / "second" / "python3").symlink_to(bones.interpreter.path)
    found = skeleton(HERE, tmp_path, alone(tmp_path / "first", tmp_path / "second"))
    assert found.interpreter.version == bones.interpreter.version


def test_what_virtualenv_refuses_is_said_in_its_words(tmp_path: Path) -> None:
    with pytest.raises(Unfit, match=r"\S"):
        virtual.empty(str(tmp_path / "no-python"))

"""Packages that no index serves as wheels: folders, archives beside the lock, sdists that were allowed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.functional.apply.conftest import HERE, Applied, Locked, computer, locked_project
from tests.functional.lock.conftest import code_of
from tests.support.local_index import JSON
from tests.support.pages import Upload, publish
from tests.support.wheels import sdist, wheel

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the lock is for Linux")

_BACKEND = """
import base64, hashlib, os, zipfile

def _line(name, text):
    digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
    return f"{name},sha256={digest},{len(text.encode())}\\n"

def _wheel(folder, files):
    info = "mytool-1.0.dist-info"
    files[f"{info}/METADATA"] = "Metadata-Version: 2.1\\nName: mytool\\nVersion: 1.0\\n"
    files[f"{info}/WHEEL"] = "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"
    files[f"{info}/entry_points.txt"] = "[console_scripts]\\nmytool = mytool:main\\n"
    files[f"{info}/RECORD"] = "".join(map(_line, files, files.values())) + f"{info}/RECORD,,\\n"
    with zipfile.ZipFile(os.path.join(folder, "mytool-1.0-py3-none-any.whl"), "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return "mytool-1.0-py3-none-any.whl"

def build_wheel(folder, config_settings=None, metadata_directory=None):
    print("building mytool")
    return _wheel(folder, {"mytool.py": open("src/mytool.py").read()})

def build_editable(folder, config_settings=None, metadata_directory=None):
    return _wheel(folder, {"mytool.pth": os.path.abspath("src") + "\\n"})
"""
_PROJECT = """\
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]

[project]
name = "mytool"
version = "1.0"
"""


def a_tool(folder: Path) -> None:
    (folder / "src").mkdir(parents=True)
    (folder / "pyproject.toml").write_text(_PROJECT)
    (folder / "backend.py").write_text(_BACKEND)
    (folder / "src" / "mytool.py").write_text("value = 1\n\n\ndef main():\n    print(value)\n")


def spec(lines: str, options: str = "") -> str:
    return f"""\
[env]
name = "train"
python = "{HERE}"

[packages]
six = "*"
{lines}

[targets]
platforms = ["linux-x86_64"]
{options}"""


@pytest.fixture
def tool(tmp_path: Path, locked: Locked) -> Applied:
    """A project with a package of its own, not locked yet."""
    made = computer(tmp_path, locked)
    a_tool(made.folder / "tool")
    made.file.unlink()
    return made


def test_an_editable_folder_is_pointed_to(tool: Applied) -> None:
    tool.spec(spec('mytool = { path = "tool", editable = true }')).locked()
    tool.applied()
    assert tool.python("import mytool; print(mytool.value)") == "1"
    (tool.folder / "tool" / "src" / "mytool.py").write_text("value = 22\n\n\ndef main():\n    print(value)\n")
    assert (
        tool.python("import mytool; print(mytool.value)") == "22"
    )  # of another size, or bytecode could be right
    assert tool.applied()["outcome"] == "unchanged"
    done = subprocess.run([tool.pointer / "bin" / "mytool"], capture_output=True, text=True, check=True)
    assert done.stdout == "22\n"
    (tool.folder / "tool").rename(tool.folder / "elsewhere")
    gone = tool.envplan("verify")  # its files are none of the environment's, and were not missed
    assert gone.returncode == 1
    assert "error[EP616] the folder of mytool is gone" in gone.stderr


def test_a_folder_is_built_anew_when_its_files_change(tool: Applied) -> None:
    tool.spec(spec('mytool = { path = "tool" }')).locked()
    tool.applied()
    assert tool.applied()["outcome"] == "unchanged"
    (tool.folder / "tool" / "src" / "mytool.py").write_text("value = 3\n")
    assert tool.python("import mytool; print(mytool.value)") == "1"
    answer = tool.applied()
    assert [(one["name"], one["kind"]) for one in answer["data"]["changes"]] == [("mytool", "other")]
    assert tool.python("import mytool; print(mytool.value)") == "3"


def test_a_build_that_fails_is_quoted_and_changes_nothing(tool: Applied) -> None:
    tool.spec(spec('mytool = { path = "tool" }')).locked()
    tool.applied()
    before = tool.generation
    with (tool.folder / "tool" / "backend.py").open("a") as backend:
        backend.write("\n\ndef build_wheel(*_, **__):\n    raise SystemExit('no compiler here')\n")
    done = tool.apply()
    assert code_of(done) == "EP448", done.stderr
    assert "no compiler here" in done.stderr
    assert tool.generation == before


def test_a_build_that_leaves_without_a_word_gave_no_answer(tool: Applied) -> None:
    tool.spec(spec('mytool = { path = "tool" }')).locked()
    (tool.folder / "tool" / "backend.py").write_text("def build_wheel(*_):\n    raise SystemExit(0)\n")
    done = tool.apply()
    assert code_of(done) == "EP448"
    assert "its build gave no answer" in done.stderr


def test_a_folder_that_is_gone_is_named(tool: Applied) -> None:
    tool.spec(spec('mytool = { path = "tool" }')).locked()
    (tool.folder / "tool").rename(tool.folder / "elsewhere")
    (tool.folder / "envplan.toml").unlink()
    done = tool.apply()
    assert code_of(done) == "EP405", done.stderr


def test_a_wheel_that_is_gone_is_named_and_a_folder_is_none(tool: Applied) -> None:
    name, data = wheel("vendored", "1.0", files={"vendored.py": "value = 1\n"})
    (tool.folder / name).write_bytes(data)
    tool.spec(spec(f'vendored = {{ path = "{name}" }}')).locked()
    (tool.folder / name).unlink()
    (tool.folder / "envplan.toml").unlink()
    done = tool.envplan("bundle", "--output", "my bundle.zip")
    assert (code_of(done), "nothing is there" in done.stderr) == ("EP405", True), done.stderr
    (tool.folder / name).mkdir()
    done = tool.apply()
    assert (code_of(done), "a folder" in done.stderr) == ("EP405", True), done.stderr


def test_a_wheel_beside_the_lock_is_taken_as_it_was_locked(tool: Applied) -> None:
    name, data = wheel("vendored", "1.0", files={"vendored.py": "value = 1\n"})
    (tool.folder / name).write_bytes(data)
    tool.spec(spec(f'vendored = {{ path = "{name}" }}')).locked()
    tool.applied()
    assert tool.python("import vendored; print(vendored.value)") == "1"
    _, other = wheel("vendored", "1.0", files={"vendored.py": "value = 2\n"})
    (tool.folder / name).write_bytes(other)
    tool.environ["ENVPLAN_STORE"] = str(tool.computer / "empty")
    done = tool.apply("--env", "another")
    assert done.returncode in (3, 4), done.stderr
    assert name in done.stderr


def test_an_sdist_that_was_allowed_is_built_and_remembered(tmp_path: Path, locked: Locked) -> None:
    web = locked.web
    name, data = sdist("onlysource", "1.0")
    publish(web, "/simple", "onlysource", [Upload(name, data)], formats=[JSON], files="/packages")
    text = spec('onlysource = "*"', '\n[options]\nallow-sdist = ["onlysource"]\n')
    (tmp_path / "locked").mkdir()
    made = locked_project(tmp_path / "locked", locked.shaped, text)
    project = computer(tmp_path, Locked(made, locked.shaped))
    project.applied()
    assert project.python("import onlysource; print(onlysource.__version__)") == "1.0"
    assert "not complete" not in project.envplan("cache").stdout
    assert project.applied()["outcome"] == "unchanged"
    web.forget()
    project.applied("--env", "another")
    assert web.paths("*onlysource*") == []


def test_what_was_built_with_another_version_of_a_locked_package_is_built_anew(
    tool: Applied, locked: Locked
) -> None:
    uploads = [
        Upload(*wheel("abi", version, files={"abi.py": f"v = {version!r}"})) for version in ("1.0", "2.0")
    ]
    publish(locked.web, "/simple", "abi", uploads, formats=[JSON], files="/packages")
    project, backend = tool.folder / "tool" / "pyproject.toml", tool.folder / "tool" / "backend.py"
    project.write_text(_PROJECT.replace("requires = []", 'requires = ["abi"]'))
    backend.write_text(_BACKEND.replace('open("src/mytool.py").read()', "'value = %r' % __import__('abi').v"))
    built: set[str] = set()
    for version in ("1.0", "2.0", "1.0"):
        tool.spec(spec(f'mytool = {{ path = "tool" }}\nabi = "=={version}"')).locked()
        done = tool.apply()
        assert (done.returncode, "building" in done.stderr) == (0, version not in built), done.stderr
        built.add(version)
        assert tool.python("import mytool; print(mytool.value)") == version


@pytest.fixture
def starting(tool: Applied) -> Applied:
    """A project with a wheel that runs code whenever Python starts."""
    name, data = wheel("starter", "1.0", files={"starter.py": "value = 1\n", "starter.pth": "import sys\n"})
    (tool.folder / name).write_bytes(data)
    return tool.spec(spec(f'starter = {{ path = "{name}" }}'))  # type: ignore[return-value]


def test_a_wheel_that_runs_code_at_every_start_is_named(starting: Applied) -> None:
    starting.locked()
    done = starting.apply()
    assert done.returncode == 0, done.stderr
    assert "starter runs code whenever Python starts (starter.pth)" in done.stdout
    assert starting.receipt["startup"] == [{"package": "starter", "file": "starter.pth"}]


def test_a_spec_may_say_which_wheels_run_code_at_every_start(starting: Applied) -> None:
    text = (starting.folder / "envplan.toml").read_text()
    starting.spec(text + '\n[options]\nstartup-code = ["setuptools"]\n').locked()
    done = starting.apply()
    assert code_of(done) == "EP232"
    assert 'startup-code = ["setuptools", "starter"]' in done.stderr
    assert not starting.pointer.exists()
    starting.spec(text + '\n[options]\nstartup-code = ["setuptools", "starter"]\n').locked()
    starting.applied()


@pytest.mark.parametrize("how", [[], ["--dry-run"]])
def test_the_limit_holds_for_what_stands_there_already(starting: Applied, how: list[str]) -> None:
    starting.locked()
    starting.applied()
    text = (starting.folder / "envplan.toml").read_text()
    starting.spec(text + "\n[options]\nstartup-code = []\n").locked()
    for _ in range(2):
        done = starting.apply(*how)
        assert code_of(done) == "EP232", done.stdout
    starting.spec(text).locked()
    assert starting.applied()["outcome"] == "unchanged"

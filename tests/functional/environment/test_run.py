"""`envplan run`: the command takes its place, in the generation that the pointer named when it began."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from envplan.store.model import Tree
from tests.functional.environment.conftest import Project
from tests.support.looking import envplan

SEEN = "import json, os, sys; print(json.dumps([sys.prefix, dict(os.environ), sys.argv[1:]]))"


@pytest.fixture
def built(project: Project, small: tuple[Tree, ...]) -> Project:
    project.build(*small)
    return project


def test_it_finds_the_generation_itself_around_it(built: Project) -> None:
    environ = {"PYTHONHOME": "/nowhere", "PATH": "/usr/bin:/bin"}
    line = [sys.executable, "-m", "envplan", "run", "--", "python", "-c", SEEN, "--json", "-x"]
    del environ["PYTHONHOME"]
    done = subprocess.run(line, cwd=built.folder, env=environ, capture_output=True, text=True, check=True)
    prefix, seen, words = json.loads(done.stdout)
    generation = str(built.place.folder / "1")
    assert prefix == generation
    assert seen["VIRTUAL_ENV"] == generation
    assert seen["PATH"] == f"{generation}/bin:/usr/bin:/bin"
    assert words == ["--json", "-x"]


def test_what_leads_python_astray_is_taken_away(built: Project) -> None:
    code = "import os; os.environ['PYTHONHOME'] = '/x'; os.environ['__PYVENV_LAUNCHER__'] = '/y'\n"
    code += "from envplan.cli.main import main\n"
    code += "main(['run', 'sh', '-c', 'echo [$PYTHONHOME$__PYVENV_LAUNCHER__]'])"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=built.folder, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


def test_the_exit_code_is_the_commands(built: Project) -> None:
    done = envplan("run", "tool", "a b", cwd=built.folder)
    assert (done.returncode, done.stdout) == (3, f"{built.place.folder}/1 a b\n")


def test_it_is_the_same_process_so_signals_reach_it(built: Project) -> None:
    line = [sys.executable, "-m", "envplan", "run", "--", "sh", "-c", "echo $$; exec sleep 60"]
    with subprocess.Popen(line, cwd=built.folder, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert int(process.stdout.readline()) == process.pid
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == -signal.SIGTERM


def test_a_reader_that_leaves_ends_it_as_it_would_without_envplan(built: Project) -> None:
    line = f"{sys.executable} -m envplan run -- yes | head -1"
    done = subprocess.run(["bash", "-c", f"set -o pipefail; {line}"], cwd=built.folder, capture_output=True)
    assert (done.returncode, done.stdout) == (128 + signal.SIGPIPE, b"y\n")


def test_an_apply_meanwhile_changes_nothing_for_it(built: Project, small: tuple[Tree, ...]) -> None:
    code = "import sys; print('up', flush=True); sys.stdin.readline(); import numpy; print(numpy.__file__)"
    line = [sys.executable, "-m", "envplan", "run", "--", "python", "-c", code]
    with subprocess.Popen(
        line, cwd=built.folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "up\n"
        built.build(small[0])
        said, _ = process.communicate("\n", timeout=20)
    assert said.startswith(str(built.place.folder / "1"))


def test_a_command_that_is_not_there_is_named_with_the_nearest(built: Project) -> None:
    done = envplan("run", "--json", "--", "tol", "a b", cwd=built.folder)
    document = json.loads(done.stdout)
    (problem,) = document["problems"]
    assert (document["exit"], problem["code"]) == (4, "EP447")
    assert problem["try"] == ["envplan run -- tool 'a b'"]


NO_PROGRAMS = {
    "a file": (b"hello\n", 0o644, "is not a program", "nobody may execute it", "head -c 200 ./it"),
    "a script without its mark": (b"#!/bin/sh\n", 0o644, "is not a program", "-rw-r--r--", "chmod +x ./it"),
    "a folder": (None, 0o755, "./it is a folder", "a folder", "ls ./it"),
    "a script without its reader": (
        b"#!/opt/python9/bin/python\n", 0o755, "cannot be started", "/opt/python9/bin/python to read it, and",
        "envplan run -- python ./it x",
    ),
    "a script of Windows": (
        b"#!/bin/sh\r\necho\r\n", 0o755, "cannot be started", "its lines end as on Windows", "sed -i",
    ),
    "a text": (b"echo hello\n", 0o755, "cannot be started", "does not say what reads it", "head -c 200"),
    "a shell script": (b"#!/no/bash\n", 0o755, "cannot be started", "/no/bash", "envplan run -- sh"),
    "a program of elsewhere": (b"\x7fELF nonsense", 0o755, "cannot be started", "another system", "file "),
    "nothing in it": (b"", 0o755, "cannot be started", "does not say what reads it", "head -c 200"),
}  # fmt: skip


@pytest.mark.parametrize("kind", NO_PROGRAMS)
def test_what_is_no_program_is_called_what_it_is(built: Project, kind: str) -> None:
    contents, mode, title, said, cure = NO_PROGRAMS[kind]
    there = built.folder / "it"
    if contents is None:
        there.mkdir()
    else:
        there.write_bytes(contents)
        there.chmod(mode)
    done = envplan("run", "--", "./it", "x", cwd=built.folder)
    assert (done.returncode, "EP447" in done.stderr) == (4, True)
    assert title in done.stderr
    assert said in done.stderr
    assert "no command" not in done.stderr
    assert cure in done.stderr


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("/etc/passwd", "/etc/passwd is not a program"),
        ("/etc", "/etc is a folder"),
        ("./nothing", "a name with a slash in it is the path of a file"),
        ("here", "envplan run -- ./here x"),
        ("/etc/passwd/x", "there is no command /etc/passwd/x"),
        ("./" + "x" * 300, "file name too long"),
        ("", "there is no command"),
    ],
)
def test_a_path_that_leads_to_no_program_is_told_from_a_name_that_is_not_there(
    built: Project, word: str, said: str
) -> None:
    (built.folder / "here").write_text("#!/bin/sh\n", encoding="utf-8")
    done = envplan("run", "--", word, "x", cwd=built.folder)
    assert (done.returncode, "EP447" in done.stderr) == (4, True), done.stderr
    assert said in done.stderr


def test_a_file_on_path_that_may_not_be_executed_is_found_as_shells_find_it(built: Project) -> None:
    tool = built.place.folder / "1" / "bin" / "tool"
    tool.chmod(0o644)
    done = envplan("run", "--", "tool", cwd=built.folder)
    assert (done.returncode, "tool is not a program" in done.stderr) == (4, True), done.stderr
    assert f"chmod +x {tool}" in done.stderr


def test_cures_are_for_the_environment_that_was_named(built: Project, tmp_path: Path) -> None:
    pointer = str(built.pointer)
    done = envplan("run", "--json", "--env", pointer, "--", "tol", "a b", cwd=tmp_path)
    (problem,) = json.loads(done.stdout)["problems"]
    assert problem["try"] == [f"envplan run --env {pointer} -- tool 'a b'"]


def test_without_a_command_it_says_what_to_type(built: Project) -> None:
    done = envplan("run", cwd=built.folder)
    assert (done.returncode, "envplan run -- python" in done.stderr) == (2, True)


@pytest.mark.parametrize("state", ["nothing", "folder", "dangling"])
def test_without_an_environment_it_says_how_to_make_one(project: Project, state: str) -> None:
    match state:
        case "folder":
            project.pointer.mkdir()
        case "dangling":
            project.pointer.symlink_to(".envplan/train/5")
    done = envplan("run", "--", "python", cwd=project.folder)
    assert (done.returncode, "EP445" in done.stderr) == (4, True)
    assert "envplan apply" in done.stderr


def test_another_environment_is_named_by_its_path(built: Project, tmp_path: Path) -> None:
    code = "import sys; print(sys.prefix)"
    done = envplan("run", "--env", str(built.pointer), "--", "python", "-c", code, cwd=tmp_path)
    assert done.stdout == f"{built.place.folder}/1\n"


def test_nobody_is_told_to_move_a_project_that_was_named_in_the_place_of_its_environment(
    built: Project, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    done = envplan("run", "--env", str(built.folder), "--", "true", cwd=elsewhere)
    assert done.returncode == 4
    assert done.stderr.rstrip().endswith(f"envplan apply --env {built.pointer}")


def test_it_starts_soon(built: Project) -> None:
    before = os.times()
    envplan("run", "--", "true", cwd=built.folder)
    after = os.times()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    assert used < 0.25

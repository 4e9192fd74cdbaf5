"""`envplan verify` as people, CI and a Slurm prolog use it: words, JSON, exit codes."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.frameworks import plain, torch
from tests.support.generations import generation, own
from tests.support.locks import every_machine
from tests.support.looking import answer, envplan, write_lock

SPEC = '[env]\nname = "train"\npython = "3.11"\n\n[packages]\none = "*"\n'
LOCK = b"# of these bytes it was made\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "envplan.toml").write_text(SPEC, encoding="utf-8")
    (tmp_path / "pylock.toml").write_bytes(LOCK)
    generation(tmp_path, [plain("one", "1.0"), plain("two", "1.0", "raise RuntimeError")], lock=LOCK)
    return tmp_path


def test_a_whole_environment_is_exit_0(project: Path) -> None:
    document = answer("verify", cwd=project)
    assert (document["outcome"], document["exit"], document["problems"]) == ("whole", 0, [])
    data = document["data"]
    assert data["env"] == str(project / ".venv")
    assert data["target"]["variant"] == "cpu"
    assert [one["module"] for one in data["imports"]] == ["one"]  # what the spec names


def test_people_read_what_was_looked_at(project: Path) -> None:
    done = envplan("verify", cwd=project)
    assert done.returncode == 0
    assert "is whole" in done.stdout
    assert "looked at (names, sizes and dates)" in done.stdout
    assert "imports  one" in done.stdout


def test_a_changed_file_is_exit_1(project: Path) -> None:
    file = next((project / ".venv/lib").glob("python*/site-packages/one/__init__.py"))
    own(file).write_text("# edited\n")
    document = answer("verify", "--files", cwd=project)
    assert (document["outcome"], document["exit"]) == ("failed", 1)
    (change,) = document["data"]["drift"]["changes"]
    assert (change["owner"], change["kind"]) == ("one", "changed")
    done = envplan("verify", "--files", cwd=project)
    assert done.returncode == 1
    assert "error[EP610]" in done.stderr
    assert "is not as it should be" in done.stdout


def test_files_alone_run_nothing(project: Path) -> None:
    data = answer("verify", "--files", "--deep", cwd=project)["data"]
    assert (data["imports"], data["drift"]["deep"]) == ([], True)
    assert data["smoke"] == []  # there is no framework in it


def test_no_environment_is_exit_4(tmp_path: Path) -> None:
    document = answer("verify", cwd=tmp_path)
    assert document["exit"] == 4
    assert document["problems"][0]["code"] == "EP458"
    assert document["problems"][0]["try"] == ["envplan apply"]


def test_a_foreign_folder_is_exit_4_and_not_touched(tmp_path: Path) -> None:
    (tmp_path / ".venv").mkdir()
    document = answer("verify", cwd=tmp_path)
    assert (document["exit"], document["problems"][0]["code"]) == (4, "EP458")
    assert list((tmp_path / ".venv").iterdir()) == []


@pytest.mark.parametrize("damage", ["envplan.json", "envplan.files", ""])
def test_an_environment_that_cannot_say_what_it_is_is_exit_1(project: Path, damage: str) -> None:
    folder = (project / ".venv").resolve()
    if damage:
        (folder / damage).unlink()
    else:
        shutil.rmtree(folder)
    document = answer("verify", cwd=project)
    assert document["exit"] == 1
    assert [one["code"] for one in document["problems"]] == ["EP612"]


def test_another_lock_is_exit_1(project: Path) -> None:
    (project / "pylock.toml").write_bytes(LOCK + b"# and more\n")
    document = answer("verify", cwd=project)
    assert (document["exit"], [one["code"] for one in document["problems"]]) == (1, ["EP615"])


def test_an_environment_elsewhere_is_named_by_its_path_in_the_cures_too(
    project: Path, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "else where"
    elsewhere.mkdir()
    (project / "pylock.toml").write_bytes(b"other")
    document = answer("verify", "--env", ".venv", cwd=project)
    assert document["problems"][0]["try"] == ["envplan apply --env .venv"]
    document = answer("verify", "--env", str(elsewhere / ".venv"), cwd=project)
    assert document["problems"][0]["try"] == [f"envplan apply --env '{elsewhere / '.venv'}'"]


def test_everything_is_imported_where_no_spec_names_anything(project: Path) -> None:
    (project / "envplan.toml").unlink()
    document = answer("verify", cwd=project)
    assert document["exit"] == 1
    assert [one["code"] for one in document["problems"]] == ["EP616"]


def test_a_pretended_gpu_is_not_computed_on(tmp_path: Path) -> None:
    generation(tmp_path, [torch(at_matmul="raise RuntimeError")], variant="cu121")
    document = answer("verify", cwd=tmp_path, environ={"ENVPLAN_PROFILE": "datacenter-a100"})
    assert document["exit"] == 0
    assert document["data"]["smoke"][0]["detail"] == "another machine is pretended"


def test_smoke_can_be_asked_for_and_refused(tmp_path: Path) -> None:
    generation(tmp_path, [torch("2.2.2+cpu", cuda=None, arches=[], at_matmul="found[0][0] = 1000")])
    assert answer("verify", "--no-smoke", cwd=tmp_path)["exit"] == 0
    document = answer("verify", "--smoke", cwd=tmp_path)
    assert (document["exit"], document["problems"][0]["code"]) == (1, "EP620")
    device = document["data"]["smoke"][0]["devices"][0]
    assert (device["device"], device["checks"][0]["ok"]) == ("cpu", False)
    assert "wrong" in envplan("verify", "--smoke", cwd=tmp_path).stdout


@pytest.mark.parametrize("seconds", ["0", "-1", "soon", "1e9", "nan"])
def test_a_deadline_is_a_number_of_seconds(tmp_path: Path, seconds: str) -> None:
    (problem,) = answer("verify", f"--deadline={seconds}", cwd=tmp_path)["problems"]
    assert (problem["code"], "is not between 1 and 86400 seconds" in problem["title"]) == ("EP100", True)


def test_help_shows_examples(tmp_path: Path) -> None:
    done = envplan("verify", "--help", cwd=tmp_path)
    assert "envplan verify --json" in done.stdout


def test_the_lock_of_another_environment_is_not_asked(project: Path) -> None:
    lock = replace(every_machine(), name="other")
    write_lock(lock, project)
    assert answer("verify", cwd=project)["exit"] == 0
    write_lock(replace(lock, name="train"), project)
    assert [one["code"] for one in answer("verify", cwd=project)["problems"]] == ["EP615"]


def test_the_lock_beside_a_named_environment_counts(
    project: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "pylock.toml").write_bytes(b"of another project")
    assert answer("verify", "--env", str(project / ".venv"), "--files", cwd=elsewhere)["exit"] == 0


def test_what_is_asked_ends_with_who_asks(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    hang = f"import os, time\nopen({str(pid)!r}, 'w').write(str(os.getpid()))\ntime.sleep(60)"
    generation(tmp_path, [plain("hangs", "1.0", hang)])
    asking = subprocess.Popen([sys.executable, "-m", "envplan", "verify"], cwd=tmp_path)
    try:
        assert _soon(lambda: pid.exists() and pid.read_text().isdigit())
    finally:
        asking.kill()
        asking.wait()
    child = Path(f"/proc/{pid.read_text()}/stat")
    assert _soon(lambda: not child.exists() or ") Z" in child.read_text())


def _soon(happens: Callable[[], object]) -> bool:
    end = time.monotonic() + 10
    while time.monotonic() < end:
        if happens():
            return True
        time.sleep(0.02)
    return False

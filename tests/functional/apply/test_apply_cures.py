"""Whatever is wrong with what a command is given, it says what to type; and that works as typed."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.functional.apply.conftest import Applied

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the lock is for Linux")


LOCKS = {
    "missing": "rm pylock.toml",
    "a folder": "rm pylock.toml && mkdir pylock.toml",
    "a link to nowhere": "ln -sf nowhere.toml pylock.toml",
    "a link to itself": "rm pylock.toml && ln -s pylock.toml pylock.toml",
    "a pipe": "rm pylock.toml && mkfifo pylock.toml",
    "empty": ": > pylock.toml",
    "truncated": "truncate -s 3000 pylock.toml",
    "no TOML": "echo '[[[ hello' > pylock.toml",
    "no text": "printf '\\377\\001\\000' > pylock.toml",
    "far too large": "truncate -s 9M pylock.toml",
    "of another format": """sed -i 's/^lock-version = "1.0"/lock-version = "9.0"/' pylock.toml""",
    "of another tool": r"sed -i '/^\[tool.envplan\]/,$d' pylock.toml",
    "edited": "sed -i 's,/whl/cpu/torch-,/whl/evil/torch-,' pylock.toml",
    "of another project": """sed -i 's/name = "train"/name = "other"/' pylock.toml""",
}


def problems(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    """The errors of a command that was refused; each says what to try."""
    document = json.loads(done.stdout)
    assert document["exit"] == done.returncode != 0
    found = [one for one in document["problems"] if one["severity"] == "error"]
    assert found
    assert all(one["try"] for one in found), found
    return found


def typed(project: Applied, cure: str) -> subprocess.CompletedProcess[str]:
    """Type it, without the remark behind it."""
    line = re.split(r" {3}\(", cure)[0]
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environ = project.clean() | {"PATH": programs}
    return subprocess.run(
        ["sh", "-c", line], cwd=project.folder, env=environ, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("harm", LOCKS)
def test_a_lock_that_cannot_be_used_is_mended_by_what_is_offered(project: Applied, harm: str) -> None:
    assert typed(project, LOCKS[harm]).returncode == 0
    for command in (["bundle"], ["apply"]):
        found = problems(project.envplan(*command, "--json"))
        assert found[0]["code"] in ("EP104", "EP111")
    cured = typed(project, found[0]["try"][0])
    assert cured.returncode == 0, (found, cured.stderr)
    assert project.applied("--dry-run")["outcome"] == "would-apply"


@pytest.mark.parametrize("harm", ["truncated", "edited", "a folder"])
def test_without_a_spec_a_lock_is_taken_from_git(project: Applied, harm: str) -> None:
    (project.folder / "envplan.toml").unlink()
    who = ["-c", "user.name=x", "-c", "user.email=x@x.example"]
    for words in (["init", "-q"], ["add", "pylock.toml"], [*who, "commit", "-qm", "a lock"]):
        subprocess.run(["git", *words], cwd=project.folder, check=True, env=project.clean())
    assert typed(project, LOCKS[harm]).returncode == 0
    (cure,) = problems(project.apply("--json"))[0]["try"]
    assert typed(project, cure).returncode == 0, cure
    assert project.applied("--dry-run")["outcome"] == "would-apply"


PLACES = {
    "nothing": "rm -r .venv .envplan",
    "a folder": "rm .venv && mkdir .venv && touch .venv/mine",
    "an environment of others": "rm .venv && mkdir .venv && touch .venv/pyvenv.cfg",
    "a file": "rm .venv && touch .venv",
    "a link to itself": "ln -sfn .venv .venv",
    "a link elsewhere": "ln -sfn /usr .venv",
    "no generations": "rm -r .envplan",
    "no receipt": "rm .venv/envplan.json",
    "half a receipt": "rm .venv/envplan.json && echo '{' > .venv/envplan.json",
    "no list": "rm .venv/envplan.files",
    "no Python": "rm .venv/bin/python",
}


def test_nothing_is_to_be_moved_that_was_named_by_a_slip(project: Applied) -> None:
    for words in (["--lock", "."], ["--lock", "/etc"], ["--bundle", "."], ["--bundle", "/etc"]):
        for found in problems(project.apply("--json", *words)):
            assert not any("mv " in cure for cure in found["try"]), found


@pytest.mark.parametrize("harm", PLACES)
def test_an_environment_that_cannot_be_used_is_mended_by_what_is_offered(project: Applied, harm: str) -> None:
    project.applied()
    assert typed(project, PLACES[harm]).returncode == 0
    for command in (["run", "--json", "--", "true"], ["rollback", "--json"], ["gc", "--json"]):
        done = project.envplan(*command)
        if done.returncode:
            problems(done)
    cure = problems(project.envplan("verify", "--files", "--json"))[0]["try"][0]
    cured = typed(project, cure)
    assert cured.returncode == 0, (cure, cured.stderr)
    if "apply" not in cure:  # what was in the way was moved
        project.applied()
    assert project.envplan("verify", "--files").returncode == 0


def test_a_dry_run_says_what_would_stand_in_the_way(project: Applied) -> None:
    project.pointer.mkdir()
    (project.pointer / "pyvenv.cfg").touch()
    answer = project.applied("--dry-run")
    (problem,) = answer["problems"]
    assert (problem["code"], problem["severity"]) == ("EP442", "warning")
    assert problem["try"] == ["envplan apply --replace"]
    assert answer["outcome"] == "would-apply"
    assert project.applied("--dry-run", "--replace")["problems"] == []


BUNDLES = {
    "missing": "rm train-cpu.zip",
    "a folder": "rm train-cpu.zip && mkdir train-cpu.zip",
    "cut off": "truncate -s -100 train-cpu.zip",
    "no zip": "echo hello > train-cpu.zip",
    "empty": ": > train-cpu.zip",
}


@pytest.mark.parametrize("harm", BUNDLES)
def test_a_bundle_that_cannot_be_used_is_written_anew_by_what_is_offered(project: Applied, harm: str) -> None:
    assert project.envplan("bundle").returncode == 0
    assert typed(project, BUNDLES[harm]).returncode == 0
    words = ["--offline", "--bundle", "train-cpu.zip"]
    cure = problems(project.apply(*words, "--json"))[0]["try"][0]
    cured = typed(project, cure)
    assert cured.returncode == 0, (cure, cured.stderr)
    assert project.applied(*words)["outcome"] == "applied"


@pytest.mark.parametrize("command", ["apply", "bundle", "cache --verify", "cache gc"])
def test_a_store_that_is_none_is_shown_by_what_is_offered(
    project: Applied, tmp_path: Path, command: str
) -> None:
    place = tmp_path / "a file"
    place.write_text("in the way")
    project.environ = {**project.environ, "ENVPLAN_STORE": str(place)}
    shown, elsewhere = problems(project.envplan(*command.split(), "--json"))[0]["try"]
    assert typed(project, shown).returncode == 0
    assert typed(project, elsewhere.replace("/a/disk/with/room", str(tmp_path / "room"))).returncode == 0

"""Locks that cannot be made: why, in our words first; and the second solver, which agrees with the first."""

from __future__ import annotations

import json
import platform
import re
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.functional.lock.conftest import BIG, SMALL, Project, code_of
from tests.support.local_index import JSON, LocalIndex
from tests.support.pages import Upload, publish
from tests.support.shaped import CANONICAL, SERIES
from tests.support.wheels import wheel

HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
HOST = f"""\
[env]
python = "{HERE}"

[packages]
torch = "{SERIES}"
requests = "*"

[targets]
platforms = ["linux-x86_64"]
"""
on_linux = pytest.mark.skipif(
    (sys.platform, platform.machine()) != ("linux", "x86_64"), reason="pip-tools solves for its host only"
)


def test_versions_that_do_not_fit_together_are_explained_before_the_solver_speaks(project: Project) -> None:
    project.spec(SMALL.replace('pandas = "*"', 'pandas = "2.2.*"\nnumpy = "<1.20"'))
    done = project.lock()
    assert (done.returncode, code_of(done)) == (3, "EP350"), done.stderr
    ours = done.stderr.partition("solver")[0]
    assert "numpy" in ours
    assert "pandas" in done.stderr
    assert not project.file.exists()


def test_a_version_that_nobody_published_is_said(project: Project) -> None:
    project.spec(SMALL.replace('pandas = "*"', 'pandas = ">=99"'))
    done = project.lock()
    assert (done.returncode, code_of(done)) == (3, "EP350"), done.stderr
    assert "pandas" in done.stderr
    assert "99" in done.stderr


def test_a_version_made_for_other_pythons_only_names_the_hidden_file(project: Project) -> None:
    project.spec(SMALL.replace('pandas = "*"', 'numpy = "1.24.4"').replace("3.11", "3.12"))
    done = project.lock()
    assert (done.returncode, code_of(done)) == (3, "EP350"), done.stderr
    assert "numpy-1.24.4-cp3" in done.stderr


def test_a_refusal_in_json_is_one_document(project: Project) -> None:
    project.spec(SMALL.replace('pandas = "*"', 'pandas = ">=99"'))
    done = project.lock("--json")
    document = json.loads(done.stdout)
    assert document["exit"] == done.returncode == 3
    assert document["problems"][0]["code"] == "EP350"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--spec", "missing.toml"], 2),
        (["--for", "no-such-machine"], 2),
        (["--solver", "guesswork"], 2),
        (["--upgrade-package", "../evil"], 2),
        (["--upgrade-package", "no-such-package"], 2),
        (["--frobnicate"], 2),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_arguments_that_make_no_sense_are_refused(project: Project, arguments: list[str], code: int) -> None:
    done = project.lock(*arguments)
    assert done.returncode == code, done.stderr
    assert done.stderr.startswith("error[EP")
    assert not project.file.exists()


def test_a_machine_that_nothing_serves_is_named_with_the_reason(project: Project) -> None:
    project.spec(SMALL.replace("[packages]", 'accelerator = "gpu"\n\n[packages]'))
    done = project.lock("--for", "workstation-rtx5090")
    assert done.returncode == 1, done.stderr
    assert "workstation-rtx5090" in done.stderr
    assert not project.file.exists()


def test_a_machine_named_on_the_command_line_is_served(project: Project) -> None:
    project.locked("--for", "workstation-rtx3090")
    assert "cu121" in project.document["dependency-groups"]


@pytest.mark.parametrize("platform", ["linux-x86_64", "windows-x86_64", "macos-arm64"])
def test_both_solvers_write_the_same_bytes(project: Project, tmp_path: Path, platform: str) -> None:
    first = project.spec(HOST.replace("linux-x86_64", platform)).locked()
    target = tmp_path / "pylock.toml"
    done = project.lock("--solver", "pip-tools", "--lock", str(target))
    assert done.returncode == 0, done.stderr
    assert target.read_bytes() == first


@on_linux
def test_a_cross_check_says_that_both_agree(project: Project) -> None:
    done = project.spec(HOST).lock("--cross-check")
    assert done.returncode == 0, done.stderr
    assert "pip-tools" in done.stdout + done.stderr


EVERYWHERE = """\
[env]
python = "3.11"

[packages]
torch = "2.2"
numpy = ">=2"

[targets]
platforms = ["linux-x86_64", "windows-x86_64"]
"""


def test_what_stops_every_target_is_said_once_with_the_targets(project: Project) -> None:
    done = project.spec(EVERYWHERE.replace("numpy", "pandas").replace(">=2", ">=99")).lock()
    assert done.returncode == 3, done.stderr
    assert done.stderr.count("error[EP350]") == 1, done.stderr
    assert ", for all 6 targets" in done.stderr


def test_a_conflict_that_every_variant_meets_is_said_once(project: Project) -> None:
    done = project.spec(EVERYWHERE).lock()
    assert done.returncode == 1, done.stderr
    assert done.stderr.count("error[EP207]") == 1, done.stderr


def test_a_server_that_cannot_be_reached_is_told_once_for_all_that_was_wanted_of_it(project: Project) -> None:
    project.spec(BIG).mirrors({"default": "http://127.0.0.1:9/simple", CANONICAL: "http://127.0.0.1:9/whl"})
    done = project.lock("--upgrade")
    assert (done.returncode, code_of(done)) == (3, "EP333"), done.stderr
    told = re.findall(r"^error\[EP333\] (\S+) cannot be reached", done.stderr, re.MULTILINE)
    assert sorted(told) == sorted(set(told))
    assert "download.pytorch.org" in told
    assert "try     envplan explain EP333\n          envplan lock --upgrade\n" in done.stderr


@pytest.mark.parametrize("where", ["*/simple/*", "*/whl/*", "*.whl*"])
@pytest.mark.parametrize(
    ("kind", "how"),
    [("cut", {"after": 10}), ("status", {"code": 403}), ("html", {}), ("redirect", {"to": "file:///x"})],
    ids=["cut", "forbidden", "page", "redirect"],
)
def test_what_a_server_does_to_every_target_is_told_once(
    project: Project, web: LocalIndex, where: str, kind: str, how: dict[str, Any]
) -> None:
    """Each target asks for something else first, so that each has a failure of its own."""
    with (project.computer / "config.toml").open("a", encoding="utf-8") as settings:
        settings.write("\n[network]\nattempts = 1\n")
    web.fault(where, kind, **how)
    done = project.spec(BIG).lock("--json")
    problems = json.loads(done.stdout)["problems"]
    servers = [(one["code"], urlsplit(one["found"][0]["origin"]).netloc) for one in problems]
    assert done.returncode == 3
    assert len(servers) == len(set(servers)), servers


def test_a_name_that_several_indexes_of_a_server_lack_is_told_once(project: Project, web: LocalIndex) -> None:
    web.fault("*/whl/*", "status", code=404)
    done = project.spec(BIG).lock()
    told = re.findall(r"^error\[EP330\] download.pytorch.org does not have (\S+),", done.stderr, re.MULTILINE)
    assert told
    assert len(told) == len(set(told)), done.stderr


def test_a_reason_is_said_in_one_way_and_the_solver_s_words_in_one_piece(
    project: Project, web: LocalIndex
) -> None:
    name, body = wheel("old-tool", "1.0")
    publish(web, "/simple", "old-tool", [Upload(name, body, yanked="broken")], formats=[JSON])
    done = project.spec(SMALL.replace("pandas", "old-tool")).lock()
    assert code_of(done) == "EP350"
    assert "old-tool 1.0 was withdrawn by its makers: broken" in done.stderr
    assert done.stderr.count("withdrawn") == 1
    assert len(re.findall(r"(?:  |\n +)uv\n", done.stderr)) == 1


def test_no_traceback_of_a_solver_is_shown(project: Project) -> None:
    done = project.spec(SMALL.replace('"*"', '">=99"')).lock("--solver", "pip-tools")
    assert code_of(done) == "EP350"
    assert "pip-tools" in done.stderr

"""A lock is for a minor version of Python: what asks for one of its patch releases is told."""

from __future__ import annotations

import sys

import pytest

from tests.functional.lock.conftest import Project
from tests.support.local_index import JSON, LocalIndex
from tests.support.pages import Upload, publish
from tests.support.wheels import wheel

HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
SPEC = f"""\
[env]
python = "{HERE}"

[packages]
choosy = "*"
"""


def locked(project: Project, web: LocalIndex, requires: str) -> str:
    """Lock a package of which one Python is asked; what was said."""
    name, body = wheel("choosy", "1.0", requires_python=requires)
    upload = Upload(name, body, requires_python=requires)
    publish(web, "/simple", "choosy", [upload], formats=[JSON], files="/packages")
    project.environ["ENVPLAN_PROFILE"] = "ci-linux"
    done = project.spec(SPEC).lock()
    assert done.returncode == 0, done.stderr
    assert project.lock("--check").returncode == 0
    return done.stderr


@pytest.mark.parametrize("requires", [f">={HERE}.3", f"=={HERE}.7", f"<{HERE}.90", f">={HERE},!={HERE}.1"])
def test_what_only_some_releases_of_the_python_run_is_named(
    project: Project, web: LocalIndex, requires: str
) -> None:
    said = locked(project, web, requires)
    assert f"note[EP358] not every release of Python {HERE} can run what is locked" in said
    assert f"choosy 1.0 needs Python {requires}" in said


@pytest.mark.parametrize("requires", [f">={HERE}", f"=={HERE}.*", ">=3.5.*", ">=3.8,<4"])
def test_where_all_of_them_do_nothing_is_said(project: Project, web: LocalIndex, requires: str) -> None:
    assert "EP358" not in locked(project, web, requires)

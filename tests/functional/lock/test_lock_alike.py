"""One version for all targets, where that can be; what is old for the sake of one of them is said."""

from __future__ import annotations

import pytest

from tests.functional.lock.conftest import Project
from tests.support.local_index import JSON, LocalIndex
from tests.support.pages import Upload, publish
from tests.support.wheels import wheel

SPEC = """\
[env]
python = "3.11"

[packages]
tool = "*"

[targets]
platforms = ["linux-x86_64", "macos-arm64"]
"""


@pytest.fixture
def narrow(project: Project, web: LocalIndex) -> Project:
    """A project of a tool whose newest release has no wheel for macOS."""
    files = [wheel("tool", "1.0"), wheel("tool", "2.0", tags="py3-none-manylinux_2_17_x86_64")]
    publish(web, "/simple", "tool", [Upload(*one) for one in files], formats=[JSON], files="/packages")
    return project.spec(SPEC)


def test_what_is_old_for_the_sake_of_another_target_is_said(narrow: Project) -> None:
    done = narrow.lock()
    assert narrow.versions == {"tool": ["1.0"]}
    assert "note[EP368]" in done.stderr
    assert "tool 1.0; 2.0 is not for macos-arm64" in done.stderr
    assert "EP368" not in narrow.lock().stderr  # pins that were kept; it was said when they were made


def test_the_cure_gives_each_target_the_newest_it_can_have(narrow: Project) -> None:
    narrow.lock()
    done = narrow.spec(f"{SPEC}\n[options]\nsame-versions = false\n").lock("--upgrade")
    assert sorted(narrow.versions["tool"]) == ["1.0", "2.0"]
    assert "EP368" not in done.stderr

"""An index that falls silent: told in the time that the settings give it; the lock there was is whole."""

from __future__ import annotations

import time

import pytest

from tests.functional.lock.conftest import Project, beside, code_of
from tests.support.local_index import LocalIndex

STALLS = {
    "before its headers": ("/simple/pandas/", -1),
    "in the middle of a page": ("/simple/pandas/", 200),
    "at the page of a variant": ("/whl/*/torch/", -1),
    "in the middle of metadata": ("*/pandas-*.metadata", 10),
    "in the middle of a wheel whose hash nobody says": ("/whl/cpu/torchaudio-*.whl", 100),
}
AUDIO = """\
[env]
python = "3.11"
accelerator = "cpu"

[packages]
torch = "2.2"
torchaudio = "*"
pandas = "*"

[targets]
platforms = ["linux-x86_64"]
"""


@pytest.mark.parametrize(("pattern", "after"), STALLS.values(), ids=STALLS.keys())
def test_a_stall_is_told_in_the_time_the_settings_give(
    project: Project, web: LocalIndex, pattern: str, after: int
) -> None:
    before = project.locked()
    project.spec(AUDIO).network(timeout=1)
    project.environ = {"ENVPLAN_STORE": str(project.computer / "empty")}
    web.forget()
    web.fault(pattern, "stall", after=after)
    begun = time.monotonic()
    done = project.lock()
    assert time.monotonic() - begun < 15
    assert web.paths(pattern), "the stall was never met"
    assert (done.returncode, code_of(done)) == (3, "EP334"), done.stderr
    assert "timeout = 4     (under [network] in config.toml of your settings)" in done.stderr
    assert project.file.read_bytes() == before
    assert beside(project) == ["envplan.toml", "pylock.toml"]


def test_who_waits_longer_gets_the_answer(project: Project, web: LocalIndex) -> None:
    web.fault("/simple/pandas/", "stall", after=-1, seconds=2)
    project.network(timeout=1)
    assert code_of(project.lock()) == "EP334"
    (project.computer / "config.toml").write_text(
        (project.computer / "config.toml").read_text(encoding="utf-8").replace("timeout = 1", "timeout = 30"),
        encoding="utf-8",
    )
    project.locked()


def test_settings_that_make_no_sense_are_told_before_anything_is_asked(
    project: Project, web: LocalIndex
) -> None:
    project.network(timeout=0)
    done = project.lock()
    assert (done.returncode, code_of(done)) == (2, "EP110"), done.stderr
    assert "network.timeout" in done.stderr
    assert web.paths("*") == []

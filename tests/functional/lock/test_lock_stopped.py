"""Killed, interrupted, or with no room on the disk: the lock there was is whole."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.functional.lock.conftest import SMALL, Project, beside, code_of
from tests.support.local_index import LocalIndex

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and limits of POSIX")
MORE = SMALL.replace('pandas = "*"', 'pandas = "*"\nrequests = "*"')
Moment = Callable[[LocalIndex, Project], bool]


def asked(pattern: str, times: int = 1) -> Moment:
    return lambda web, project: len(web.paths(pattern)) >= times


def writing(web: LocalIndex, project: Project) -> bool:
    return len(beside(project)) > 2 or b"requests" in project.file.read_bytes()


MOMENTS: dict[str, Moment] = {
    "at once": lambda web, project: True,
    "at the first page": asked("*/"),
    "among the pages": asked("*/", 9),
    "at the first metadata": asked("*.metadata"),
    "among the metadata": asked("*.metadata", 8),
    "at the last package": asked("/simple/urllib3/"),
    "while it writes": writing,
}


@pytest.fixture
def old(project: Project, web: LocalIndex) -> bytes:
    """The bytes of a lock; its spec has changed since, and nothing is known of the index any more."""
    before = project.locked()
    project.spec(MORE)
    project.environ = {"ENVPLAN_STORE": str(project.computer / "empty")}
    web.forget()
    return before


@pytest.mark.parametrize("moment", MOMENTS.values(), ids=MOMENTS.keys())
def test_killed_at_any_moment_it_leaves_a_whole_lock(
    project: Project, web: LocalIndex, old: bytes, moment: Moment
) -> None:
    project.killed(lambda: moment(web, project), signal.SIGKILL)
    now = project.file.read_bytes()
    if moment is not writing:
        assert now == old
        assert beside(project) == ["envplan.toml", "pylock.toml"]
    assert project.lock("--check").returncode == (0 if now != old else 1)
    after = project.locked()
    assert b"requests" in after
    assert now in (old, after)


def test_what_a_killed_run_had_begun_to_write_goes_with_a_later_one(project: Project, old: bytes) -> None:
    begun = [project.folder / f".{name}.0123abcd.new" for name in ("pylock.toml", "pylock.lab.toml")]
    for one in begun:
        one.write_bytes(old[:100])
        os.utime(one, (0, 0))
    project.locked()
    assert [one.exists() for one in begun] == [False, True]  # another lock is another's affair


ENDINGS = {"/whl/*/torch/": signal.SIGINT, "/simple/pandas/": signal.SIGTERM, "*.metadata": signal.SIGHUP}


@pytest.mark.parametrize(("pattern", "ending"), ENDINGS.items(), ids=str)
def test_asked_to_end_while_an_index_is_silent_it_ends_at_once(
    project: Project, web: LocalIndex, old: bytes, pattern: str, ending: signal.Signals
) -> None:
    web.fault(pattern, "stall", after=-1)
    status, said = project.killed(lambda: bool(web.paths(pattern)), ending)
    assert status == 128 + ending, said
    assert "EP901" in said
    assert "Traceback" not in said
    assert project.file.read_bytes() == old
    assert beside(project) == ["envplan.toml", "pylock.toml"]


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_asked_to_end_it_leaves_no_solver_and_no_folder_behind(
    project: Project, web: LocalIndex, old: bytes, ending: signal.Signals
) -> None:
    temporary = project.computer / "temporary"
    temporary.mkdir()
    project.environ["TMPDIR"] = str(temporary)
    web.fault("*.metadata", "stall", after=-1)
    status, said = project.killed(lambda: bool(working_in(temporary)), ending)
    assert status == 128 + ending, said
    assert working_in(temporary) == []
    assert list(temporary.iterdir()) == []


def working_in(folder: Path) -> list[int]:
    """The processes that have a folder below this one for their temporary files: solvers."""
    found = []
    for one in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if f"TMPDIR={folder}/".encode() in (one / "environ").read_bytes():
                found.append(int(one.name))
    return found


@pytest.fixture
def unwritten(project: Project, old: bytes) -> None:
    """Python itself is to write nothing either: it would leave half of a .pyc in our own folders."""
    project.environ["PYTHONDONTWRITEBYTECODE"] = "1"


def no_file_over(size: int) -> Callable[[], None]:
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


@pytest.mark.usefixtures("unwritten")
def test_without_room_for_the_lock_the_old_one_stays(project: Project, old: bytes) -> None:
    project.lock("--lock", str(project.computer / "pylock.toml"))  # all that is needed is in the store
    done = project.lock(preexec_fn=no_file_over(4096))
    assert (done.returncode, code_of(done)) == (4, "EP401"), done.stderr
    assert project.file.read_bytes() == old
    assert beside(project) == ["envplan.toml", "pylock.toml"]


@pytest.mark.usefixtures("unwritten")
def test_without_room_for_anything_the_old_one_stays(project: Project, old: bytes) -> None:
    done = project.lock(preexec_fn=no_file_over(0))
    assert done.returncode in (3, 4), done.stderr
    assert code_of(done), done.stderr
    assert project.file.read_bytes() == old
    assert beside(project) == ["envplan.toml", "pylock.toml"]


def test_a_store_that_cannot_be_written_is_said_or_done_without(project: Project, old: bytes) -> None:
    file = project.computer / "no-folder"
    file.write_bytes(b"")
    project.environ = {"ENVPLAN_STORE": str(file)}
    done = project.lock()
    assert done.returncode in (0, 4), done.stderr
    assert done.returncode == 0 or project.file.read_bytes() == old


def test_a_lock_in_a_folder_that_is_missing_is_an_error(project: Project) -> None:
    done = project.lock("--lock", str(project.folder / "missing" / "pylock.toml"))
    assert (done.returncode, code_of(done)) == (4, "EP401"), done.stderr
    assert beside(project) == ["envplan.toml"]

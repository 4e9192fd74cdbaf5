"""Killed, interrupted, or with no room on the disk: the lock there was is whole."""

from __future__ import annotations

import resource
import signal
import sys
from collections.abc import Callable

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


@pytest.mark.parametrize("pattern", ["/whl/*/torch/", "/simple/pandas/", "*.metadata"])
def test_interrupted_while_an_index_is_silent_it_ends_at_once(
    project: Project, web: LocalIndex, old: bytes, pattern: str
) -> None:
    web.fault(pattern, "stall", after=-1)
    status, said = project.killed(lambda: bool(web.paths(pattern)), signal.SIGINT)
    assert status == 130, said
    assert "Traceback" not in said
    assert project.file.read_bytes() == old
    assert beside(project) == ["envplan.toml", "pylock.toml"]


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

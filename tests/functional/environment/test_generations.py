"""Generations: the one before stays, is gone back to, and goes when it is told to."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from envplan.cli.views.generations import gc_text
from envplan.environment.generations import current, previous, sweep, whole
from envplan.environment.listing import read_listing
from envplan.environment.locking import held
from envplan.environment.receipts import NAME, encode
from envplan.environment.skeletons import Skeleton
from envplan.problems import EnvplanError
from envplan.store.model import Tree
from envplan.verbs.gc import collect
from envplan.verbs.rollback import roll_back
from tests.functional.environment.conftest import Project
from tests.support.looking import answer, envplan
from tests.support.trees import tree


@pytest.fixture
def grown(project: Project, store: Path, small: tuple[Tree, ...]) -> Project:
    """Three generations of an environment, each with a newer numpy."""
    for version in ("1.24", "1.25", "1.26"):
        project.build(small[0], tree("numpy", version, store))
    return project


def versions(project: Project) -> str:
    return project.python("import numpy; print(numpy.__version__)").strip()


def test_a_rollback_goes_back_and_a_second_one_forward(grown: Project) -> None:
    done = roll_back(grown.pointer)
    assert versions(grown) == "1.25"
    assert [(one.name, one.before, one.after) for one in done.changes] == [("numpy", "1.26", "1.25")]
    roll_back(grown.pointer)
    assert versions(grown) == "1.26"


def _without_a_file(generation: Path) -> None:
    next(generation.glob("lib/python*/site-packages/numpy/__init__.py")).unlink()


def _without_its_python(generation: Path) -> None:
    (generation / "bin/python").unlink()


def _without_its_list(generation: Path) -> None:
    (generation / "envplan.files").unlink()


@pytest.mark.parametrize("damage", [_without_a_file, _without_its_python, _without_its_list])
def test_a_damaged_generation_is_not_gone_back_to(grown: Project, damage: Callable[[Path], None]) -> None:
    before, there = grown.pointer.readlink(), grown.pointer.resolve().parent
    damage(there / "2")
    document = answer("rollback", cwd=grown.folder)
    (problem,) = document["problems"]
    assert (document["exit"], problem["code"]) == (4, "EP450")
    assert problem["found"]
    assert grown.pointer.readlink() == before
    aside, _, _ = problem["try"][1].partition(" &&")
    subprocess.run(aside, shell=True, check=True)
    assert answer("rollback", cwd=grown.folder)["data"]["after"]["id"] == "1"


def test_what_somebody_put_into_a_generation_is_told_when_it_is_gone_back_to(grown: Project) -> None:
    (site,) = (grown.pointer.resolve().parent / "2").glob("lib/python*/site-packages")
    (site / "mine.py").write_text("")
    document = answer("rollback", cwd=grown.folder)
    assert (document["outcome"], document["exit"]) == ("rolled-back", 0)
    assert [(one["code"], one["severity"]) for one in document["problems"]] == [("EP611", "warning")]


def test_what_was_rolled_back_from_is_not_gone_back_to_after_the_next_apply(
    grown: Project, store: Path
) -> None:
    roll_back(grown.pointer)
    grown.build(tree("numpy", "1.27", store))
    roll_back(grown.pointer)
    assert versions(grown) == "1.25"


def test_a_rollback_heals_a_pointer_that_was_deleted(grown: Project) -> None:
    grown.pointer.unlink()
    roll_back(grown.pointer)
    assert versions(grown) == "1.25"


def test_a_rollback_takes_no_generation_of_another_pointer(
    tmp_path: Path, bones: Skeleton, small: tuple[Tree, ...]
) -> None:
    other = Project(tmp_path, bones, "lab")
    other.place = replace(other.place, name="train@lab")
    other.build(*small)
    with pytest.raises(EnvplanError, match="there is no environment"):
        roll_back(tmp_path / ".venv")
    assert not os.path.lexists(tmp_path / ".venv")


def test_without_a_generation_before_nothing_happens(project: Project, small: tuple[Tree, ...]) -> None:
    project.build(*small)
    with pytest.raises(EnvplanError, match="EP446"):
        roll_back(project.pointer)
    assert current(project.place)


@pytest.mark.parametrize("verb", [roll_back, collect])
def test_where_there_is_no_environment_none_is_begun(tmp_path: Path, verb: object) -> None:
    assert callable(verb)
    with pytest.raises(EnvplanError, match="EP445"):
        verb(tmp_path / ".venv")
    assert not list(tmp_path.iterdir())


def test_gc_keeps_the_one_in_use_and_the_one_before(grown: Project) -> None:
    done = collect(grown.pointer)
    assert [one.number for one in done.removed] == [1]
    assert [one.number for one in whole(grown.place)] == [2, 3]
    roll_back(grown.pointer)
    assert versions(grown) == "1.25"
    assert not collect(grown.pointer).removed


def test_gc_removes_what_was_never_finished(grown: Project, small: tuple[Tree, ...]) -> None:
    with held(grown.place):
        unfinished = grown.built(*small)
    assert unfinished.folder.is_dir()
    collect(grown.pointer)
    assert not unfinished.folder.exists()


def test_gc_touches_nothing_that_is_not_a_generation(grown: Project, tmp_path: Path) -> None:
    (grown.place.folder / "notes.txt").write_text("theirs")
    (grown.place.folder / "7").symlink_to(tmp_path)
    (grown.place.folder / "01").mkdir()
    collect(grown.pointer)
    assert (grown.place.folder / "notes.txt").exists()
    assert (grown.place.folder / "7").is_symlink()
    assert (grown.place.folder / "01").exists()


def test_gc_removes_what_the_pointer_led_to_under_another_name(
    grown: Project, small: tuple[Tree, ...]
) -> None:
    old, beside = grown.place.folder, grown.folder / ".envplan" / "train@other"
    (beside / "1").mkdir(parents=True)  # of the pointer `other`
    (beside / "1" / NAME).write_bytes((old / "1" / NAME).read_bytes())
    grown.place = replace(grown.place, name="renamed")
    grown.build(*small)
    done = collect(grown.pointer)
    assert [one.folder for one in done.removed] == [old / "1", old / "2", old / "3"]
    assert not old.exists()
    assert (beside / "1").is_dir()
    assert grown.python("print(1)").strip() == "1"
    assert "removed generation 1 of train (" in gc_text(done)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what processes use")
def test_gc_keeps_what_a_process_still_runs_from(grown: Project) -> None:
    first = whole(grown.place)[0]
    python = first.folder / "bin" / "python"
    code = "import time; print('up', flush=True); time.sleep(60)"
    with subprocess.Popen([python, "-c", code], stdout=subprocess.PIPE) as running:
        assert running.stdout
        running.stdout.readline()
        done = collect(grown.pointer)
        running.kill()
    assert [(one.generation.number, one.users) for one in done.in_use] == [(1, (running.pid,))]
    assert first.folder.is_dir()
    assert [one.number for one in collect(grown.pointer).removed] == [1]


def test_an_unfinished_generation_goes_with_the_next_apply(project: Project, small: tuple[Tree, ...]) -> None:
    with held(project.place):
        project.built(*small)
    generation = project.build(*small)
    assert [path.name for path in project.place.folder.iterdir() if path.is_dir()] == [generation.folder.name]


def test_a_damaged_receipt_in_use_does_not_take_the_environment_away(
    project: Project, small: tuple[Tree, ...]
) -> None:
    generation = project.build(*small)
    (generation.folder / NAME).write_text("{")
    assert current(project.place) is None
    with held(project.place):
        sweep(project.place)
    assert project.python("import numpy") == ""
    project.build(*small)
    assert current(project.place)


def test_the_list_of_files_holds_all_that_is_there(project: Project, small: tuple[Tree, ...]) -> None:
    generation = project.build(*small)
    listing = read_listing(generation.folder)
    assert listing
    there = {path.relative_to(generation.folder).as_posix(): path for path in generation.folder.rglob("*")}
    for name in ("envplan.json", "envplan.files"):
        del there[name]
    links = {name for name, path in there.items() if path.is_symlink()}
    folders = {name for name, path in there.items() if path.is_dir() and name not in links}
    assert set(listing.links) == links
    assert set(listing.folders) == folders
    assert set(listing.paths) == there.keys() - links - folders
    for row, name in enumerate(listing.paths):
        status = there[name].stat()
        assert (listing.sizes[row], listing.mtimes[row]) == (status.st_size, status.st_mtime_ns), name
    owners = {name: listing.owner(row) for row, name in enumerate(listing.paths)}
    assert owners["bin/tool"] == "tool"
    assert owners["pyvenv.cfg"] == ""


def test_previous_is_the_newest_other_one_where_the_note_is_lost(grown: Project) -> None:
    (grown.place.folder / "before").write_text("nonsense")
    before = previous(grown.place)
    assert before
    assert before.number == 2


def test_one_that_was_never_put_to_use_is_not_gone_back_to(grown: Project, small: tuple[Tree, ...]) -> None:
    with held(grown.place):
        built = grown.built(*small)
        (built.folder / NAME).write_bytes(encode(grown.receipt(built, small)))
    assert [one.number for one in whole(grown.place)] == [1, 2, 3, 4]
    (grown.place.folder / "before").unlink()
    roll_back(grown.pointer)
    assert versions(grown) == "1.25"


def test_the_commands_say_what_they_did(grown: Project) -> None:
    rolled = envplan("rollback", cwd=grown.folder)
    assert rolled.returncode == 0, rolled.stderr
    assert rolled.stdout.splitlines() == [
        f"{grown.pointer} is generation 2 (2026-11-02T10:00:00Z), from generation 3",
        "  numpy  1.26 → 1.25",
    ]
    document = answer("gc", "--env", ".venv", cwd=grown.folder)
    assert [one["id"] for one in document["data"]["removed"]] == ["1"]
    assert document["data"]["current"]["id"] == "2"
    assert answer("rollback", cwd=grown.folder)["data"]["after"]["id"] == "3"


def test_without_an_environment_the_commands_say_how_to_make_one(tmp_path: Path) -> None:
    for command in ("rollback", "gc"):
        document = answer(command, cwd=tmp_path)
        assert (document["exit"], document["problems"][0]["code"]) == (4, "EP445")
        assert document["problems"][0]["try"] == ["envplan apply"]
    assert not list(tmp_path.iterdir())


def test_more_packages_than_files_may_be_open_are_built_all_the_same(project: Project, store: Path) -> None:
    parts = [tree(f"part{n}", "1.0", store, files={f"part{n}.py": "x = 1"}) for n in range(100)]
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (len(os.listdir("/dev/fd")) + 50, before[1]))  # noqa: PTH208
    try:
        generation = project.build(*parts)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
    assert len(generation.receipt.packages) == 100

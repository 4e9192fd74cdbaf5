"""What is in the store, who uses it, and what `gc` deletes."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import time
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from envplan.problems import EnvplanError
from envplan.store.alone import alone
from envplan.store.manifest import NAME
from envplan.store.model import Progress, Tree
from envplan.store.trees import Store
from envplan.store.upkeep import gc, usage, verify
from tests.functional.store.conftest import Shelf
from tests.support.hostile import wheel_entries

_CONTEXT = multiprocessing.get_context("spawn")


def several(shelf: Shelf, count: int = 3) -> list[Tree]:
    return [shelf.added(wheel_entries({f"p{n}.py": b"x" * n * 100})) for n in range(1, count + 1)]


def aged(*trees: Tree) -> None:
    """Have trees that nobody used for an hour."""
    for tree in trees:
        os.utime(tree.folder / NAME, (time.time() - 3600,) * 2)


def environment(shelf: Shelf, name: str, *trees: Tree, link: bool = False) -> Path:
    folder = shelf.folder / name
    folder.mkdir()
    shelf.store.register(folder, [tree.sha256 for tree in trees])
    if link:
        linked(folder, *trees)
    return folder


def linked(folder: Path, *trees: Tree) -> None:
    for tree in trees:
        for path in tree.files[0].paths[:1]:
            os.link(tree.files[0].root / path, folder / tree.sha256)


def there(shelf: Shelf) -> set[str]:
    return {sha256 for sha256, _ in shelf.store.home.visible()}


@pytest.mark.parametrize("deep", [False, True])
def test_how_far_a_check_is_adds_up_to_all_there_is(shelf: Shelf, deep: bool) -> None:
    trees = several(shelf)
    told: list[Progress] = []
    assert verify(shelf.store, deep=deep, tell=told.append) == ()
    last = {one.what: (one.done, one.total) for one in told}
    total = sum(tree.size for tree in trees) if deep else len(trees)
    assert list(last.values()) == [(total, total)]


def test_usage_lists_wheels_by_size_with_who_uses_them(shelf: Shelf) -> None:
    one, two, three = several(shelf)
    train = environment(shelf, "train", one, two)
    serve = environment(shelf, "serve", two)
    found = usage(shelf.store)
    assert [row.sha256 for row in found] == [three.sha256, two.sha256, one.sha256]
    assert [row.size for row in found] == [tree.size for tree in (three, two, one)]
    assert {row.sha256: set(row.environments) for row in found} == {
        one.sha256: {train},
        two.sha256: {train, serve},
        three.sha256: set(),
    }
    assert found[0].files == 3
    assert found[0].project == "demo"


def test_usage_knows_of_environments_that_were_never_noted_by_their_links(shelf: Shelf) -> None:
    one, two = several(shelf, 2)
    folder = shelf.folder / "moved"
    folder.mkdir()
    linked(folder, one)
    assert {row.sha256: row.linked for row in usage(shelf.store)} == {one.sha256: True, two.sha256: False}


def test_usage_forgets_environments_that_were_deleted(shelf: Shelf) -> None:
    (one,) = several(shelf, 1)
    shutil.rmtree(environment(shelf, "train", one))
    assert usage(shelf.store)[0].environments == ()


def test_gc_deletes_what_nobody_uses(shelf: Shelf) -> None:
    one, two, three = several(shelf)
    environment(shelf, "train", one)
    aged(one, two, three)
    freed = gc(shelf.store)
    assert there(shelf) == {one.sha256}
    assert freed.size == two.size + three.size
    assert freed.wheels == (two.wheel, three.wheel)
    assert not list(shelf.folder.rglob("*p2.py"))


def test_gc_keeps_what_it_is_told_to_and_what_is_shared_or_was_just_used(shelf: Shelf) -> None:
    told, shared, young, old = several(shelf, 4)
    folder = shelf.folder / "unnoted"
    folder.mkdir()
    linked(folder, shared)
    aged(told, shared, old)
    gc(shelf.store, keep={told.sha256})
    assert there(shelf) == {told.sha256, shared.sha256, young.sha256}
    aged(told)
    shelf.store.have(told.sha256)
    gc(shelf.store)
    assert told.sha256 in there(shelf), "it was asked for a moment ago"


def test_gc_without_grace_deletes_what_was_just_used(shelf: Shelf) -> None:
    several(shelf, 2)
    assert len(gc(shelf.store, grace=-1).wheels) == 2
    assert not there(shelf)


def test_gc_deletes_what_was_set_aside_and_forgets_deleted_environments(shelf: Shelf) -> None:
    one, two = several(shelf, 2)
    shutil.rmtree(environment(shelf, "train", two))
    (one.folder / "purelib" / "p1.py").unlink()
    assert shelf.store.have(one.sha256) is None
    aged(two)
    freed = gc(shelf.store)
    assert freed.aside == 1
    assert not there(shelf)
    assert not list(shelf.store.home.aside.iterdir())
    assert not list(shelf.store.home.roots.iterdir())


def hold_a_session(folder: str, sha256: str, pipe: Connection) -> None:
    """Be a process that asked for a tree, and is about to link it."""
    with Store(Path(folder)) as store:
        pipe.send(store.have(sha256) is not None)
        pipe.recv()


def test_gc_deletes_nothing_while_another_process_is_at_work(shelf: Shelf) -> None:
    (one,) = several(shelf, 1)
    aged(one)
    ours, theirs = _CONTEXT.Pipe()
    process = _CONTEXT.Process(target=hold_a_session, args=(str(shelf.folder / "store"), one.sha256, theirs))
    process.start()
    try:
        assert ours.recv() is True
        with pytest.raises(EnvplanError) as caught:
            gc(shelf.store, grace=-1)
        problem = caught.value.problems[0]
        assert problem.code == "EP434"
        assert problem.found[0].text.startswith(f"busy, held by pid {process.pid}")
        assert there(shelf) == {one.sha256}
    finally:
        ours.send(None)
        process.join(20)
    assert gc(shelf.store, grace=-1).wheels == (one.wheel,)


def test_what_a_killed_process_left_is_deleted_by_the_next(shelf: Shelf) -> None:
    (one,) = several(shelf, 1)
    shelf.store.close()
    ours, theirs = _CONTEXT.Pipe()
    arguments = (str(shelf.folder / "store"), one.sha256, theirs)
    process = _CONTEXT.Process(target=hold_a_session, args=arguments)
    process.start()
    assert ours.recv() is True
    building = shelf.store.home.building
    for name in [path.name for path in (shelf.folder / "store" / "locks").glob("session-*")]:
        left = building / name.removeprefix("session-")
        (left / "half").mkdir(parents=True)
        (left / "half" / "done.py").write_text("x")
    assert list(building.iterdir())
    process.kill()
    process.join(20)
    assert shelf.store.have(one.sha256)
    assert not list(building.iterdir())
    locks = {path.name for path in (shelf.folder / "store" / "locks").iterdir()}
    assert locks == {f"session-{shelf.store.session().name}"}, "our own"


def test_locks_that_killed_processes_left_are_removed_and_those_of_the_living_are_not(shelf: Shelf) -> None:
    locks = shelf.folder / "store" / "locks"
    shelf.store.session()
    for left in ("ab" * 32, f"{'ab' * 32}.pid", "gate.pid", "session-0123456789abcdef.pid"):
        (locks / left).write_text("4711")
    with alone(shelf.folder / "store", "cd" * 32):
        gc(shelf.store)
        assert {path.name for path in locks.iterdir()} == {"cd" * 32, f"session-{shelf.store.session().name}"}


def test_an_environment_is_noted_again_and_again(shelf: Shelf) -> None:
    one, two = several(shelf, 2)
    folder = environment(shelf, "train 'x' \u00e9", one)
    shelf.store.register(folder, [two.sha256])
    rows = {row.sha256: row.environments for row in usage(shelf.store)}
    assert rows == {one.sha256: (), two.sha256: (folder,)}

"""A tree that changed is found when it is asked for, named, set aside, and made again."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from envplan.store.model import Progress, Tree
from envplan.store.trees import Store
from envplan.store.upkeep import gc, verify
from tests.functional.store.conftest import Shelf, contents
from tests.support.hostile import FILE, Archive, changed, wheel_entries

FILES = {
    "demo/__init__.py": b"answer = 42\n",
    "demo/lib.so": b"\x7fELF" * 100,
    "demo/deep/er/data.txt": b"data",
    "demo-1.0.data/scripts/run": b"#!python\n",
}
BODY = Archive(changed(wheel_entries(FILES), "demo/lib.so", mode=FILE | 0o755)).bytes()
MODULE = "purelib/demo/__init__.py"
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="modes and links of POSIX")


def written(path: Path, data: bytes) -> None:
    """Write into a file that is read-only, as root and editors do."""
    path.chmod(0o644)
    path.write_bytes(data)
    path.chmod(0o444)


def edited_in_place(tree: Tree) -> None:
    written(tree.folder / MODULE, b"answer = 43\n")


def replaced(tree: Tree) -> None:
    file = tree.folder / MODULE
    beside = file.with_name("beside")
    beside.write_bytes(file.read_bytes())
    beside.chmod(0o444)
    beside.replace(file)


def linked_elsewhere(tree: Tree) -> None:
    file = tree.folder / MODULE
    moment = file.stat().st_mtime_ns
    elsewhere = tree.folder.parent / "elsewhere.py"
    elsewhere.write_bytes(file.read_bytes())
    os.utime(elsewhere, ns=(moment, moment))
    file.unlink()
    file.symlink_to(elsewhere)


def folder_linked_elsewhere(tree: Tree) -> None:
    folder = tree.folder / "purelib" / "demo" / "deep"
    shutil.copytree(folder, tree.folder.parent / "elsewhere")
    shutil.rmtree(folder)
    folder.symlink_to(tree.folder.parent / "elsewhere", target_is_directory=True)


def became_a_folder(tree: Tree) -> None:
    (tree.folder / MODULE).unlink()
    (tree.folder / MODULE).mkdir()


def emptied_tree(tree: Tree) -> None:
    for path in list(tree.folder.iterdir()):
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def truncated_manifest(tree: Tree) -> None:
    manifest = tree.folder / "manifest"
    manifest.write_bytes(manifest.read_bytes()[:-10])


def other_manifest(tree: Tree) -> None:
    manifest = tree.folder / "manifest"
    manifest.write_bytes(manifest.read_bytes().replace(tree.sha256.encode(), b"0" * 64))


def byte_of_the_manifest(tree: Tree) -> None:
    manifest = tree.folder / "manifest"
    data = bytearray(manifest.read_bytes())
    data[len(data) // 2] ^= 1
    manifest.write_bytes(data)


CHANGES: dict[str, tuple[Callable[[Tree], object], str]] = {
    "edited in place": (edited_in_place, MODULE),
    "emptied": (lambda tree: written(tree.folder / MODULE, b""), MODULE),
    "truncated": (
        lambda tree: written(tree.folder / "purelib/demo/lib.so", b"\x7fELF"),
        "purelib/demo/lib.so",
    ),
    "lengthened": (lambda tree: written(tree.folder / "scripts/run", b"#!python\nevil\n"), "scripts/run"),
    "deleted": (lambda tree: (tree.folder / MODULE).unlink(), MODULE),
    "replaced by another file": (replaced, MODULE),
    "touched": (lambda tree: os.utime(tree.folder / MODULE), MODULE),
    "a file more": (
        lambda tree: (tree.folder / "purelib/demo/more.py").write_text("x"),
        "purelib/demo/more.py",
    ),
    "a folder more": (lambda tree: (tree.folder / "purelib/more").mkdir(), "purelib/more"),
    "a scheme more": (lambda tree: (tree.folder / "data").mkdir(), "data"),
    "a folder gone": (
        lambda tree: shutil.rmtree(tree.folder / "purelib/demo/deep/er"),
        "purelib/demo/deep/er",
    ),
    "a scheme gone": (lambda tree: shutil.rmtree(tree.folder / "scripts"), "scripts/"),
    "a file became a folder": (became_a_folder, MODULE),
    "everything gone": (emptied_tree, "manifest"),
    "the manifest gone": (lambda tree: (tree.folder / "manifest").unlink(), "manifest"),
    "the manifest truncated": (truncated_manifest, "manifest"),
    "the manifest empty": (lambda tree: (tree.folder / "manifest").write_bytes(b""), "manifest"),
    "the manifest damaged": (byte_of_the_manifest, "manifest"),
    "the manifest of another wheel": (other_manifest, "manifest"),
}
if sys.platform != "win32":
    CHANGES |= {
        "a link instead of a file": (linked_elsewhere, MODULE),
        "a link instead of a folder": (folder_linked_elsewhere, "purelib/demo/deep"),
    }


@pytest.mark.parametrize(("change", "path"), CHANGES.values(), ids=CHANGES)
def test_a_change_is_found_named_and_repaired(
    shelf: Shelf, change: Callable[[Tree], object], path: str
) -> None:
    tree = shelf.added(BODY)
    change(tree)
    with Store(shelf.folder / "store") as store:
        assert store.have(tree.sha256) is None
        assert [note.code for note in store.notes] == ["EP433"]
        assert store.notes[0].severity == "warning"
        assert store.notes[0].found[0].text.startswith(f"{path}")
    assert not tree.folder.exists()
    assert (shelf.folder / "store" / "aside" / tree.sha256).is_dir()
    again = shelf.added(BODY)
    assert shelf.store.have(tree.sha256) == again
    assert contents(again.folder / "purelib")["demo/__init__.py"] == b"answer = 42\n"


@POSIX
def test_permissions_that_an_environment_changed_are_put_right(shelf: Shelf) -> None:
    tree = shelf.added(BODY)
    for path in tree.folder.rglob("*/*"):
        if path.is_file():
            path.chmod(0o666)
    assert shelf.store.have(tree.sha256) == tree
    assert not shelf.store.notes
    modes = {path.name: path.stat().st_mode & 0o777 for path in (tree.folder / "purelib/demo").glob("*.*")}
    assert modes == {"__init__.py": 0o444, "lib.so": 0o555}


def test_a_change_through_a_link_of_an_environment_is_found(shelf: Shelf) -> None:
    tree = shelf.added(BODY)
    environment = shelf.folder / "project" / ".venv"
    environment.mkdir(parents=True)
    os.link(tree.folder / MODULE, environment / "demo.py")
    shelf.store.register(environment, [tree.sha256])
    assert shelf.store.have(tree.sha256) == tree
    written(environment / "demo.py", b"answer = 43\n")
    assert shelf.store.have(tree.sha256) is None
    said = " ".join(why.text for why in shelf.store.notes[0].why)
    assert str(environment) in said


@POSIX
def test_what_links_lead_to_is_left_alone_when_what_was_set_aside_is_deleted(shelf: Shelf) -> None:
    precious = shelf.folder / "precious"
    precious.mkdir(0o750)
    (precious / "file").write_text("mine")
    (precious / "file").chmod(0o640)
    inside, whole = shelf.added(BODY), shelf.added(wheel_entries({"p.py": b""}))
    (inside.folder / "purelib" / "link").symlink_to(precious / "file")
    shutil.rmtree(whole.folder)
    whole.folder.symlink_to(precious)
    assert len(verify(shelf.store)) == 2
    assert gc(shelf.store).aside == 2
    assert not list(shelf.store.home.aside.iterdir())
    assert (precious.stat().st_mode & 0o777, (precious / "file").stat().st_mode & 0o777) == (0o750, 0o640)
    assert (precious / "file").read_text() == "mine"


def test_what_is_no_folder_or_lies_where_no_wheel_belongs_is_set_aside(shelf: Shelf) -> None:
    one, two = shelf.added(BODY), shelf.added(wheel_entries({"p.py": b""}))
    shutil.rmtree(one.folder)
    one.folder.write_text("a file")
    strange = two.folder.rename(two.folder.with_name("ab" * 32))
    assert sorted(note.found[0].text for note in verify(shelf.store)) == [
        "it is no folder",
        "no wheel belongs there",
    ]
    assert not one.folder.exists()
    assert not strange.exists()
    assert verify(shelf.store) == ()


def test_gc_deletes_what_nobody_can_use_any_more(shelf: Shelf) -> None:
    one, two, three, whole = (shelf.added(wheel_entries({f"p{n}.py": b"x" * n})) for n in range(4))
    (one.folder / "manifest").write_bytes(b"")
    two.folder.rename(two.folder.with_name("ab" * 32))
    shutil.rmtree(three.folder)
    three.folder.write_text("a file")
    freed = gc(shelf.store)
    assert (freed.wheels, freed.aside) == ((), 3)
    assert [sha256 for sha256, _ in shelf.store.home.visible()] == [whole.sha256]
    assert shelf.store.have(whole.sha256) == whole


def test_what_was_set_aside_twice_is_kept_once(shelf: Shelf) -> None:
    for number in range(2):
        tree = shelf.added(BODY)
        (tree.folder / "purelib" / f"{number}.txt").write_text("x")
        assert shelf.store.have(tree.sha256) is None
    aside = shelf.folder / "store" / "aside"
    assert [path.name for path in aside.iterdir()] == [tree.sha256]
    assert (aside / tree.sha256 / "purelib" / "1.txt").exists()


def test_a_tree_that_changed_before_another_was_committed_is_replaced(shelf: Shelf) -> None:
    file, path = shelf.wheel(BODY)
    shelf.store.add(file, path)
    with Store(shelf.folder / "store") as another:
        tree = another.add(file, path, keep=True)
        another.commit()
    (tree.folder / MODULE).unlink()
    shelf.store.commit()
    assert shelf.store.have(tree.sha256) == tree
    assert (tree.folder / MODULE).exists()


def test_bytes_that_changed_behind_size_and_time_are_found_by_a_deep_look(shelf: Shelf) -> None:
    tree = shelf.added(BODY)
    written(tree.folder / MODULE, b"answer = 43\n")
    os.utime(tree.folder / MODULE, ns=(tree.moment, tree.moment))
    assert shelf.store.have(tree.sha256) == tree
    assert verify(shelf.store) == ()
    (problem,) = verify(shelf.store, deep=True)
    assert problem.code == "EP433"
    assert problem.found[0].text.startswith(MODULE)
    assert shelf.store.have(tree.sha256) is None


def test_verify_looks_at_all_trees_and_tells_how_far_it_is(shelf: Shelf) -> None:
    trees = [shelf.added(wheel_entries({f"p{n}.py": b"x" * n})) for n in range(1, 5)]
    (trees[1].folder / "purelib" / "p2.py").unlink()
    (trees[3].folder / "manifest").write_bytes(b"")
    told: list[Progress] = []
    found = verify(shelf.store, tell=told.append)
    assert len(found) == 2
    assert [one.done for one in told] == [1, 2, 3, 4]
    assert [shelf.store.have(tree.sha256) is not None for tree in trees] == [True, False, True, False]
    assert verify(shelf.store, deep=True, tell=told.append) == ()
    assert told[-1].done == told[-1].total == trees[0].size + trees[2].size

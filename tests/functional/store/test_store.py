"""What goes into the store comes out of it: whole, read-only, described, and only once it is all there."""

from __future__ import annotations

import errno
import os
import resource
import shutil
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from envplan.problems import EnvplanError
from envplan.store.model import EntryPoint, Progress
from envplan.store.trees import Store
from tests.functional.store.conftest import Shelf, contents
from tests.support.disks import disk
from tests.support.hostile import FILE, Archive, Entry, changed, wheel_entries
from tests.support.wheels import noise

INFO = "demo-1.0.dist-info"
FILES = {
    "demo/__init__.py": b"answer = 42\n",
    "demo/lib.so": b"\x7fELF",
    "demo/empty.py": b"",
    "demo-1.0.data/scripts/run": b"#!python\n",
    "demo-1.0.data/data/share/man/man1/run.1": b"manual",
    "demo-1.0.data/headers/demo.h": b"#pragma once\n",
    "demo-1.0.data/platlib/demo_native.so": b"\x7fELF",
    f"{INFO}/entry_points.txt": (
        b"[console_scripts]\nrun-it = demo.cli : main [extra]\n[gui_scripts]\nshow = demo:Show.it\n"
    ),
}
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="modes, limits and umasks of POSIX")


def demo() -> list[Entry]:
    return changed(wheel_entries(FILES), "demo/lib.so", mode=FILE | 0o755)


@contextmanager
def umask(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


def test_every_file_lies_under_its_scheme(shelf: Shelf) -> None:
    tree = shelf.added(demo())
    assert {files.scheme for files in tree.files} == {"data", "headers", "platlib", "purelib", "scripts"}
    for files in tree.files:
        found = contents(files.root)
        assert list(files.paths) == sorted(found)
        assert [len(found[path]) for path in files.paths] == list(files.sizes)
        assert files.root == tree.folder / files.scheme
    assert contents(tree.folder / "data") == {"share/man/man1/run.1": b"manual"}
    assert contents(tree.folder / "platlib") == {"demo_native.so": b"\x7fELF"}


def test_a_tree_says_what_its_wheel_is(shelf: Shelf) -> None:
    tree = shelf.added(demo())
    assert (tree.project, tree.version, tree.info) == ("demo", "1.0", INFO)
    assert tree.wheel == "demo-1.0-py3-none-any.whl"
    assert tree.entry_points == (
        EntryPoint("run-it", "demo.cli:main"),
        EntryPoint("show", "demo:Show.it", gui=True),
    )
    assert tree.startup == ()
    assert tree.size == sum(len(data) for data in contents(tree.folder).values()) - _manifest(tree.folder)


def _manifest(folder: Path) -> int:
    return (folder / "manifest").stat().st_size


def test_what_is_read_again_is_what_was_added(shelf: Shelf) -> None:
    tree = shelf.added(demo())
    with Store(shelf.folder / "store") as another:
        assert another.have(tree.sha256) == tree
        assert another.have("0" * 64) is None
        assert not another.notes


def test_folders_come_after_those_they_lie_in(shelf: Shelf) -> None:
    tree = shelf.added(wheel_entries({"a/b/c/d.py": b"", "a/b-c/e.py": b"", "a/b/f.py": b"", "x.py": b""}))
    folders = tree.files[0].folders
    assert set(folders) == {"a", "a/b", "a/b/c", "a/b-c", INFO}
    assert all(folder.rpartition("/")[0] in ("", *folders[:at]) for at, folder in enumerate(folders))


def test_what_installers_write_is_not_taken_over(shelf: Shelf) -> None:
    own = {f"{INFO}/{name}": b"pip" for name in ("INSTALLER", "REQUESTED", "direct_url.json")}
    tree = shelf.added(wheel_entries(FILES | own))
    paths = [path for files in tree.files for path in files.paths]
    assert f"{INFO}/METADATA" in paths
    assert f"{INFO}/entry_points.txt" in paths
    assert not [path for path in paths if path in own or path == f"{INFO}/RECORD"]


def test_older_metadata_of_its_own_is_a_file_like_others(shelf: Shelf) -> None:
    tree = shelf.added(wheel_entries(FILES | {"Demo-1.0.egg-info/PKG-INFO": b""}))
    assert "Demo-1.0.egg-info/PKG-INFO" in [path for files in tree.files for path in files.paths]


def test_what_is_not_taken_over_is_checked_all_the_same(shelf: Shelf) -> None:
    entries = wheel_entries(FILES | {f"{INFO}/INSTALLER": b"pip"})
    assert shelf.refused(changed(entries, f"{INFO}/INSTALLER", data=b"pop")).code == "EP426"


def test_files_that_run_when_python_starts_are_named(shelf: Shelf) -> None:
    files = {
        "code.pth": b"# a comment\nimport demo\n",
        "tab.pth": b"import\tdemo\n",
        "lines.pth": "a\u2028import demo".encode(),
        "latin.pth": b"\xe9\nimport demo\n",
        "marked.pth": b"\xef\xbb\xbfimport demo\n",
        "paths.pth": b"demo/plain\nimportant\n  import demo\n",
        "sitecustomize.py": b"",
        "apport_python_hook.py": b"",  # what Python of Ubuntu looks for
        "usercustomize/__init__.py": b"",
        "demo/inner.pth": b"import demo\n",
        "demo/sitecustomize.py": b"",
        "sitecustomized.py": b"",
        "later.start": b"demo:main\n",
        "demo-1.0.data/platlib/sitecustomize.cpython-311-x86_64-linux-gnu.so": b"",
        "demo-1.0.data/data/share/code.pth": b"import demo\n",
    }
    tree = shelf.added(wheel_entries(files))
    assert tree.startup == (
        "apport_python_hook.py",
        "code.pth",
        "later.start",
        "latin.pth",
        "lines.pth",
        "marked.pth",
        "sitecustomize.cpython-311-x86_64-linux-gnu.so",
        "sitecustomize.py",
        "tab.pth",
        "usercustomize/__init__.py",
    )


@pytest.mark.parametrize(
    ("line", "hidden"),
    [
        ("demo/hidden", "demo/hidden/sitecustomize.py"),
        ("Demo\\HIDDEN\\", "demo/hidden/sitecustomize.py"),
        (".//demo/../demo/hidden/", "demo/hidden/usercustomize/__init__.py"),
        ("../site-packages/demo", "demo/sitecustomize.py"),
        ("../../../share", "demo-1.0.data/data/share/sitecustomize.py"),
        ("/opt", "demo/sitecustomize.py"),
        ("demo/hidden.zip", "demo/hidden.zip"),
    ],
)
def test_code_that_a_list_of_folders_leads_python_to_is_named(shelf: Shelf, line: str, hidden: str) -> None:
    """Where a list leads, Python looks for sitecustomize too."""
    assert shelf.added(wheel_entries(FILES | {"more.pth": f"{line}\n".encode(), hidden: b""})).startup == (
        hidden,
    )


def test_modules_of_such_names_that_nothing_leads_to_are_not_named(shelf: Shelf) -> None:
    """Packages that offer to start programs under them have such modules, for programs that ask for it."""
    files = {"demo/bootstrap/sitecustomize.py": b"", "more.pth": b"demo/other\ndemo\n#demo/bootstrap\n"}
    assert shelf.added(wheel_entries(FILES | files)).startup == ()


@POSIX
@pytest.mark.parametrize("mask", [0o000, 0o022, 0o027, 0o077])
def test_files_are_read_only_and_folders_are_ours_alone_to_write(shelf: Shelf, mask: int) -> None:
    with umask(mask):
        tree = shelf.added(demo())
    modes = {
        path.relative_to(tree.folder).as_posix(): stat.S_IMODE(path.stat().st_mode)
        for path in tree.folder.rglob("*")
    }
    assert modes["purelib/demo/__init__.py"] == 0o444
    assert modes["purelib/demo/lib.so"] == 0o555
    assert modes["scripts/run"] == 0o555
    assert not [path for path in tree.folder.rglob("*") if path.stat().st_mode & 0o022]
    assert not [
        path for path in (shelf.folder / "store").rglob("*") if path.is_dir() and path.stat().st_mode & 0o022
    ]
    assert shelf.store.have(tree.sha256) == tree


def test_what_may_be_run_is_told(shelf: Shelf) -> None:
    told = {files.scheme: files.executable for files in shelf.added(demo()).files}
    assert told["purelib"] == {"demo/lib.so"}
    assert told["scripts"] == {"run"}


def test_all_files_say_the_same_moment(shelf: Shelf) -> None:
    tree = shelf.added(demo())
    moments = {path.stat().st_mtime_ns for path in tree.folder.rglob("*/*") if path.is_file()}
    assert moments == {tree.moment}
    assert tree.moment % 2_000_000_000 == 0, "a file system that keeps every other second keeps it"


def test_the_same_wheel_makes_the_same_tree_and_another_one_another(shelf: Shelf, tmp_path: Path) -> None:
    tree, other = shelf.added(demo()), shelf.added(wheel_entries({"demo/__init__.py": b"answer = 43\n"}))
    (tmp_path / "elsewhere").mkdir()
    elsewhere = Shelf(tmp_path / "elsewhere")
    again = elsewhere.added(demo())
    elsewhere.store.close()
    assert again.moment == tree.moment
    assert other.moment != tree.moment
    manifests = [(one.folder / "manifest").read_bytes() for one in (tree, again)]
    assert manifests[0] == manifests[1]


def test_nothing_is_there_before_it_is_committed(shelf: Shelf) -> None:
    file, path = shelf.wheel(Archive(demo()).bytes())
    tree = shelf.store.add(file, path)
    with Store(shelf.folder / "store") as another:
        assert another.have(tree.sha256) is None
        assert not tree.folder.exists()
        assert path.exists(), "until then the wheel may be needed again"
        shelf.store.commit()
        assert another.have(tree.sha256) == tree
        assert not path.exists()


def test_once_there_is_much_it_is_committed_so_that_its_wheels_can_go(shelf: Shelf) -> None:
    bodies = [Archive(wheel_entries({f"p{n}/data.bin": noise(str(n), 60_000)})).bytes() for n in range(3)]
    wheels = [shelf.wheel(body) for body in bodies]
    with Store(shelf.folder / "store", enough=100_000) as store:
        trees = [store.add(*wheel) for wheel in wheels]
        assert [tree.folder.exists() for tree in trees] == [True, True, False]
        assert [path.exists() for _, path in wheels] == [False, False, True]
        store.commit()
        assert [store.have(tree.sha256) for tree in trees] == trees


def test_what_is_never_committed_leaves_nothing(shelf: Shelf) -> None:
    file, path = shelf.wheel(Archive(demo()).bytes())
    with Store(shelf.folder / "store") as store:
        store.add(file, path)
    assert path.exists()
    assert not list((shelf.folder / "store").rglob("*.py"))


def test_the_wheels_of_others_are_kept(shelf: Shelf) -> None:
    file, path = shelf.wheel(Archive(demo()).bytes())
    shelf.store.add(file, path, keep=True)
    shelf.store.commit()
    assert path.exists()


def test_a_wheel_that_another_process_finished_is_taken_from_there(shelf: Shelf) -> None:
    file, path = shelf.wheel(Archive(demo()).bytes())
    with Store(shelf.folder / "store") as another:
        tree = another.add(file, path)
        another.commit()
    assert shelf.store.add(file, path) == tree


def test_of_two_who_add_the_same_wheel_both_get_it(shelf: Shelf) -> None:
    body = Archive(demo()).bytes()
    file, path = shelf.wheel(body)
    with Store(shelf.folder / "store") as another:
        one = shelf.store.add(file, path, keep=True)
        other = another.add(file, path, keep=True)
        shelf.store.commit()
        another.commit()
        assert one.folder == other.folder
        assert shelf.store.have(one.sha256)
        assert another.have(one.sha256)


def test_many_wheels_are_added_at_once(shelf: Shelf) -> None:
    wheels = [
        shelf.wheel(
            Archive(wheel_entries({f"p{n}/{m}.bin": noise(f"{n}-{m}", 3000) for m in range(40)})).bytes()
        )
        for n in range(12)
    ]
    threads = [threading.Thread(target=shelf.store.add, args=wheel) for wheel in wheels]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    shelf.store.commit()
    for number, (file, _) in enumerate(wheels):
        tree = shelf.store.have(file.sha256 or "")
        assert tree is not None
        assert contents(tree.folder / "purelib")[f"p{number}/7.bin"] == noise(f"{number}-7", 3000)


def test_large_files_come_out_whole(shelf: Shelf) -> None:
    files = {"demo/noise.bin": noise("large", 5_000_001), "demo/zeros.bin": bytes(9_000_000)}
    stored = changed(wheel_entries(files), "demo/noise.bin", method=0)
    tree = shelf.added(stored)
    found = contents(tree.folder / "purelib")
    assert all(found[path] == data for path, data in files.items())


def test_progress_is_told_up_to_the_end(shelf: Shelf) -> None:
    told: list[Progress] = []
    body = Archive(wheel_entries({"demo/zeros.bin": bytes(5_000_000), "demo/one.py": b"1"})).bytes()
    file, path = shelf.wheel(body)
    shelf.store.add(file, path, told.append)
    assert {one.stage for one in told} == {"unpack"}
    assert {one.what for one in told} == {file.name}
    assert [one.done for one in told] == sorted(one.done for one in told)
    assert told[-1].done == told[-1].total
    assert len(told) >= 4


def test_a_wheel_that_changed_since_it_was_fetched_is_not_called_hostile(shelf: Shelf) -> None:
    file, path = shelf.wheel(Archive(demo()).bytes())
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(EnvplanError) as caught:
        shelf.store.add(file, path)
    assert caught.value.problems[0].code == "EP431"
    assert not path.exists(), "so that it is fetched again"


def test_not_even_where_its_hash_was_right_a_moment_ago(shelf: Shelf) -> None:
    file, path = shelf.wheel(Archive(demo()).bytes())
    path.write_bytes(b"x" * 1000)
    with pytest.raises(EnvplanError) as caught:
        shelf.store.add(file, path, hashed=True)
    assert caught.value.problems[0].code == "EP431"


def test_a_wheel_that_is_not_there_is_a_problem(shelf: Shelf) -> None:
    file, path = shelf.wheel(Archive(demo()).bytes())
    path.unlink()
    with pytest.raises(EnvplanError) as caught:
        shelf.store.add(file, path)
    assert caught.value.problems[0].code == "EP401"


def test_without_isal_the_standard_library_inflates(shelf: Shelf) -> None:
    """As on a system for which isal has no wheel."""
    body = Archive(
        wheel_entries({"demo/zeros.bin": bytes(3_000_000), "demo/noise.bin": noise("z", 300_000)})
    ).bytes()
    file, path = shelf.wheel(body)
    lines = (
        "import sys; sys.modules['isal'] = None",
        "from pathlib import Path; from packaging.version import Version",
        "from envplan.index.model import File; from envplan.store.trees import Store",
        f"file = File('https://x.example', 'demo', {file.name!r}, Version('1.0'), '', {file.sha256!r})",
        f"with Store(Path({str(shelf.folder / 'store')!r})) as store:",
        f"    store.add(file, Path({str(path)!r})); store.commit()",
        "    from envplan.store.archive.contents import _inflating; print(_inflating.__name__)",
    )
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)], capture_output=True, text=True, check=True, cwd=Path.cwd()
    )
    assert done.stdout == "zlib\n"
    assert shelf.store.have(file.sha256 or "")


@POSIX
def test_a_disk_without_room_is_a_problem_and_the_next_time_it_works(shelf: Shelf) -> None:
    body = Archive(wheel_entries({"demo/noise.bin": noise("room", 3_000_000)})).bytes()
    file, path = shelf.wheel(body)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, before[1]))
    try:
        with pytest.raises(EnvplanError) as caught:
            shelf.store.add(file, path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    problem = caught.value.problems[0]
    assert problem.code == "EP401"
    assert "room" in problem.title
    assert os.strerror(errno.EFBIG).lower() in problem.found[0].text
    assert shelf.added(body)


def test_a_small_disk_has_room_for_small_wheels_and_says_what_big_ones_need(tmp_path: Path) -> None:
    with disk("ext4", tmp_path) as real:
        shelf = Shelf(real.folder)
        free = shutil.disk_usage(real.folder).free
        (real.folder / "of somebody else").write_bytes(bytes(free - 4_000_000))
        assert shelf.added(demo()).project == "demo"
        problem = shelf.refused(wheel_entries({"demo/much.bin": noise("much", 3_400_000)}))
        assert "it needs 3,825," in problem.found[0].text

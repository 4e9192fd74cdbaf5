"""Several processes at one store, and processes that are interrupted in the middle."""

from __future__ import annotations

import multiprocessing
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from envplan.index.model import File
from envplan.problems import EnvplanError
from envplan.store.trees import Store
from envplan.store.upkeep import gc, verify
from tests.functional.store.conftest import Shelf, contents
from tests.support.hostile import Archive, wheel_entries
from tests.support.wheels import noise

_CONTEXT = multiprocessing.get_context("spawn")


def bring_in(folder: str, wheels: list[tuple[File, Path]]) -> None:
    """Be a process that needs wheels, and has fetched them."""
    with Store(Path(folder)) as store:
        trees = [store.have(file.sha256 or "") or store.add(file, wheel, keep=True) for file, wheel in wheels]
        store.commit()
        for tree in trees:
            assert len(contents(tree.folder / "purelib")) == len(tree.files[0].paths)
            assert store.have(tree.sha256) == tree


def test_four_processes_that_bring_in_the_same_wheels_all_get_them_while_others_look_after_it(
    shelf: Shelf,
) -> None:
    bodies = [
        Archive(wheel_entries({f"p{n}/{m}.bin": noise(f"{n}.{m}", 2000) for m in range(60)})).bytes()
        for n in range(4)
    ]
    wheels = [shelf.wheel(body) for body in bodies]
    folder = str(shelf.folder / "store")
    processes = [_CONTEXT.Process(target=bring_in, args=(folder, wheels[n:] + wheels[:n])) for n in range(4)]
    for process in processes:
        process.start()
    said: list[str] = []
    while any(process.is_alive() for process in processes):
        assert verify(shelf.store) == ()
        try:
            gc(shelf.store, grace=-1)
        except EnvplanError as error:
            said += [problem.code for problem in error.problems]
        time.sleep(0.02)
    assert set(said) <= {"EP434"}
    assert [process.exitcode for process in processes] == [0] * 4
    for process in processes:
        process.join()
    bring_in(folder, wheels)


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_interrupted_while_it_unpacks_nothing_is_seen_and_the_next_run_does_it(
    shelf: Shelf, sent: signal.Signals
) -> None:
    file, path = shelf.wheel(Archive(wheel_entries({"demo/zeros.bin": bytes(20_000_000)})).bytes())
    lines = (
        "from pathlib import Path; from packaging.version import Version",
        "from envplan.index.model import File; from envplan.store.trees import Store",
        f"file = File('https://x.example', 'demo', {file.name!r}, Version('1.0'), '', {file.sha256!r})",
        f"with Store(Path({str(shelf.folder / 'store')!r})) as store:",
        f"    store.add(file, Path({str(path)!r}), lambda one: print(one.done, flush=True)); input()",
    )
    process = subprocess.Popen(
        [sys.executable, "-c", "\n".join(lines)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(sent)
    process.communicate(timeout=30)
    assert process.returncode != 0
    assert shelf.store.have(file.sha256 or "") is None
    tree = shelf.store.add(file, path)
    shelf.store.commit()
    assert shelf.store.have(tree.sha256) == tree
    assert [entry.name for entry in (shelf.folder / "store" / "building").iterdir()] == [
        shelf.store.session().name
    ]

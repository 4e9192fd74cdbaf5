"""Fetching the files of a lock."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from pathlib import Path

from envplan.index.model import File
from envplan.index.web.client import Web
from envplan.store.fetch.desk import Desk
from envplan.store.fetch.manner import Manner
from envplan.store.fetch.round import Round
from envplan.store.fetch.saying import room_for
from envplan.store.model import Tell, untold

_PATIENCE = 5.0  # seconds for threads to end; what they wait for is ended first


def fetch(
    files: Sequence[File],
    folder: Path,
    web: Web,
    place: Callable[[File], str],
    tell: Tell = untold,
    *,
    unneeded: Callable[[File], bool] = lambda _: False,
    unpacked: bool = False,
    manner: Manner | None = None,
) -> Generator[tuple[File, Path], None, None]:
    """Fetch files into the store, and hand out each as soon as it is whole and its sha256 right.

    Whoever takes one moves or deletes it, and closes the generator where it is not read to its end. What is
    left behind, whole or not, is taken up by the next run.

    `unneeded` is asked once this process is alone with a file: another one may have fetched and unpacked it
    in the meantime. Then it is handed out like the others, but nothing lies at its path. `unpacked` says that
    wheels are unpacked beside each other, so that there is to be room for that too.
    """
    if not files:
        return
    room_for(files, folder, unpacked=unpacked)
    shared = Round(folder, web, place, tell, unneeded, manner or Manner())
    with _working(Desk(files, shared), shared) as desk:
        while (found := desk.collect()) is not None:
            wheel, path = found
            for file in files:
                if file.sha256 == wheel.file.sha256:
                    yield file, path


@contextlib.contextmanager
def _working(desk: Desk, shared: Round) -> Iterator[Desk]:
    """Have threads at work, which end with the block, however it ends."""
    threads = [threading.Thread(target=desk.work, daemon=True) for _ in range(desk.lanes)]
    try:
        for thread in threads:
            thread.start()
        yield desk
    finally:
        desk.stop()
        _end(threads, shared.web)
        desk.close()


def _end(threads: Sequence[threading.Thread], web: Web) -> None:
    """Wait for them; those that wait for a server are woken."""
    pause = 0.02
    for _ in range(round(_PATIENCE / pause)):
        alive = [thread for thread in threads if thread.is_alive()]
        if not alive:
            return
        alive[0].join(pause)
        if alive[0].is_alive():
            web.hang_up()

"""Doing the same to many things at once, in threads that no Ctrl-C has to wait for."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TypeVar

A = TypeVar("A")
B = TypeVar("B")


def in_parallel(work: Callable[[A], B], things: Sequence[A], workers: int) -> list[B]:
    """Give the results in the order of the things; the first failure ends it.

    Not concurrent.futures: it imports logging, and its threads keep an interrupted process alive.
    """
    results: dict[int, B] = {}
    failures: list[BaseException] = []
    todo = iter(range(len(things)))
    lock = threading.Lock()
    done = threading.Event()
    left = min(workers, len(things))

    def run() -> None:
        nonlocal left
        while not failures:
            with lock:
                number = next(todo, None)
            if number is None:
                break
            try:
                results[number] = work(things[number])
            except BaseException as error:
                failures.append(error)
        with lock:
            left -= 1
            if left == 0:
                done.set()

    for _ in range(left):
        threading.Thread(target=run, daemon=True).start()
    while left and not done.wait(0.5):
        pass  # short waits: on Windows a long one cannot be interrupted
    if failures:
        raise failures[0]
    return [results[number] for number in range(len(things))]

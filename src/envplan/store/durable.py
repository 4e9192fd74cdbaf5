"""What a disk is asked beyond reading and writing: to keep what was written, and to have room for more."""

from __future__ import annotations

import contextlib
import errno
import os
import queue
import sys
import threading
from functools import cache
from pathlib import Path
from typing import Any

# Linux writes all files of a disk in one go, which for 14,000 takes as long as for one. Elsewhere each file
# is synced by whoever wrote it, before it is closed.
EACH = sys.platform != "linux"

_UNKNOWN = frozenset({errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL, errno.ESPIPE})
_MOST = 64  # files that wait, and are open meanwhile
_WRITE = 2  # SYNC_FILE_RANGE_WRITE: begin, and do not wait


def settle(folder: Path) -> None:
    """Return when everything written on the disk of `folder` is there to stay; OSError where that failed."""
    if EACH:
        if hasattr(os, "sync"):
            os.sync()
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        if not _asked("syncfs", descriptor):
            os.sync()
    finally:
        os.close(descriptor)


def settle_file(descriptor: int) -> None:
    """Do that for one file, where it is done for each."""
    if EACH:
        os.fsync(descriptor)


def reserve(descriptor: int, size: int) -> None:
    """Take the room for a file that is about to be written: half the time, and a full disk says so at once.

    Not os.posix_fallocate: where a file system cannot do it, the C library writes zeros over the whole file.
    """
    import ctypes

    if not EACH:
        _asked("fallocate64", descriptor, 0, ctypes.c_int64(0), ctypes.c_int64(size))


class Early:
    """Has files put on the disk while there is other work; then `settle` takes 0.1 s for 5 GB, not 1 s.

    A thread of its own asks for it: a disk that is busy makes whoever asks wait, which took a quarter of the
    time of those that unpack. What goes wrong here is told by `settle`.
    """

    def __init__(self) -> None:
        self._waiting: queue.SimpleQueue[int | None] = queue.SimpleQueue()
        self._begun = False

    def begin(self, descriptor: int) -> None:
        """Begin with what was written so far; nobody waits, and where many wait already, `settle` does it."""
        if EACH or self._waiting.qsize() >= _MOST:
            return
        if not self._begun:
            self._begun = True
            threading.Thread(target=self._work, daemon=True).start()
        self._waiting.put(os.dup(descriptor))

    def end(self) -> None:
        """Take no more; what was asked for goes on."""
        if self._begun:
            self._waiting.put(None)

    def _work(self) -> None:
        import ctypes

        nothing = ctypes.c_int64(0)  # from the start to the end
        while (descriptor := self._waiting.get()) is not None:
            with contextlib.suppress(OSError):
                _asked("sync_file_range", descriptor, nothing, nothing, _WRITE)
            os.close(descriptor)


@cache
def _library() -> Any:
    import ctypes

    return ctypes.CDLL(None, use_errno=True)


def _asked(name: str, *arguments: Any) -> bool:
    """Call a function of Linux that Python does not have; false where this system does not know it."""
    import ctypes

    function = getattr(_library(), name, None)
    if function is None:
        return False
    while function(*arguments):
        number = ctypes.get_errno()
        if number in _UNKNOWN:
            return False
        if number != errno.EINTR:
            raise OSError(number, os.strerror(number))
    return True

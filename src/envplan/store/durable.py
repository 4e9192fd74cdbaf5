"""What a disk is asked beyond reading and writing: to keep what was written, and to have room for more."""

from __future__ import annotations

import errno
import os
import sys
from functools import cache
from pathlib import Path
from typing import Any

# Linux writes all files of a disk in one go, which for 14,000 takes as long as for one. Elsewhere each file
# is synced by whoever wrote it, before it is closed.
EACH = sys.platform != "linux"

_UNKNOWN = frozenset({errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL, errno.ESPIPE})
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


def begin(descriptor: int) -> None:
    """Have a file put on the disk while there is other work: then `settle` takes 0.1 s for 5 GB, not 1 s."""
    import ctypes

    if not EACH:
        _asked("sync_file_range", descriptor, ctypes.c_int64(0), ctypes.c_int64(0), _WRITE)


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

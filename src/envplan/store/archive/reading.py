"""Reading bytes at a place, from many threads at once."""

from __future__ import annotations

import os
import sys
import threading

if sys.platform == "win32":
    _turn = threading.Lock()

    def read_at(descriptor: int, length: int, start: int) -> bytes:
        """Read up to `length` bytes from `start` on; Windows only knows how to do it in two steps."""
        with _turn:
            os.lseek(descriptor, start, os.SEEK_SET)
            return os.read(descriptor, length)

else:
    read_at = os.pread

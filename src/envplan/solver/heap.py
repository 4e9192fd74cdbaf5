"""The memory of a process that reads pages in many threads.

glibc gives threads heaps of their own, and what one of them has freed is no use to the others:
a lock of 218 packages took 215 MB where all it held was 130. Python lets one thread at a time work anyway.
"""

from __future__ import annotations

import sys

_ARENA_MAX = -8  # M_ARENA_MAX of mallopt(3)


def share_one() -> None:
    """Have all threads that begin from now on share one heap, where the system can do that (glibc)."""
    if sys.platform == "linux":
        import ctypes

        if set_option := getattr(ctypes.CDLL(None), "mallopt", None):
            set_option(_ARENA_MAX, 1)

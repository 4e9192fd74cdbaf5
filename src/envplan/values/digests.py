"""sha256 of small documents, without OpenSSL: loading that takes 3 ms, a twentieth of what `apply` may take.

The module below `hashlib` has other names in other Pythons; the standard library itself takes it from there
(random.py). For files, `hashlib` is several times as quick.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hashlib import sha256
else:
    try:
        from _sha2 import sha256  # Python 3.12 and later
    except ImportError:
        try:
            from _sha256 import sha256
        except ImportError:
            from hashlib import sha256

__all__ = ["sha256"]

"""What was read before, on disk: one file an entry, put in place in one step, checked when it is read."""

from __future__ import annotations

import contextlib
import hashlib
import os
import time
import zlib
from collections.abc import Mapping
from pathlib import Path

from envplan.documents.folders import make_folder

VARIABLE = "ENVPLAN_STORE"

_FORMAT = b"envplan-index-3\n"
_ABANDONED = 3600.0  # seconds; to write an entry takes a thousandth of one


def cache_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """Return the folder for what indexes said: in the store, else in the platform's folder for caches."""
    if named := environ.get(VARIABLE):
        return Path(named) / "index"
    from platformdirs import user_cache_path

    return user_cache_path("envplan", appauthor=False) / "index"


class Cache:
    """Entries by kind and key. What cannot be read or written counts as not there: it is only a cache."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._made: set[str] = set()  # folders that are surely there
        self._beginning = folder / "begun"

    def read(self, kind: str, *key: str) -> bytes | None:
        """Return an entry, unless it is missing or damaged."""
        try:
            with open(self._path(kind, key), "rb", buffering=0) as file:  # noqa: PTH123 - as in `write`
                mark, sum_, body = file.read(len(_FORMAT)), file.read(4), file.read()
        except (OSError, ValueError):
            return None
        # A power cut leaves empty or half files; this is against accidents, not against attackers.
        return body if mark == _FORMAT and zlib.crc32(body).to_bytes(4, "big") == sum_ else None

    def write(self, kind: str, *key: str, body: bytes) -> None:
        """Put an entry in place; of several processes, the last one stays."""
        path = str(self._path(kind, key))
        beside = f"{self._beginning}/{os.getpid()}-{os.urandom(4).hex()}"
        try:
            if kind not in self._made:
                self._make(kind)
            try:
                with open(beside, "wb", opener=_ours) as file:
                    file.write(_FORMAT + zlib.crc32(body).to_bytes(4, "big") + body)
                os.replace(beside, path)  # noqa: PTH105
            except BaseException:
                with contextlib.suppress(OSError):
                    os.unlink(beside)  # noqa: PTH108
                raise
        except (OSError, ValueError):
            return

    def _make(self, kind: str) -> None:
        if not self._made:
            make_folder(self._beginning)
            for left in self._beginning.iterdir():  # by those that were killed
                with contextlib.suppress(OSError):
                    if time.time() - left.stat().st_mtime > _ABANDONED:
                        left.unlink()
        make_folder(self.folder / kind)
        self._made.add(kind)

    def _path(self, kind: str, key: tuple[str, ...]) -> Path:
        named = hashlib.sha256("\n".join(key).encode("utf-8", "surrogatepass")).hexdigest()[:40]
        return self.folder / kind / named


def _ours(path: str, flags: int) -> int:
    return os.open(path, flags, 0o644)

"""Folders that packages come from: a stamp that changes when their files do, told without reading them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from envplan.values.digests import sha256

_PROJECT = ("pyproject.toml", "setup.py", "setup.cfg")
# What builds, tests and tools leave behind; none of it goes into a wheel.
_LEFT = ("node_modules", "__pycache__")
_LEFT_ON_TOP = ("build", "dist")  # further in, packages may be called so
_MOST = 50_000  # files; a folder with more is no package, and looking at all of them takes seconds


def stamp_of(folder: Path, *, editable: bool) -> str:
    """Digest sizes and dates of what a wheel is made from; of an editable folder only what describes it."""
    named = _described(folder) if editable else _files(folder)
    text = "\n".join(f"{name} {size} {moment}" for name, size, moment in named)
    return sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def _described(folder: Path) -> Iterator[tuple[str, int, int]]:
    for name in _PROJECT:
        try:
            status = (folder / name).stat()
        except OSError:
            continue
        yield name, status.st_size, status.st_mtime_ns


def _files(folder: Path) -> list[tuple[str, int, int]]:
    found: list[tuple[str, int, int]] = []
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not _is_left(name, on_top=parent == str(folder))]
        for name in names:
            path = os.path.join(parent, name)  # noqa: PTH118
            try:
                status = os.lstat(path)
            except OSError:
                continue
            found.append((os.path.relpath(path, folder), status.st_size, status.st_mtime_ns))
        if len(found) > _MOST:
            break
    return sorted(found)


def _is_left(name: str, *, on_top: bool) -> bool:
    left = (*_LEFT, *_LEFT_ON_TOP) if on_top else _LEFT
    return name.startswith(".") or name in left or name.endswith(".egg-info")

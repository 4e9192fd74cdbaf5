"""Files that Python runs by itself when it starts."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Collection, Iterable, Iterator

from envplan.store.archive.names import key

# Python imports the first two. Those of Debian and Ubuntu import the third, which only they themselves have.
_MODULES = re.compile(r"(.*/)?(sitecustomize|usercustomize|apport_python_hook)(\.[^/]+|/.+)")
_MARKS = ("customize", "apport_python_hook")
_OUTSIDE = re.compile(r"\.\.(/|$)|/|[a-z]:")


def startup_files(
    paths: Collection[str], elsewhere: Iterable[str], read: Callable[[str], bytes]
) -> tuple[str, ...]:
    """Which files run: modules of certain names, and lists (*.pth) with lines of code.

    `paths` are those of site-packages. A list also has Python look for such modules in other folders, and in
    archives; where it leads out of site-packages it may lead to any file of the wheel, also `elsewhere`.
    """
    keys = {key(path): path for path in paths}
    found = {path for at, path in keys.items() if "/" not in at and at.endswith(".start")}
    roots = {""}
    for at, path in keys.items():
        if "/" in at or not at.endswith(".pth"):
            continue
        lines = list(_lines(read(path)))
        if any(line.startswith(("import ", "import\t")) for line in lines):
            found.add(path)
        roots |= {_place(line) for line in lines if not line.startswith("#")}
    found |= {keys[root] for root in roots & keys.keys()}
    if any(_OUTSIDE.match(root) for root in roots):
        found |= {path for _, path in _modules({**keys, **{key(path): path for path in elsewhere}})}
    found |= {path for folder, path in _modules(keys) if folder in roots}
    return tuple(sorted(found))


def _modules(keys: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Find modules that Python would run; the folder of each, and its path."""
    for at, path in keys.items():
        if any(mark in at for mark in _MARKS) and (module := _MODULES.fullmatch(at)):
            yield (module[1] or "").rstrip("/"), path


def _lines(text: bytes) -> Iterator[str]:
    """Read a list as `site` does, or into more lines than that."""
    try:
        yield from text.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        yield from text.decode("latin-1").splitlines()


def _place(line: str) -> str:
    """Say where a line leads to, from site-packages; empty for that itself."""
    at = posixpath.normpath(key(line.rstrip()).replace("\\", "/"))
    return "" if at == "." else at

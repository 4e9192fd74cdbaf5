"""Files that Python runs by itself when it starts."""

from __future__ import annotations

import re

_MODULES = re.compile(r"(site|user)customize(\..+|/.+)", re.IGNORECASE)


def may_run(path: str) -> bool:
    """Whether a file of site-packages is one that Python looks at when it starts."""
    return (
        bool(_MODULES.fullmatch(path))
        or is_list(path)
        or ("/" not in path and path.lower().endswith(".start"))
    )


def is_list(path: str) -> bool:
    """Whether it is a list of folders, whose lines may be code."""
    return "/" not in path and path.lower().endswith(".pth")


def runs(text: bytes) -> bool:
    """Whether a line of such a list is code; as `site` reads it."""
    try:
        lines = text.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        lines = text.decode("latin-1").splitlines()
    return any(line.startswith(("import ", "import\t")) for line in lines)

"""Commands of packages: small programs that start the environment's own Python, wherever it lies.

`installer` writes these too, and does so on Windows, where a launcher is needed. Elsewhere a command is four
lines, and to import `installer.scripts` takes as long as to link 10,000 files.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from envplan.store.model import EntryPoint

_LONGEST = 127  # of a first line that every kernel reads whole
_FIRST = re.compile(rb"#!pythonw?(?P<options>[^\r\n]*)\r?\n?")

# Finds Python from where the command lies, so that no shell ever reads the path: sh takes the first lines for
# a command that replaces it, Python takes them for a string.
_BESIDE = b"""#!/bin/sh
'''exec' "$(dirname -- "$(realpath -- "$0")")"/'%s'%s "$0" "$@"
' '''
"""

_COMMAND = """\
import sys
from {module} import {first}
if __name__ == "__main__":
    sys.exit({function}())
"""


def command(entry: EntryPoint, python: Path) -> tuple[str, bytes]:
    """Return the file name and the bytes of a command."""
    module, _, function = entry.target.partition(":")
    if os.name == "nt":
        return _launcher(entry, module, function, python)
    body = _COMMAND.format(module=module, first=function.split(".")[0], function=function)
    return entry.name, first_line(python) + body.encode()


def adapted(script: bytes, python: Path) -> bytes | None:
    """Point a wheel's own script to this Python; none where it does not ask for that."""
    found = _FIRST.match(script)
    if not found:
        return None
    return first_line(python, found["options"].rstrip()) + script[found.end() :]


def first_line(python: Path, options: bytes = b"") -> bytes:
    """Return what makes a script run with this Python."""
    path = os.fsencode(python)
    simple = b"#!" + path + options + b"\n"
    if os.name == "nt" or (len(simple) <= _LONGEST and not re.search(rb"\s", path)):
        return simple
    return _BESIDE % (os.fsencode(python.name), options)


def _launcher(entry: EntryPoint, module: str, function: str, python: Path) -> tuple[str, bytes]:
    import platform

    from installer.scripts import Script

    kinds = {"amd64": "win-amd64", "x86_64": "win-amd64", "arm64": "win-arm64"}
    kind = kinds.get(platform.machine().lower(), "win-ia32")
    script = Script(entry.name, module, function, "gui" if entry.gui else "console")
    return script.generate(str(python), kind)  # type: ignore[arg-type]

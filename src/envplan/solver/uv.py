"""uv as a solver: `uv pip compile` on a view."""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
from pathlib import Path

from envplan.documents.folders import make_folder
from envplan.solver.search import Broken, Result, Search, compile_pins, write_search
from envplan.values.records import dataclass

_REFUSED = re.compile(r"No solution found|unsatisfiable", re.IGNORECASE)


@dataclass(frozen=True)
class Uv:
    """The uv that came with envplan.

    What uv finds out about our Python takes it 0.1 s each time; `keep` is a folder where that, and nothing
    else of its cache, stays from one run to the next.
    """

    keep: Path | None = None
    program: str = ""  # another uv, for tests

    @property
    def name(self) -> str:
        """Its name, for messages."""
        return "uv"

    def search(self, search: Search) -> Result:
        """Find versions on a view."""
        try:
            program = self.program or bundled()
        except FileNotFoundError:
            return Broken("is not installed: the program of the package uv is missing")
        with tempfile.TemporaryDirectory(prefix="envplan-", ignore_cleanup_errors=True) as made:
            folder = Path(made)
            write_search(search, folder)
            cache = folder / "cache"
            _copy(self.keep, cache)
            settings = {"UV_DEFAULT_INDEX": search.url, "UV_HTTP_RETRIES": "0", "UV_HTTP_TIMEOUT": "600"}
            result = compile_pins(search, _command(program, cache), settings, folder, _REFUSED)
            _copy(cache, self.keep)
            return result


def _command(program: str, cache: Path) -> list[str]:
    options = ["--no-config", "--no-sources", "--no-build", "--no-header", "--no-annotate", "--no-progress"]
    options += ["--color", "never", "--prerelease", "allow", "--keyring-provider", "disabled"]
    options += ["--no-python-downloads", "--python", sys.executable, "--cache-dir", str(cache)]
    files = ["needs.in", "--constraints", "constraints.txt", "--output-file", "pins.txt"]
    return [program, "--quiet", "pip", "compile", *files, *options]


def bundled() -> str:
    """Find the program. Not for several threads at once: Python 3.11 tells all but the first nothing."""
    from uv import find_uv_bin

    return str(find_uv_bin())


def _copy(source: Path | None, target: Path | None) -> None:
    """Copy what uv knows about interpreters, where there is something and a place for it."""
    if source is None or target is None:
        return
    try:
        for bucket in source.glob("interpreter-v*"):
            for file in bucket.rglob("*.msgpack"):
                copy = target / file.relative_to(source)
                if copy.exists():
                    continue
                make_folder(copy.parent)
                with tempfile.NamedTemporaryFile(dir=copy.parent, delete=False) as part:
                    part.write(file.read_bytes())
                shutil.move(part.name, copy)
    except OSError:
        return  # it saves time and nothing else

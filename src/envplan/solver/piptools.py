"""pip-tools as a solver: `pip-compile` on a view, in pure Python. Slow, and a second opinion.

Views have decided all markers and tags, so it solves for other systems as well as for this one.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from pathlib import Path

from envplan.solver.search import Result, Search, compile_pins, write_search
from envplan.values.records import dataclass

_REFUSED = re.compile(
    r"ResolutionImpossible|Cannot install|Could not find a version|No matching distribution|"
    r"conflicting dependencies"
)


@dataclass(frozen=True)
class PipTools:
    """The pip-tools that came with envplan."""

    @property
    def name(self) -> str:
        """Its name, for messages."""
        return "pip-tools"

    def search(self, search: Search) -> Result:
        """Find versions on a view."""
        with tempfile.TemporaryDirectory(prefix="envplan-", ignore_cleanup_errors=True) as made:
            folder = Path(made)
            write_search(search, folder)
            settings = {
                "PIP_CONFIG_FILE": os.devnull,  # also pip's files in /etc and in the environment we run in
                "PIP_INDEX_URL": search.url,
                "PIP_DISABLE_PIP_VERSION_CHECK": "1",
                "PIP_NO_INPUT": "1",
                "PIP_RETRIES": "0",
                "PIP_DEFAULT_TIMEOUT": "600",  # the view waits for an index, which has deadlines of its own
                "PIP_KEYRING_PROVIDER": "disabled",
            }
            return compile_pins(search, _command(), settings, folder, _REFUSED)


def _command() -> list[str]:
    options = [
        "--quiet",
        "--no-config",
        "--no-header",
        "--no-annotate",
        "--strip-extras",
        "--allow-unsafe",
        "--pre",
    ]
    options += ["--no-emit-index-url", "--no-emit-trusted-host", "--no-emit-options", "--cache-dir", "cache"]
    options += ["--resolver", "backtracking", "--pip-args", "--only-binary :all:"]
    files = ["needs.in", "--constraint", "constraints.txt", "--output-file", "pins.txt"]
    return [sys.executable, "-I", "-B", "-m", "piptools", "compile", *files, *options]

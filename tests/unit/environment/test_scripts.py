"""Commands: what starts them, wherever the environment lies."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

from envplan.environment.scripts import adapted, command, first_line
from envplan.store.model import EntryPoint

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has launchers")

SHORT = Path("/srv/app/.envplan/train/1/bin/python")


def test_a_short_path_is_the_first_line_itself() -> None:
    assert first_line(SHORT) == b"#!/srv/app/.envplan/train/1/bin/python\n"


@pytest.mark.parametrize("folder", ["/a b", "/a\tb", "/a\nb", "/" + "x" * 120])
def test_a_path_that_no_first_line_can_hold_is_looked_up_beside_the_command(folder: str) -> None:
    line = first_line(Path(folder) / "bin" / "python")
    assert line.startswith(b"#!/bin/sh\n")
    assert folder.encode() not in line
    ast.parse(line + b"import sys\n")  # for Python it is a string


def test_a_path_of_just_the_longest_length_still_is_a_first_line() -> None:
    longest = Path("/" + "x" * (127 - len("#!//bin/python\n")) + "/bin/python")
    assert len(first_line(longest)) == 127
    assert first_line(longest.with_name("python3")).startswith(b"#!/bin/sh\n")


def test_a_command_calls_what_its_entry_point_names() -> None:
    name, data = command(EntryPoint("tool", "pkg.cli:App.main"), SHORT)
    assert name == "tool"
    assert data.decode().splitlines()[1:] == [
        "import sys",
        "from pkg.cli import App",
        'if __name__ == "__main__":',
        "    sys.exit(App.main())",
    ]


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (b"#!python\nx = 1\n", b"#!/srv/app/.envplan/train/1/bin/python\nx = 1\n"),
        (b"#!python -E\r\nx = 1\r\n", b"#!/srv/app/.envplan/train/1/bin/python -E\nx = 1\r\n"),
        (b"#!pythonw\nx\n", b"#!/srv/app/.envplan/train/1/bin/python\nx\n"),
        (b"#!python", b"#!/srv/app/.envplan/train/1/bin/python\n"),
        (b"#!/bin/sh\necho\n", None),
        (b"\x7fELF", None),
        (b"", None),
    ],
)
def test_a_script_that_asks_for_python_gets_this_one(script: bytes, expected: bytes | None) -> None:
    assert adapted(script, SHORT) == expected

"""A spec as one machine sees it."""

from __future__ import annotations

import pytest

from envplan.planner.applicable import applicable
from envplan.spec.lists.projects import decode_project
from envplan.values.platforms import Platform
from envplan.values.versions import Python


@pytest.mark.parametrize(
    ("marker", "stays"),
    [
        ("sys_platform == 'linux'", True),
        ("sys_platform == 'win32'", False),
        ("platform_machine == 'arm64'", False),
        ("python_full_version >= '3.11.4'", True),  # some machine with 3.11 has it
        ("python_full_version < '3.11.4'", True),
        ("implementation_version >= '3.12'", False),
    ],
)
def test_what_some_interpreter_of_the_machine_takes_stays(marker: str, stays: bool) -> None:
    text = (
        f'[project]\nname = "x"\nversion = "1"\ndependencies = ["torch; {marker}", "numpy"]\n[tool.envplan]\n'
    )
    seen = applicable(decode_project(text.encode()), Platform("linux", "x86_64"), [Python(3, 11)])
    assert [one.name for one in seen.packages] == (["torch", "numpy"] if stays else ["numpy"])

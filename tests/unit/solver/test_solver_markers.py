"""Markers are decided for the target, with the extras left open."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.markers import Marker
from packaging.version import Version

from envplan.index.model import Metadata
from envplan.solver.markers import Requires, World, dependencies
from envplan.values.interpreters import environment
from envplan.values.platforms import Platform
from envplan.values.versions import Python

LINUX = World(Platform("linux", "x86_64"), Python(3, 11))


def decided(*lines: str, world: World = LINUX) -> list[tuple[str, str]]:
    metadata = Metadata("app", Version("1"), lines, None, (), b"")
    return [(one.extra, str(one.requires)) for one in dependencies(metadata, world)]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("lib", [("", "lib")]),
        ("Lib_X[b,A] >=1, <2", [("", "lib-x[a,b]<2,>=1")]),
        ("lib (>=1.0)", [("", "lib>=1.0")]),
        ("lib;python_version<'3.8'", []),
        ("lib; extra == 'Fast_Path'", [("fast-path", "lib")]),
        ("lib; (extra == 'a' or extra == 'b') and os_name == 'posix'", [("a", "lib"), ("b", "lib")]),
        ("lib; sys_platform == 'win32' or extra == 'a'", [("a", "lib")]),
        ("lib; sys_platform == 'linux' or extra == 'a'", [("", "lib")]),
        ("lib; 'a' == extra", [("a", "lib")]),
        ("lib; extra == 'a' and python_version < '3'", []),
        ("lib; python_full_version < '3.11.3'", [("", "lib")]),  # some machine with 3.11 has it
        ("lib; python_full_version >= '3.11.4'", [("", "lib")]),
        ("lib; python_full_version >= '3.12'", []),
        ("lib; platform_release >= '20.9'", []),
        ("lib; nonsense == 'x'", [("", "lib")]),
        ("lib; implementation_name == 'pypy'", []),
    ],
)
def test_a_line_is_decided(line: str, expected: list[tuple[str, str]]) -> None:
    assert decided(line) == expected


@pytest.mark.parametrize(
    "line",
    [
        "lib @ https://evil.example/lib-1.0-py3-none-any.whl",
        "lib @ https://evil.example/a;b.whl ; python_version > '3'",
        "lib >= banana",
        "--index-url=https://evil.example",
        "-r /etc/passwd",
        "lib\x00",
        "",
    ],
)
def test_what_cannot_be_followed_is_kept_as_a_reason(line: str) -> None:
    metadata = Metadata("app", Version("1"), (line,), None, (), b"")
    [one] = dependencies(metadata, LINUX)
    assert isinstance(one.requires, str)


CLAUSES = st.sampled_from(
    [
        "sys_platform == 'linux'",
        "sys_platform != 'win32'",
        "platform_machine == 'arm64'",
        "python_version >= '3.11'",
        "python_version in '3.9 3.10'",
        "extra == 'a'",
        "extra == 'b'",
    ]
)


@given(
    st.lists(CLAUSES, min_size=1, max_size=4),
    st.lists(st.sampled_from(["and", "or"]), min_size=3, max_size=3),
    st.sampled_from(["", "a", "b"]),
    st.sampled_from([LINUX, World(Platform("windows", "x86_64"), Python(3, 9))]),
)
def test_leaving_extras_open_changes_no_verdict(
    clauses: list[str], joints: list[str], extra: str, world: World
) -> None:
    text = clauses[0] + "".join(
        f" {joint} {clause}" for joint, clause in zip(joints, clauses[1:], strict=False)
    )
    holds = Marker(text).evaluate({**environment(world.platform, world.python), "extra": extra})
    metadata = Metadata("app", Version("1"), (f"lib; {text}",), None, (), b"")
    found = {one.extra for one in dependencies(metadata, world) if isinstance(one.requires, Requires)}
    assert ("" in found or extra in found) == holds

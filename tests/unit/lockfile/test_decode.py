"""Reading locks, those of others and those of enemies too."""

from __future__ import annotations

import os

import pytest

from envplan.lockfile.check import check
from envplan.lockfile.decode import decode
from envplan.lockfile.encode import canonical, encode
from envplan.problems import EnvplanError
from tests.support.locks import every_machine

TEXT = encode(every_machine()).decode()


def test_what_was_written_is_read() -> None:
    assert decode(TEXT.encode()) == canonical(every_machine())


def test_line_ends_of_windows_are_no_edit() -> None:
    assert decode(TEXT.replace("\n", "\r\n").encode()) == canonical(every_machine())
    assert check(TEXT.replace("\n", "\r\n").encode()) == ()


HOSTILE = {
    "empty": b"",
    "a megabyte of letters": b"a" * 1_000_000,
    "a megabyte of noise": os.urandom(1_000_000),
    "NUL": TEXT.encode() + b"\0",
    "UTF-16": TEXT.encode("utf-16"),
    "far too large": b"#" * 20_000_000,
    "deep lists": b"packages = " + b"[" * 100_000 + b"]" * 100_000,
    "deep tables": b"packages = " + b"{a=" * 100_000,
    "deep keys": b"a" + b".a" * 250_000 + b" = 1",
    "a long number": b"packages = " + b"9" * 100_000,
    "keys twice": TEXT.encode() + b"why = 'again'\nwhy = 'again'\n",
    "tables twice": TEXT.encode() + b"[tool.envplan]\n",
    "another tool's": b'lock-version = "1.0"\ncreated-by = "pip"\npackages = []\n',
    "packages as text": b'lock-version = "1.0"\ncreated-by = "x"\npackages = "none"\n',
    "packages of numbers": b'lock-version = "1.0"\ncreated-by = "x"\npackages = [1, 2]\n',
    "tool as text": b'lock-version = "1.0"\ncreated-by = "x"\npackages = []\ntool = "x"\n',
    "half a file": TEXT.encode()[: len(TEXT) // 2],
    "a conflict": TEXT.replace('version = "1.26.4"', "<<<<<<< HEAD\n=======\n>>>>>>> x", 1).encode(),
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_bytes_are_problems_and_nothing_else(data: bytes) -> None:
    with pytest.raises(EnvplanError) as caught:
        decode(data)
    assert all(one.code == "EP104" and one.exit == 2 for one in caught.value.problems)
    assert check(data)


WRONG = [
    "7",
    "true",
    '"x"',
    "[]",
    "[1]",
    "{}",
    "{ a = 1 }",
    "1979-05-27",
    "[[[[]]]]",
    "1e400",
    "nan",
    '"\\u0000"',
]


@pytest.mark.parametrize("value", WRONG)
@pytest.mark.parametrize(
    "key",
    [
        "lock-version", "environments", "requires-python", "dependency-groups", "default-groups",
        "created-by",
        "name", "version", "marker", "index", "wheels", "tool", "schema", "spec", "default", "seal",
        "variant", "platform", "python", "native", "driver", "dependencies",
    ],
)  # fmt: skip
def test_a_value_of_another_kind_is_a_problem_at_its_place(key: str, value: str) -> None:
    lines = TEXT.split("\n")
    place = next(place for place, line in enumerate(lines) if line.startswith(f"{key} = "))
    end = place
    if lines[place].endswith("["):
        end = next(at for at in range(place, len(lines)) if lines[at] == "]")
    edited = "\n".join([*lines[:place], f"{key} = {value}", *lines[end + 1 :]]).encode()
    with pytest.raises(EnvplanError):
        decode(edited)
    assert check(edited)


def test_all_problems_are_told_at_once() -> None:
    edited = TEXT.replace("files.example/numpy", "evil\u00e9.example/numpy").replace(
        'version = "3.13.1"', 'version = "x"'
    )
    with pytest.raises(EnvplanError) as caught:
        decode(edited.encode())
    origins = " ".join(one.found[0].origin for one in caught.value.problems)
    assert "numpy" in origins
    assert "filelock" in origins


def test_an_edited_lock_can_still_give_its_pins_to_the_next_one() -> None:
    edited = TEXT.replace('version = "1.26.4"', 'version = "1.26.4"\n# mine', 1).replace(
        "size = 1000", "size = 1"
    )
    with pytest.raises(EnvplanError):
        decode(edited.encode())
    assert decode(edited.encode(), sealed=False).name == "train"

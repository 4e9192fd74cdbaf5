"""What a lock may not say: each edit is refused, and the entry named."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from envplan.lockfile.check import Expected, check
from envplan.lockfile.encode import encode
from envplan.machine.profile import decode as profile
from tests.support.locks import FILES, SIMPLE, SPEC, TORCH, every_machine, resealed

LOCK = encode(every_machine())
TEXT = LOCK.decode()
INDEXES = {SIMPLE: ["files.example"], TORCH: ["download-r2.pytorch.org"]}
EXPECTED = Expected(spec=SPEC, indexes=INDEXES)
FILELOCK = f'url = "{FILES}/filelock'
HASH = 'sha256 = "6a9e3fcb44b86f635c54011bbcb67b29186856328cf2df9ccba09353b4746c65"'


def test_a_lock_as_it_was_written_is_in_order() -> None:
    assert check(LOCK) == ()
    assert check(LOCK, expected=EXPECTED) == ()


def test_a_check_that_finds_nothing_never_imports_packaging() -> None:
    code = (
        "import sys; from envplan.lockfile.check import check, Expected;"
        "assert check(sys.stdin.buffer.read(), expected=Expected(spec='', document='')); "
        "assert not [name for name in sys.modules if name.startswith(('packaging', 'tomlkit'))]"
    )
    subprocess.run([sys.executable, "-c", code], input=LOCK, check=True, timeout=60)


@pytest.mark.parametrize(
    ("old", "new", "entry", "words"),
    [
        (f'{FILES}/filelock', "https://evil.example/filelock", "filelock 3.13.1", "host evil.example"),
        (f'{FILES}/filelock', "https://files.example.evil.example/filelock", "filelock", "foreign host"),
        (f'{FILES}/filelock', "https://files.example@evil.example/filelock", "filelock", "proper"),
        (f'{FILES}/filelock', "https://files.examp\u217ce/filelock", "filelock", "no proper address"),
        (f'{FILES}/filelock', "https://evil.example\\\\@files.example/filelock", "filelock", "proper"),
        (f'{FILES}/filelock', "http://files.example/filelock", "filelock", "without encryption"),
        (f'{FILES}/filelock', "file:///tmp/filelock", "filelock", "no proper address"),
        ('name = "filelock-3', 'name = "requests-3', "filelock", "another project"),
        ('name = "filelock-3.13.1-', 'name = "filelock-3.13.0-', "filelock", "another version"),
        (f"{FILES}/filelock-3.13.1-", f"{FILES}/filelock-3.13.0-", "filelock", "leads to another file"),
        ('version = "3.13.1"', 'version = "3.13.2"', "filelock 3.13.2", "another version"),
        (f"hashes = {{ {HASH} }}", "hashes = {}", "filelock", "no hash"),
        (f", hashes = {{ {HASH} }}", "", "filelock", "no hash"),
        (HASH, f'md5 = "{"a" * 32}"', "filelock", "no sha256"),
        (HASH, f'sha1 = "{"a" * 40}"', "filelock", "no sha256"),
        (HASH, 'sha256 = "6a9e3fcb"', "filelock", "no whole sha256"),
        (HASH, f'sha256 = "{"g" * 64}"', "filelock", "no whole sha256"),
        (HASH, f'sha256 = "{"a" * 64}"', "filelock", "changed since it was locked"),
        ('filelock-3.13.1-py3-none-any.whl", size = 1000', 'filelock-3.13.1-py3-none-any.whl", size = 999',
         "filelock", "its files"),
        ('py3-none-any.whl", size = 1000', 'py3-none-any.whl", size = -1', "colorama", "not a number"),
        ('py3-none-any.whl", size = 1000', 'py3-none-any.whl", size = "1000"', "colorama", "not a number"),
        ('py3-none-any.whl", size = 1000, ', 'py3-none-any.whl", ', "colorama", "its files"),
        ('name = "filelock"\nv', 'name = "FileLock"\nv', "FileLock 3.13.1", "one spelling"),
        ('name = "numpy"\nv', 'name = "num.py"\nv', "num.py 1.26.4", "one spelling"),
        ('name = "numpy"\nv', 'name = "num\u0440\u0443"\nv', "num", "only look like"),
        ('name = "numpy"\nv', 'name = "numpy\u200b"\nv', "numpy", "only look like"),
        ("marker = \"'dev' in dependency_groups\"\n", "", "pytest 8.0.0", "its marker"),
        ("marker = \"'dev' in dependency_groups\"", "marker = \"'cu121' in dependency_groups\"", "pytest",
         "its marker"),
        ("marker = \"'dev' in dependency_groups\"", "marker = \"'gpu' in dependency_groups\"", "pytest",
         "unknown group 'gpu'"),
        ("marker = \"'dev' in dependency_groups\"", 'marker = "not a marker"', "pytest", "Expected"),
        ('name = "filelock"\nversion', 'name = "filelock"\nevil = 1\nversion', "filelock", "unknown key"),
        ('{ name = "colorama" }', '{ name = "evil" }', "pytest", "not in the lock"),
        (f'index = "{SIMPLE}"', 'index = "https://evil.example/simple"', "colorama", "index"),
    ],
)  # fmt: skip
def test_an_edit_is_refused_and_the_entry_named(old: str, new: str, entry: str, words: str) -> None:
    assert old in TEXT
    problems = check(TEXT.replace(old, new, 1).encode(), expected=EXPECTED)
    assert problems
    said = [f"{one.title} {' '.join(why.text for why in one.why)} {one.found[0].origin}" for one in problems]
    assert any(words in text for text in said), said
    assert all(one.code == "EP104" for one in problems)
    assert any(entry in one.found[0].origin for one in problems), said


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('default-groups = ["cpu"]', 'default-groups = ["cu121"]'),
        ('default = "cpu"', 'default = "cu121"'),
        ('dependency-groups = ["cpu", ', 'dependency-groups = ['),
        ('lock-version = "1.0"', 'lock-version = "1.1"'),
        ("sys_platform == 'darwin' and", "sys_platform == 'linux' and"),
        ('driver = "525.60.13"', 'driver = "100"'),
        ('["files.example"]', '["evil.example"]'),
        ('requires-python = ">=3.11,<3.12"', 'requires-python = ">=3.9"'),
        ('catalog = "sha256:6', 'catalog = "sha256:7'),
    ],
)  # fmt: skip
def test_an_edit_outside_of_the_entries_is_refused_too(old: str, new: str) -> None:
    assert old in TEXT
    assert check(TEXT.replace(old, new, 1).encode())


def entry_of(document: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in document["packages"] if one["name"] == name)
    return found


def test_layout_is_no_edit() -> None:
    assert check(resealed(TEXT, lambda document: None), expected=EXPECTED) == ()


def to_evil_host(document: dict[str, Any]) -> None:
    wheel = entry_of(document, "filelock")["wheels"][0]
    wheel["url"] = wheel["url"].replace("files.example", "evil.example")
    document["tool"]["envplan"]["hosts"][SIMPLE].append("evil.example")


def to_other_index(document: dict[str, Any]) -> None:
    entry_of(document, "numpy")["index"] = "https://evil.example/simple"


def to_weak_hash(document: dict[str, Any]) -> None:
    entry_of(document, "numpy")["wheels"][0]["hashes"] = {"md5": "a" * 32}


def to_other_spelling(document: dict[str, Any]) -> None:
    document["packages"].append({**entry_of(document, "filelock"), "name": "File_Lock"})


def without_an_entry(document: dict[str, Any]) -> None:
    document["packages"].remove(entry_of(document, "filelock"))


@pytest.mark.parametrize(
    "edit", [to_evil_host, to_other_index, to_weak_hash, to_other_spelling, without_an_entry]
)
def test_new_seals_do_not_help_who_changes_what_an_entry_may_say(
    edit: Callable[[dict[str, Any]], None],
) -> None:
    assert check(resealed(TEXT, edit), expected=EXPECTED)


def test_an_entry_that_stands_twice_for_one_machine_is_named() -> None:
    piece = TEXT[TEXT.index('[[packages]]\nname = "numpy"') : TEXT.index('[[packages]]\nname = "nvidia')]
    problems = check(TEXT.replace(piece, piece * 2).encode())
    assert any("numpy stands twice" in one.title for one in problems)


def test_an_entry_that_was_removed_is_missed() -> None:
    piece = TEXT[TEXT.index('[[packages]]\nname = "numpy"') : TEXT.index('[[packages]]\nname = "nvidia')]
    assert [one.title for one in check(TEXT.replace(piece, "").encode())] == [
        "the lock was changed since it was written"
    ]


def test_a_changed_spec_is_an_answer_and_no_broken_lock() -> None:
    (problem,) = check(LOCK, expected=Expected(spec="sha256:" + "0" * 64))
    assert (problem.code, problem.exit) == ("EP226", 1)


def test_a_name_must_come_from_the_index_it_is_bound_to() -> None:
    bound = Expected(index_of=lambda name: [f"{TORCH}/cu121"] if name == "triton" else [SIMPLE])
    problems = check(LOCK, expected=bound)
    assert {one.title.split(" ")[0] for one in problems} == {"torch"}


GTX1080 = b"""schema = 1
name = "lab"
os = "linux"
arch = "x86_64"
libc = "glibc 2.35"
[nvidia]
driver = "535.129.03"
[[gpu]]
vendor = "nvidia"
name = "NVIDIA A100"
compute = "8.0"
"""


def test_a_machine_that_some_variant_fits_is_served() -> None:
    assert check(LOCK, expected=Expected(machines=(profile(GTX1080, "lab.toml"),))) == ()


def test_a_profile_that_no_variant_fits_any_more_is_named_with_every_reason() -> None:
    arm = profile(GTX1080.replace(b"x86_64", b"aarch64"), "lab.toml")
    (problem,) = check(LOCK, expected=Expected(machines=(arm,)))
    assert (problem.code, problem.exit) == ("EP227", 1)
    assert "lab" in problem.title
    assert "no variant is for linux-aarch64" in problem.why[0].text

"""Good archives that are bad wheels: about themselves, in their RECORD, or in where they would write."""

from __future__ import annotations

import hashlib

import pytest

from tests.functional.store.conftest import Shelf
from tests.support.hostile import Archive, Entry, record_line, wheel_entries

MODULE = "demo/__init__.py"
FILES = {MODULE: b"answer = 42\n"}
INFO = "demo-1.0.dist-info"
METADATA = b"Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n\n"


def about(text: str) -> list[Entry]:
    return wheel_entries(FILES, wheel=text.encode())


def says(metadata: str) -> list[Entry]:
    return wheel_entries(FILES, metadata=metadata.encode())


def holding(**files: str) -> list[Entry]:
    return wheel_entries({**FILES, **{path: text.encode() for path, text in files.items()}})


IDENTITIES: dict[str, tuple[list[Entry], str]] = {
    "no metadata at all": ([Entry(MODULE, b"")], "0 folders"),
    "two folders of metadata": (
        [*wheel_entries(FILES), Entry("other-1.dist-info/METADATA", b"")],
        "2 folders",
    ),
    "a second one in capitals": ([*wheel_entries(FILES), Entry("Demo-1.0.DIST-INFO/x", b"")], "2 folders"),
    "the folder of another project": (wheel_entries(FILES, name="other"), "demo 1.0"),
    "the folder of another version": (wheel_entries(FILES, version="2.0"), "demo 1.0"),
    "the folder of another build": (wheel_entries(FILES, version="1.0+cu121"), "demo 1.0"),
    "a folder without a version": (wheel_entries(FILES, info="demo.dist-info"), "demo 1.0"),
    "a folder in capitals": (wheel_entries(FILES, info="demo-1.0.DIST-INFO"), "demo 1.0"),
    "no METADATA": (wheel_entries(FILES, without=["METADATA"]), "missing"),
    "METADATA of another project": (says("Metadata-Version: 2.1\nName: other\nVersion: 1.0\n\n"), "other"),
    "METADATA of another version": (says("Metadata-Version: 2.1\nName: demo\nVersion: 1.1\n\n"), "1.1"),
    "METADATA of two projects": (
        says("Metadata-Version: 2.1\nName: demo\nname: other\nVersion: 1.0\n\n"),
        "two names",
    ),
    "METADATA of two versions": (
        says("Metadata-Version: 2.1\nName: demo\nVersion: 1.0\nVersion: 2.0\n\n"),
        "two names or versions",
    ),
    "a wheel of two versions": (
        about("Wheel-Version: 1.0\nWheel-Version: 2.0\nRoot-Is-Purelib: true\n"),
        "twice",
    ),
    "METADATA that is none": (says("<html>"), "web page"),
    "no WHEEL": (wheel_entries(FILES, without=["WHEEL"]), "missing"),
    "a wheel of the future": (about("Wheel-Version: 2.0\nRoot-Is-Purelib: true\n"), "version 2.0"),
    "a wheel of no version": (about("Root-Is-Purelib: true\n"), "no version"),
    "a wheel neither pure nor not": (about("Wheel-Version: 1.0\nRoot-Is-Purelib: maybe\n"), "maybe"),
    "no RECORD": (wheel_entries(FILES, without=["RECORD"]), "missing"),
}


def recorded(change: object) -> list[Entry]:
    return wheel_entries(FILES, record=change)  # type: ignore[arg-type]


def replaced(old: str, new: str) -> list[Entry]:
    return recorded(lambda lines: [line.replace(old, new) for line in lines])


RIGHT = record_line(MODULE, FILES[MODULE])
HASH = RIGHT.split(",")[1]
WRONG = record_line(MODULE, b"answer = 43\n").split(",")[1]

RECORDS: dict[str, tuple[list[Entry], str]] = {
    "a file that is not listed": ([*wheel_entries(FILES), Entry("demo/more.py", b"")], "does not list it"),
    "files that are not listed": (
        [*wheel_entries(FILES), *(Entry(f"demo/{n}.py", b"") for n in range(3))],
        "nor 2 others",
    ),
    "a file that is not there": (
        recorded(lambda lines: [*lines, RIGHT.replace("init", "gone")]),
        "does not have it",
    ),
    "a file outside": (recorded(lambda lines: [*lines, f"../../etc/passwd,{HASH},1\n"]), "does not have it"),
    "a file twice": (recorded(lambda lines: [RIGHT, *lines]), "twice"),
    "no hash": (replaced(HASH, ""), "no hash"),
    "a hash that is none": (replaced(HASH, "sha256"), "a hash that is none"),
    "an md5": (replaced(RIGHT, record_line(MODULE, FILES[MODULE], "md5")), "md5"),
    "a sha1": (replaced(RIGHT, record_line(MODULE, FILES[MODULE], "sha1")), "sha1"),
    "a sha224": (replaced(RIGHT, record_line(MODULE, FILES[MODULE], "sha224")), "sha224"),
    "half a sha256": (replaced(HASH, HASH[:30]), "another length"),
    "a sha256 that calls itself sha512": (replaced(HASH, HASH.replace("sha256", "sha512")), "another length"),
    "no size": (replaced(f",{len(FILES[MODULE])}\n", ",\n"), "says nothing"),
    "another size": (replaced(f",{len(FILES[MODULE])}\n", ",13\n"), "says 13 bytes"),
    "another hash": (replaced(HASH, WRONG), "is not the one RECORD has"),
    "a size with a sign": (replaced(f",{len(FILES[MODULE])}\n", ",+12\n"), "+12"),
    "two columns": (replaced(RIGHT, f"{MODULE},{HASH}\n"), "2 columns"),
    "four columns": (replaced(RIGHT, RIGHT.replace("\n", ",x\n")), "4 columns"),
    "not UTF-8": (
        [entry for entry in wheel_entries(FILES) if entry.name != f"{INFO}/RECORD"]
        + [Entry(f"{INFO}/RECORD", b"\xff\xfe,,\n")],
        "cannot be read",
    ),
    "METADATA not listed": (
        recorded(lambda lines: [x for x in lines if "METADATA" not in x]),
        "does not list it",
    ),
}

PLACES = {
    "a scheme nobody knows": "demo-1.0.data/kernel/evil.ko",
    "a file instead of a scheme": "demo-1.0.data/scripts",
    "a file beside the schemes": "demo-1.0.data/evil",
    "the data of another project": "other-1.0.data/scripts/evil",
    "the data of the same project in capitals": "Demo-1.0.data/scripts/evil",
    "python": "demo-1.0.data/scripts/python",
    "python in capitals": "demo-1.0.data/scripts/Python",
    "python of a version": "demo-1.0.data/scripts/python3.11",
    "python without threads' lock": "demo-1.0.data/scripts/python3.13t",
    "python of Windows": "demo-1.0.data/scripts/pythonw.exe",
    "python by another ending": "demo-1.0.data/scripts/python.bat",
    "the library of Python": "demo-1.0.data/scripts/python311.dll",
    "the paths of Python": "demo-1.0.data/scripts/python311._pth",
    "pypy": "demo-1.0.data/scripts/pypy3",
    "pip": "demo-1.0.data/scripts/pip",
    "pip of a version": "demo-1.0.data/scripts/pip3.11",
    "activate": "demo-1.0.data/scripts/activate",
    "activate of a shell": "demo-1.0.data/scripts/activate.fish",
    "deactivate": "demo-1.0.data/scripts/deactivate.bat",
    "the settings of the environment": "demo-1.0.data/data/pyvenv.cfg",
    "the settings of the environment in capitals": "demo-1.0.data/data/PyVenv.CFG",
    "the settings beside Python": "demo-1.0.data/scripts/pyvenv.cfg",
    "python as data": "demo-1.0.data/data/bin/python3",
    "python as data on Windows": "demo-1.0.data/data/Scripts/python.exe",
    "activate as data": "demo-1.0.data/data/bin/activate",
    "our own receipt": "demo-1.0.data/data/envplan.json",
    "our own folder": "demo-1.0.data/data/.envplan/x",
    "a folder of the environment": "demo-1.0.data/data/bin",
    "modules as data": "demo-1.0.data/data/lib/python3.11/site-packages/evil.pth",
    "modules as data on Windows": "demo-1.0.data/data/Lib/site-packages/evil.py",
    "modules as data beside lib": "demo-1.0.data/data/lib64/python3.11/site-packages/evil.py",
    "the metadata of another project": "demo-1.0.data/purelib/other-1.0.dist-info/METADATA",
    "the older metadata of another project": "other-1.0-py3.11.egg-info/PKG-INFO",
    "the older metadata of another project in a file": "demo-1.0.data/platlib/other.egg-info",
    "a link to another project": "Other.egg-link",
    "a file of the environment among the modules": "_virtualenv.pth",
}

COMMANDS: dict[str, tuple[str, str]] = {
    "up": ("../../evil = demo:main", "no plain name"),
    "absolute": ("/usr/bin/evil = demo:main", "no plain name"),
    "in a folder": ("sub/evil = demo:main", "no plain name"),
    "by a backslash": ("..\\evil = demo:main", "no plain name"),
    "a dot": (". = demo:main", "no plain name"),
    "hidden": (".evil = demo:main", "no plain name"),
    "an option": ("-evil = demo:main", "no plain name"),
    "with spaces": ("e vil = demo:main", "no plain name"),
    "with a quote": ("e'vil = demo:main", "no plain name"),
    "a device": ("nul = demo:main", "no plain name"),
    "python": ("python = demo:main", "program of the environment"),
    "python of a version": ("python3.11 = demo:main", "program of the environment"),
    "activate": ("activate = demo:main", "program of the environment"),
    "pip": ("pip = demo:main", "pip's name"),
    "no function": ("evil = demo", "no function"),
    "nothing": ("evil = ", "no function"),
    "code": ("evil = os:system('true')", "no function"),
    "more code": ("evil = demo:main;import os", "no function"),
    "a module that is none": ("evil = demo-1:main", "no function"),
    "two of a name": ("evil = demo:a\nEVIL = demo:b", "two commands"),
    "the same twice": ("evil = demo:a\nevil = demo:a", "cannot be read"),
    "no line of it": ("]broken[", "cannot be read"),
}


@pytest.mark.parametrize(("entries", "why"), IDENTITIES.values(), ids=IDENTITIES)
def test_a_wheel_that_is_not_what_its_name_says_is_refused(
    shelf: Shelf, entries: list[Entry], why: str
) -> None:
    problem = shelf.refused(entries)
    assert problem.code == "EP425"
    assert why in problem.why[0].text


@pytest.mark.parametrize(("entries", "why"), RECORDS.values(), ids=RECORDS)
def test_a_wheel_whose_record_lies_is_refused(shelf: Shelf, entries: list[Entry], why: str) -> None:
    problem = shelf.refused(entries)
    assert problem.code == "EP426"
    assert why in problem.why[0].text


@pytest.mark.parametrize("path", PLACES.values(), ids=PLACES)
def test_a_wheel_that_would_write_over_the_environment_is_refused(shelf: Shelf, path: str) -> None:
    problem = shelf.refused(holding(**{path: "evil"}))
    assert problem.code == "EP428"
    assert problem.found[0].text == path


@pytest.mark.parametrize(("line", "why"), COMMANDS.values(), ids=COMMANDS)
@pytest.mark.parametrize("group", ["console_scripts", "gui_scripts"])
def test_a_command_that_is_no_plain_name_for_a_function_is_refused(
    shelf: Shelf, line: str, why: str, group: str
) -> None:
    problem = shelf.refused(holding(**{f"{INFO}/entry_points.txt": f"[{group}]\n{line}\n"}))
    assert problem.code in ("EP428", "EP429")
    assert why in problem.why[0].text


def test_a_command_and_a_script_of_one_name_are_refused(shelf: Shelf) -> None:
    files = {
        f"{INFO}/entry_points.txt": "[console_scripts]\nrun = demo:main\n",
        "demo-1.0.data/scripts/RUN": "#!",
    }
    assert shelf.refused(holding(**files)).code == "EP422"


def test_only_pip_brings_pip(shelf: Shelf) -> None:
    files = {
        "pip/__init__.py": b"",
        "pip-26.0.dist-info/entry_points.txt": b"[console_scripts]\npip = pip:main\n",
    }
    tree = shelf.added(wheel_entries(files, name="pip", version="26.0"), project="pip", version="26.0")
    assert [point.name for point in tree.entry_points] == ["pip"]


def test_programs_that_only_sound_like_the_environments_own_are_taken(shelf: Shelf) -> None:
    names = ["python-argcomplete", "pip-compile", "activate-global-python-argcomplete", "pythonrc", "pipx"]
    lines = "".join(f"{name} = demo:main\n" for name in names)
    tree = shelf.added(holding(**{f"{INFO}/entry_points.txt": f"[console_scripts]\n{lines}"}))
    assert [point.name for point in tree.entry_points] == names


def test_the_reason_names_wheel_member_and_a_way_out(shelf: Shelf) -> None:
    problem = shelf.refused(holding(**{"../x\x1b[31m": "evil"}))
    assert problem.title == "demo-1.0-py3-none-any.whl has a file with a name that no file may have"
    assert problem.found[0].text == "../x\\x1b[31m"
    assert problem.cures == ("envplan lock --upgrade-package demo",)


@pytest.mark.parametrize("algorithm", ["sha256", "sha384", "sha512"])
def test_a_record_may_have_better_hashes(shelf: Shelf, algorithm: str) -> None:
    line = record_line(MODULE, FILES[MODULE], algorithm)
    tree = shelf.added(replaced(RIGHT, line))
    row = tree.files[0].paths.index(MODULE)
    assert tree.files[0].sha256[row] == hashlib.sha256(FILES[MODULE]).hexdigest()


@pytest.mark.parametrize("algorithm", ["sha384", "sha512"])
def test_better_hashes_are_checked_too(shelf: Shelf, algorithm: str) -> None:
    line = record_line(MODULE, b"answer = 43\n", algorithm)
    assert shelf.refused(replaced(RIGHT, line)).code == "EP426"


def test_hashes_in_hexadecimal_are_read(shelf: Shelf) -> None:
    digest = hashlib.sha256(FILES[MODULE]).hexdigest()
    assert shelf.added(replaced(HASH, f"sha256={digest}"))
    assert shelf.refused(replaced(HASH, f"sha256={'0' * 64}")).code == "EP426"


def test_signatures_of_the_record_need_no_line_in_it(shelf: Shelf) -> None:
    signed = [*wheel_entries(FILES), Entry(f"{INFO}/RECORD.jws", b"{}"), Entry(f"{INFO}/RECORD.p7s", b"x")]
    tree = shelf.added(Archive(signed))
    assert f"{INFO}/RECORD.jws" in tree.files[0].paths

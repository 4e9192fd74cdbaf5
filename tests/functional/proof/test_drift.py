"""Whatever happens to a file of an environment is found, named, and ascribed to whoever did it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envplan.environment.generations import Generation
from envplan.environment.listing import NAME, Listing, read_listing
from envplan.environment.proof.drift import drift
from envplan.environment.proof.prove import prove
from envplan.environment.proof.question import Question
from envplan.environment.proof.report import Report
from tests.support.generations import own
from tests.support.wheels import wheel

SITE = f"lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages"
INIT = f"{SITE}/numpy/__init__.py"
COMMAND = "bin/app"
LIBRARY = f"{SITE}/numpy.libs/libopenblas.so"


def looked(one: Generation, *, deep: bool = False) -> Report:
    return prove(Question(one.folder, one.receipt, ".venv", deep=deep, imports=False, smoke=False))


def kinds(report: Report) -> dict[str, str]:
    return {one.path: one.kind for one in report.drift.changes}


def told(report: Report) -> list[tuple[str, str]]:
    return [(one.code, one.title) for one in report.problems]


def test_an_environment_that_nobody_touched_is_whole(copied: Generation) -> None:
    for deep in (False, True):
        report = looked(copied, deep=deep)
        assert report.whole
        assert report.drift.changes == ()
        assert report.drift.files > 10


@pytest.mark.parametrize(
    ("path", "change", "kind"),
    [
        (INIT, lambda file: file.write_text("raise SystemExit  # of more bytes\n"), "changed"),
        (INIT, lambda file: file.write_text("__version__ = '1.26.5'\n"), "changed"),  # of the same size
        (INIT, lambda file: file.write_text(""), "emptied"),
        (LIBRARY, lambda file: os.truncate(file, 4096), "truncated"),
        (INIT, lambda file: file.unlink(), "missing"),
        (INIT, lambda file: (file.unlink(), file.symlink_to("/dev/null")), "replaced"),
        (INIT, lambda file: (file.unlink(), file.mkdir()), "replaced"),
    ],
)
def test_a_file_that_changed_is_named_with_its_package(
    copied: Generation, path: str, change: Callable[[Path], object], kind: str
) -> None:
    file = copied.folder / path
    file.chmod(0o644)
    change(file)
    report = looked(copied)
    assert kinds(report) == {path: kind}
    (problem,) = report.problems
    assert (problem.code, problem.exit, problem.cures) == ("EP610", 1, ("envplan apply",))
    assert "numpy 1.26.4" in problem.title
    assert problem.found[0].origin == path


def test_a_file_that_its_owner_may_not_read_is_named(copied: Generation) -> None:
    (copied.folder / INIT).chmod(0)
    report = looked(copied)
    assert kinds(report) == {INIT: "unreadable"}
    assert report.problems[0].found[0].origin == INIT


def test_a_command_that_cannot_be_run_any_more_is_named(copied: Generation) -> None:
    (copied.folder / COMMAND).chmod(0o644)
    report = looked(copied)
    assert kinds(report) == {COMMAND: "changed"}
    assert "-rw-r--r--, so that it cannot be run" in report.problems[0].found[0].text


def test_a_date_alone_is_no_change(copied: Generation) -> None:
    os.utime(copied.folder / INIT, ns=(1, 1))
    assert looked(copied).drift.changes == ()


def test_an_edit_that_kept_size_and_date_is_found_by_reading(copied: Generation) -> None:
    file = copied.folder / LIBRARY
    before = file.stat()
    data = bytearray(file.read_bytes())
    data[4711] ^= 1
    file.chmod(0o644)
    file.write_bytes(data)
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert looked(copied).drift.changes == ()
    assert kinds(looked(copied, deep=True)) == {LIBRARY: "changed"}


def test_a_package_that_is_gone_is_told_as_such(copied: Generation) -> None:
    for folder in ("numpy", "numpy.libs", "numpy-1.26.4.dist-info"):
        shutil.rmtree(copied.folder / SITE / folder)
    ((code, title),) = told(looked(copied))
    assert code == "EP610"
    assert title.startswith("numpy 1.26.4 is gone")


def test_a_folder_that_became_a_link_is_found(copied: Generation, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    shutil.move(copied.folder / SITE / "numpy", elsewhere)
    (copied.folder / SITE / "numpy").symlink_to(elsewhere)
    assert kinds(looked(copied)) == {f"{SITE}/numpy": "replaced"}


@pytest.mark.parametrize("path", ["pyvenv.cfg", "bin/activate"])
def test_the_environments_own_files_count(copied: Generation, path: str) -> None:
    (copied.folder / path).write_text("home = /elsewhere\n")
    assert [code for code, _ in told(looked(copied))] == ["EP612"]


def test_an_edited_command_is_its_packages(copied: Generation) -> None:
    (copied.folder / "bin/app").write_text("#!/bin/sh\necho other\n")
    ((code, title),) = told(looked(copied))
    assert code == "EP610"
    assert "app 2.0" in title


def test_bytecode_is_no_drift(copied: Generation) -> None:
    cache = copied.folder / SITE / "numpy/__pycache__"
    cache.mkdir()
    (cache / "__init__.cpython-311.pyc").write_bytes(b"x")
    (copied.folder / SITE / "__pycache__").mkdir(exist_ok=True)
    (copied.folder / SITE / "__pycache__/app.cpython-311.pyc").write_bytes(b"x")
    (copied.folder / SITE / "left/__pycache__").mkdir(parents=True)
    (copied.folder / SITE / "left/__pycache__/x.pyc").write_bytes(b"x")
    assert looked(copied).drift.changes == ()


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("evil.pth", "runs whenever Python starts"),
        ("sitecustomize.py", "runs whenever Python starts"),
        ("torch.py", "added"),
        ("numpy/core/extra.py", "added"),
        ("numpy/core/libcuda.so.1.so", "added"),
    ],
)
def test_code_that_nobody_brought_is_an_error(copied: Generation, path: str, words: str) -> None:
    (copied.folder / SITE / path).write_text("import os\n")
    (problem,) = looked(copied).problems
    assert (problem.code, problem.severity) == ("EP611", "error")
    assert (problem.found[0].text, problem.found[0].origin) == (words, f"{SITE}/{path}")


def test_a_command_that_nobody_brought_is_an_error(copied: Generation) -> None:
    (copied.folder / "bin/pip3.11").write_text("#!/bin/sh\n")
    assert [code for code, _ in told(looked(copied))] == ["EP611"]


def test_data_that_a_package_keeps_in_its_folder_is_a_warning(copied: Generation) -> None:
    (copied.folder / SITE / "numpy/cache.bin").write_bytes(b"x")
    report = looked(copied)
    assert report.whole
    assert [one.severity for one in report.problems] == ["warning"]


def pip_installs(folder: Path, wheels: Path, *names: str) -> None:
    command = [
        sys.executable,
        "-m",
        "pip",
        "--python",
        str(folder / "bin/python"),
        "install",
        "-q",
        "--no-deps",
    ]
    subprocess.run(
        [*command, "--no-index", "--disable-pip-version-check", "--find-links", str(wheels), *names],
        check=True, capture_output=True,
    )  # fmt: skip


def uv_installs(folder: Path, wheels: Path, *names: str) -> None:
    command = [str(Path(sys.executable).with_name("uv")), "pip", "install", "-q", "--no-deps", "--no-index"]
    subprocess.run(
        [*command, "--no-cache", "--python", str(folder / "bin/python"), "--find-links", str(wheels), *names],
        check=True, capture_output=True,
    )  # fmt: skip


@pytest.mark.parametrize(("tool", "install"), [("pip", pip_installs), ("uv", uv_installs)])
@pytest.mark.parametrize(
    ("name", "version", "title"),
    [
        ("requests", "2.32.0", "{tool} installed requests 2.32.0 into the environment"),
        ("numpy", "2.0.0", "{tool} put numpy 2.0.0 in the place of 1.26.4"),
    ],
)
def test_an_installer_is_named_with_what_it_installed(
    copied: Generation,
    tmp_path: Path,
    tool: str,
    install: Callable[..., None],
    name: str,
    version: str,
    title: str,
) -> None:
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    file, body = wheel(name, version, scripts={f"{name}-tool": f"{name}:main"})
    (wheels / file).write_bytes(body)
    install(copied.folder, wheels, f"{name}=={version}")
    report = looked(copied)
    assert told(report) == [("EP611", title.format(tool=tool))]
    assert [(one.tool, one.project, one.version) for one in report.drift.culprits] == [(tool, name, version)]
    cures = report.problems[0].cures
    assert cures[0] == "envplan apply"
    assert ("envplan add requests" in cures) == (name == "requests")


def test_what_is_linked_to_the_store_is_told_to_reach_further(copied: Generation) -> None:
    file = own(copied.folder / INIT)
    os.link(file, file.with_name("other-name-of-it"))
    file.with_name("other-name-of-it").rename(copied.folder.parent / "in-the-store")
    with file.open("a") as opened:
        opened.write("# edited\n")
    assert "the store holds the same file" in looked(copied).problems[0].found[0].text


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_folder_that_is_closed_cannot_be_looked_at(copied: Generation) -> None:
    (copied.folder / SITE / "numpy").chmod(0)
    assert [one.exit for one in looked(copied).problems] == [4]


def test_without_its_list_nothing_can_be_said(copied: Generation) -> None:
    (copied.folder / NAME).write_bytes(b"x")
    assert [one.code for one in looked(copied).problems] == ["EP612"]


def test_a_python_that_is_gone_is_named(copied: Generation) -> None:
    python = copied.folder / "bin/python"
    python.unlink()
    python.symlink_to("/nowhere/python3.11")
    report = looked(copied)
    assert told(report) == [("EP613", "the Python of the environment is gone")]
    assert any("/nowhere/python3.11" in one.text for one in report.problems[0].found)


def test_a_python_that_was_replaced_is_named(copied: Generation) -> None:
    python = copied.folder / "bin/python"
    python.unlink()
    python.write_text("#!/bin/sh\necho no\n")
    python.chmod(0o755)
    assert told(looked(copied)) == [("EP613", "the Python of the environment was replaced")]


CHANGES: dict[str, Callable[[bytes], bytes | None]] = {
    "emptied": lambda data: b"" if data else None,
    "truncated": lambda data: data[:-1] if len(data) > 1 else None,
    "grown": lambda data: data + b"\n",
    "flipped": lambda data: bytes([data[0] ^ 0xFF]) + data[1:] if data else None,
}


@pytest.fixture(scope="module")
def shared(made: Generation, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Listing]:
    folder = tmp_path_factory.mktemp("shared") / "1"
    shutil.copytree(made.folder, folder, symlinks=True)
    listing = read_listing(folder)
    assert listing
    return folder, listing


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_any_change_of_any_file_is_found_and_nothing_else(
    shared: tuple[Path, Listing], data: st.DataObject
) -> None:
    folder, listing = shared
    row = data.draw(st.integers(0, len(listing.paths) - 1))
    name = data.draw(st.sampled_from(sorted(CHANGES)))
    file = folder / listing.paths[row]
    before, status = file.read_bytes(), file.stat()
    changed = CHANGES[name](before)
    if changed is None:
        return
    file.chmod(0o755)
    try:
        file.write_bytes(changed)
        found = drift(folder, listing).changes
        assert [(one.path, one.owner) for one in found] == [(listing.paths[row], listing.owner(row))]
    finally:
        file.write_bytes(before)
        file.chmod(status.st_mode)
        os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert drift(folder, listing).changes == ()

"""Everything that was asked for can be imported, or it is said what cannot, why, and what helps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from envplan.environment.proof.report import Report
from tests.functional.proof.machines import proven, words
from tests.support.frameworks import plain
from tests.support.generations import Wheels, generation, own
from tests.support.wheels import wheel

CRASH = "import ctypes; ctypes.string_at(0)"


def imported(folder: Path, wheels: Wheels, **more: Any) -> Report:
    return proven(generation(folder, wheels), smoke=False, **more)


def states(report: Report) -> dict[str, str]:
    return {one.module: one.status for one in report.imports}


def test_what_can_be_imported_is_listed(tmp_path: Path) -> None:
    report = imported(tmp_path, [plain("one", "1.0"), plain("two", "2.0", "import one")])
    assert report.problems == ()
    assert states(report) == {"one": "passed", "two": "passed"}


def test_only_what_the_user_named_is_imported(tmp_path: Path) -> None:
    report = imported(tmp_path, [plain("one", "1.0"), plain("two", "2.0", CRASH)], named={"one"})
    assert states(report) == {"one": "passed"}


FAULTS = {
    "a module that is missing": (
        "import nowhere", "EP616",
        ["No module named 'nowhere'", "no package of the lock brings nowhere", "envplan add nowhere"],
    ),
    "a part of setuptools of before": ("import pkg_resources", "EP616", ['envplan add "setuptools<82"']),
    "a module that left Python": (
        "raise ImportError(\"No module named 'imp'\")", "EP616", ['python = "3.11"'],
    ),
    "an old NumPy's binary": (
        "raise ImportError('numpy.core.multiarray failed to import')",
        "EP616", ["built for NumPy 1", 'envplan add "numpy<2"'],
    ),
    "a library of the system": (
        "raise ImportError('libGL.so.1: cannot open shared object file: No such file or directory')",
        "EP616", ["libGL.so.1 is neither in the environment"],
    ),
    "a C library too old": (
        "raise ImportError(\"/lib/libc.so.6: version `GLIBC_2.38' not found (required by x)\")",
        "EP616", ["this one has no GLIBC_2.38"],
    ),
    "an extension for another torch": (
        "raise ImportError('fails.so: undefined symbol: _ZN3c105ErrorC2ENS_14SourceLocationESs')",
        "EP616", ["another torch"],
    ),
    "an error of many lines": ("raise RuntimeError('first\\nmiddle\\nlast')", "EP616", ["first … last"]),
    "an exit": ("raise SystemExit('bye')", "EP616", ["SystemExit: bye"]),
    "an interrupt": ("raise KeyboardInterrupt", "EP616", ["KeyboardInterrupt"]),
    "a syntax error": ("def", "EP616", ["SyntaxError"]),
    "a crash": (CRASH, "EP617", ["SIGSEGV", "Segmentation fault", "fails/__init__.py"]),
    "a silent exit": ("import os; os._exit(0)", "EP617", ["left with status 0"]),
}  # fmt: skip


@pytest.mark.parametrize(("code", "problem_code", "said"), FAULTS.values(), ids=FAULTS.keys())
def test_what_cannot_be_imported_is_told(
    tmp_path: Path, code: str, problem_code: str, said: list[str]
) -> None:
    wheels = [plain("after", "1.0"), plain("fails", "1.0", code), plain("zlast", "1.0")]
    report = imported(tmp_path, wheels, named={"after", "fails", "zlast"})
    assert states(report) == {"after": "passed", "fails": "failed", "zlast": "passed"}
    (problem,) = report.problems
    assert (problem.code, problem.exit) == (problem_code, 1)
    for word in ("fails", *said):
        assert word in words(problem)
    assert problem.cures


def test_two_that_cannot_stand_each_other_are_told(tmp_path: Path) -> None:
    crash_after = f"import sys\nif 'first' in sys.modules:\n    {CRASH}"
    report = imported(tmp_path, [plain("first", "1.0"), plain("second", "1.0", crash_after)])
    (problem,) = report.problems
    assert problem.code == "EP617"
    assert "imported before it: first; alone in a process it is imported" in words(problem)


def test_one_that_only_has_to_be_imported_first_is_no_failure(tmp_path: Path) -> None:
    """So it is with setuptools, after pip."""
    late = "import sys\nassert 'first' not in sys.modules, 'too late'"
    report = imported(tmp_path, [plain("first", "1.0"), plain("second", "1.0", late), plain("third", "1.0")])
    assert report.problems == ()
    assert states(report) == {"first": "passed", "second": "passed", "third": "passed"}
    assert report.imports[1].detail == "alone; after others it says AssertionError: too late"


def test_one_that_hangs_is_named_and_ended(tmp_path: Path) -> None:
    report = imported(
        tmp_path, [plain("hangs", "1.0", "import time; time.sleep(60)"), plain("never", "1.0")], deadline=2.0
    )
    assert states(report) == {"hangs": "failed", "never": "passed"}
    assert "still at it" in report.problems[0].title
    assert "--deadline 10" in report.problems[0].cures[0]


def test_a_lesser_module_may_need_what_is_not_installed(tmp_path: Path) -> None:
    files = {"black/__init__.py": "", "blackd/__init__.py": "import aiohttp_is_not_here\n"}
    report = imported(tmp_path, [wheel("black", "1.0", files=files)])
    assert report.problems == ()
    assert states(report) == {"black": "passed", "blackd": "not-run"}
    assert "aiohttp_is_not_here" in report.imports[1].detail


LESSER = {
    "an error of its own that speaks of it": (
        "try:\n    import aiohttp_is_not_here\n"
        "except ImportError as error:\n    raise ImportError(f'install me: {error}') from None\n",
        "blackd/__init__.py",
    ),
    "a folder of sources, which nobody built": (
        "from sources.src.lib.built import work\n", "sources/src/lib/__init__.py",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("code", "file"), LESSER.values(), ids=LESSER.keys())
def test_a_lesser_module_may_say_so_in_its_own_way(tmp_path: Path, code: str, file: str) -> None:
    files = {"black/__init__.py": "", file: code, "sources/src/lib/built.pyi": ""}
    report = imported(tmp_path, [wheel("black", "1.0", files=files)], named={"black"})
    assert report.problems == ()
    assert sorted(states(report).values()) == ["not-run", "passed"]


def test_a_lesser_module_fails_for_what_another_package_brings(tmp_path: Path) -> None:
    files = {"black/__init__.py": "", "blackd/__init__.py": "import aiohttp.web\n"}
    wheels = [wheel("black", "1.0", files=files), plain("aiohttp", "1.0")]
    made = generation(tmp_path, wheels)
    next(made.folder.rglob("aiohttp/__init__.py")).unlink()
    assert states(proven(made, smoke=False, named={"black"}))["blackd"] == "failed"


def test_what_nobody_named_may_need_what_is_not_installed(tmp_path: Path) -> None:
    """As stubs of types do, which a type checker reads and no program imports."""
    report = imported(tmp_path, [plain("one", "1.0"), plain("stubs", "1.0", "import nowhere")])
    assert report.problems == ()
    assert states(report) == {"one": "passed", "stubs": "not-run"}
    assert "needs nowhere" in report.imports[1].detail


def test_what_only_its_own_program_gives_is_no_failure(tmp_path: Path) -> None:
    wheels = [wheel("uwsgi", "1.0", files={"uwsgidecorators.py": "import uwsgi"})]
    assert states(imported(tmp_path, wheels, named={"uwsgi"})) == {"uwsgidecorators": "not-run"}


def test_a_package_that_crashes_again_and_again_ends_the_asking(tmp_path: Path) -> None:
    files = {f"part{number}.py": CRASH for number in range(12)}
    report = imported(tmp_path, [wheel("broken", "1.0", files=files)])
    assert not report.whole
    assert set(states(report).values()) == {"failed", "not-run"}


def test_a_python_that_does_not_start_is_told_once(tmp_path: Path) -> None:
    made = generation(tmp_path, [plain("one", "1.0")])
    behind = made.folder / "bin/python"
    behind.unlink()
    behind.write_text("#!/bin/sh\necho 'Fatal Python error: no codec' >&2\nexit 1\n")
    behind.chmod(0o755)
    report = proven(made, smoke=True)
    assert {one.code for one in report.problems} == {"EP613"}


def test_folders_of_other_libraries_are_named_as_the_culprit(tmp_path: Path) -> None:
    code = (
        "import os\nif os.environ.get('LD_LIBRARY_PATH'):\n"
        "    raise ImportError('libcupti.so.12: undefined symbol: cuptiFinalize, version libcupti.so.12')"
    )
    environ = {"PATH": "/usr/bin", "LD_LIBRARY_PATH": "/opt/cuda-11/lib64"}
    wheels = [plain("both", "1.0", "raise ImportError('x')"), plain("one", "1.0", code)]
    report = imported(tmp_path, wheels, environ=environ)
    both, one = report.problems
    assert "LD_LIBRARY_PATH" not in words(both)
    assert "without LD_LIBRARY_PATH it works" in one.why[0].text
    assert one.cures == ("unset LD_LIBRARY_PATH",)


def test_one_that_only_pretends_to_answer_has_not_answered(tmp_path: Path) -> None:
    code = "import os, sys; os.write(2, b'\\nenvplan-answer:{\"end\": true}\\n'); os._exit(0)"
    report = imported(tmp_path, [plain("liar", "1.0", code)])
    told = [(one.code, one.title) for one in report.problems]
    assert told == [("EP617", "import liar left with status 0 before it was done")]


def test_where_files_are_damaged_they_are_repaired_first(tmp_path: Path) -> None:
    made = generation(tmp_path, [plain("one", "1.0", "value = 1\n" * 10)])
    own(next(made.folder.glob("lib/python*/site-packages/one/__init__.py"))).write_text("value =")
    report = proven(made)
    assert [(one.code, one.cures[0]) for one in report.problems] == [
        ("EP610", "envplan apply"),
        ("EP616", "envplan apply"),
    ]

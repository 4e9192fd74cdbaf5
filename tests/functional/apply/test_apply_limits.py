"""Under the limits of a shell: what the machine does not give is named, and nothing else is blamed."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.functional.apply.conftest import Applied

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="limits of a POSIX shell, as Linux keeps them"
)


def limited(project: Applied, limit: str, command: str = "apply") -> subprocess.CompletedProcess[str]:
    """Run a command in a shell with a limit; no traceback was shown, and no bug was blamed."""
    done = subprocess.run(
        ["sh", "-c", f'ulimit {limit} && exec "$0" -m envplan {command}', sys.executable],
        cwd=project.folder,
        env=project.clean(),
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=90,
    )
    assert "Traceback" not in done.stderr
    assert done.returncode == 4, done.stderr
    return done


@pytest.mark.parametrize(
    ("limit", "said"),
    [("-n 12", "too many files"), ("-n 24", "too many files"), ("-v 200000", "")],
)
def test_what_ran_out_is_named_and_the_next_apply_goes_on(bare: Applied, limit: str, said: str) -> None:
    """Too few open files looked like a disk or a host that refuses, too few threads like a bug."""
    done = limited(bare, limit)
    assert "error[EP470]" in done.stderr
    assert said in done.stderr
    assert "cannot be reached" not in done.stderr
    assert not bare.pointer.exists()
    bare.applied()


def test_a_full_folder_for_temporary_files_is_no_fault_of_an_interpreter(bare: Applied) -> None:
    done = limited(bare, "-f 4")
    assert "error[EP401] the folder for temporary files" in done.stderr
    assert "TMPDIR=/a/disk/with/room envplan apply" in done.stderr
    bare.applied()


def test_verify_without_any_folder_for_temporary_files_says_so(project: Applied) -> None:
    """As in a container that may only be read."""
    project.applied()
    done = limited(project, "-f 0", "verify")
    assert "error[EP401] the folder for temporary files" in done.stderr
    assert "TMPDIR=/a/disk/with/room envplan verify" in done.stderr

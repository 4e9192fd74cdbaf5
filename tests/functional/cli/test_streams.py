"""Where answers go when stdout and stderr are not what they mostly are."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ENVPLAN = f"{sys.executable} -m envplan"

posix = pytest.mark.skipif(sys.platform == "win32", reason="a POSIX shell closes the streams")


def shell(line: str, folder: Path, **environ: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        ["sh", "-c", line], cwd=folder, capture_output=True, check=False, env={**os.environ, **environ}
    )


@posix
@pytest.mark.parametrize("options", ["", " --json"])
@pytest.mark.parametrize("stdout", [">&-", ">/dev/full"])
def test_an_answer_that_nobody_can_hear_is_no_success(tmp_path: Path, stdout: str, options: str) -> None:
    if "full" in stdout and not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    done = shell(f"{ENVPLAN} explain EP203{options} {stdout}", tmp_path)
    assert done.returncode == 4
    assert done.stderr.startswith(b"error[EP401] the answer cannot be written")
    assert b"Traceback" not in done.stderr
    assert b"Exception" not in done.stderr


@posix
@pytest.mark.parametrize("stderr", ["2>&-", "2>/dev/full"])
def test_without_stderr_the_exit_code_still_tells(tmp_path: Path, stderr: str) -> None:
    assert shell(f"{ENVPLAN} plan --for no-such-machine {stderr}", tmp_path).returncode == 2
    assert shell(f"{ENVPLAN} explain EP203 {stderr}", tmp_path).returncode == 0
    assert shell(f"{ENVPLAN} explain EP203 >/dev/full {stderr}", tmp_path).returncode == 4


@posix
def test_modules_on_pythonpath_take_nobody_s_place(tmp_path: Path) -> None:
    """Clusters set it for other programs, and other Pythons."""
    for name in ("packaging", "urllib3", "virtualenv", "argparse"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('taken')\n")
    script = Path(sys.executable).with_name("envplan")
    for path in (str(tmp_path), ":.:/nowhere"):
        done = shell(
            f"{script} probe --save here.toml && {script} plan --for here.toml", tmp_path, PYTHONPATH=path
        )
        assert b"taken" not in done.stdout + done.stderr


@posix
@pytest.mark.parametrize("coding", ["ascii", "latin-1", "utf-8:surrogateescape"])
def test_json_is_json_in_every_encoding(tmp_path: Path, coding: str) -> None:
    done = shell(
        f"{ENVPLAN} plan --json --spec \"$(printf 'a\\360\\237\\230\\200\\377.toml')\"",
        tmp_path,
        PYTHONIOENCODING=coding,
    )
    assert json.loads(done.stdout.decode("utf-8"))["exit"] == 2


@posix
def test_the_name_of_a_file_gives_the_terminal_no_orders(tmp_path: Path) -> None:
    done = shell(
        f"{ENVPLAN} init torch --output \"$(printf '\\033[31mred.toml')\"; "
        f"{ENVPLAN} plan --for \"$(printf '\\033[31mred.toml')\"",
        tmp_path,
    )
    assert b"\x1b" not in done.stdout + done.stderr
    assert b"\\x1b[31mred.toml" in done.stdout
    assert b"\\x1b[31mred.toml" in done.stderr


@posix
@pytest.mark.parametrize(
    "command",
    [
        *("plan", "init torch", "add numpy", "remove numpy", "probe --save x.toml", "lock", "why numpy"),
        *("apply", "verify", "rollback", "gc", "run -- true", "bundle"),
    ],
)
def test_a_folder_that_is_gone_is_a_problem(tmp_path: Path, command: str) -> None:
    (tmp_path / "gone").mkdir()
    done = shell(f"cd gone && rmdir ../gone && {ENVPLAN} --json {command}", tmp_path)
    document = json.loads(done.stdout)
    assert document["exit"] == done.returncode
    assert document["exit"] in (2, 4)


@posix
def test_what_an_absolute_path_names_is_not_done_from_a_folder_that_is_gone(tmp_path: Path) -> None:
    """It would be done, and then be told as a failure."""
    (tmp_path / "gone").mkdir()
    spec = tmp_path / "envplan.toml"
    spec.write_text('[packages]\nsix = "*"\n')
    done = shell(f"cd gone && rmdir ../gone && {ENVPLAN} add --spec {spec} numpy", tmp_path)
    assert done.returncode == 2
    assert b"the folder that this shell stands in is gone" in done.stderr
    assert "numpy" not in spec.read_text()

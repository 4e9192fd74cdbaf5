"""`envplan init`, `add` and `remove`, as a user runs them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest


def envplan(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    code = "import sys; from envplan.cli.main import main; sys.exit(main())"
    return subprocess.run(
        [sys.executable, "-c", code, *words],
        cwd=folder,
        text=True,
        capture_output=True,
        timeout=60,
        check=False,
    )


def answer(folder: Path, *words: str) -> dict[str, Any]:
    ran = envplan(folder, *words, "--json")
    assert not ran.stderr
    document: dict[str, Any] = json.loads(ran.stdout)
    assert document["exit"] == ran.returncode
    return document


def test_words_become_a_file_that_is_shown(tmp_path: Path) -> None:
    ran = envplan(
        tmp_path, "init", "torch 2.2 on gpu", "transformers>=4.40", "--python", "3.11", "--name", "train"
    )
    text = (tmp_path / "envplan.toml").read_text()
    assert (ran.returncode, ran.stderr) == (0, "")
    assert text in ran.stdout
    for line in (
        'name = "train"',
        'python = "3.11"',
        'accelerator = "gpu"',
        'torch = "2.2"',
        'transformers = ">=4.40"',
    ):
        assert line in text


def test_the_json_of_init_holds_the_spec(tmp_path: Path) -> None:
    document = answer(tmp_path, "init", "torch 2.2 on gpu", "jax[cuda12]", "--output", "sub.toml")
    assert (document["command"], document["outcome"], document["problems"]) == ("init", "written", [])
    assert document["data"]["file"] == "sub.toml"
    spec = document["data"]["spec"]
    assert spec["accelerator"] == "gpu"
    assert [(one["name"], one["version"], one["extras"]) for one in spec["packages"]] == [
        ("torch", "2.2", []),
        ("jax", "*", ["cuda12"]),
    ]


def test_without_words_there_is_a_start_to_fill_in(tmp_path: Path) -> None:
    assert envplan(tmp_path, "init").returncode == 0
    assert answer(tmp_path, "add", "torch 2.2")["data"]["changes"] == ['added torch = "2.2"']


def test_a_spec_is_never_overwritten_unasked(tmp_path: Path) -> None:
    (tmp_path / "envplan.toml").write_text("mine")
    document = answer(tmp_path, "init", "torch")
    assert (document["exit"], document["problems"][0]["code"]) == (2, "EP107")
    assert (tmp_path / "envplan.toml").read_text() == "mine"
    assert answer(tmp_path, "init", "torch", "--force")["exit"] == 0


@pytest.mark.parametrize("output", ["pyproject.toml", "requirements.txt", "spec"])
def test_a_spec_is_written_only_where_it_can_be_read(tmp_path: Path, output: str) -> None:
    document = answer(tmp_path, "init", "torch", "--force", "--output", output)
    assert document["problems"][0]["code"] == "EP107"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "words",
    [
        ["init", "torch on toaster"],
        ["init", "torch", "--python", ">=3.10"],
        ["init", "torch", "--accelerator", "nvidia"],
        ["init", "torch", "--name", "a/b"],
        ["init", "--", "-r/etc/passwd"],
        ["add", "python 3.11"],
        ["add", "on gpu"],
    ],
)
def test_what_is_not_understood_writes_nothing(tmp_path: Path, words: list[str]) -> None:
    ran = envplan(tmp_path, *words)
    assert ran.returncode == 2
    assert ran.stderr.startswith("error[EP106]")
    assert ran.stdout == ""
    assert list(tmp_path.iterdir()) == []


def test_adding_and_removing_keeps_the_file(tmp_path: Path) -> None:
    envplan(tmp_path, "init", "torch 2.2 on gpu")
    file = tmp_path / "envplan.toml"
    before = file.read_bytes()
    assert answer(tmp_path, "add", "numpy<2", "tensorflow 2.16 on cpu")["data"]["changes"] == [
        'added numpy = "<2"',
        'added tensorflow = { version = "2.16", accelerator = "cpu" }',
    ]
    assert answer(tmp_path, "remove", "NumPy", "tensorflow")["outcome"] == "edited"
    assert file.read_bytes() == before


def test_a_pyproject_is_edited_where_the_spec_stands(tmp_path: Path) -> None:
    file = tmp_path / "pyproject.toml"
    file.write_text('[project]\ndependencies = ["torch"]\n[tool.envplan.env]\naccelerator = "gpu"\n')
    document = answer(tmp_path, "add", "torch 2.2")
    assert file.read_text().endswith('\n[tool.envplan.packages]\ntorch = "2.2"\n')
    assert [one["version"] for one in document["data"]["spec"]["packages"]] == ["2.2"]


def test_a_result_that_would_not_read_is_not_written(tmp_path: Path) -> None:
    file = tmp_path / "envplan.toml"
    file.write_text("[packages]\ntorch = '^2'\n")
    assert answer(tmp_path, "add", "numpy")["problems"][0]["code"] == "EP101"
    assert file.read_text() == "[packages]\ntorch = '^2'\n"
    assert answer(tmp_path, "remove", "torch")["exit"] == 0


@pytest.mark.parametrize("data", [b"[packages", b"\xff\xfea", b"\0", b"[packages]\nx = 0x" + b"f" * 6000])
def test_a_broken_spec_is_a_problem_for_add_too(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "envplan.toml").write_bytes(data)
    assert answer(tmp_path, "add", "numpy")["problems"][0]["code"] == "EP101"
    assert (tmp_path / "envplan.toml").read_bytes() == data


def test_the_mark_and_line_ends_of_windows_editors_stay(tmp_path: Path) -> None:
    file = tmp_path / "envplan.toml"
    file.write_bytes(b"\xef\xbb\xbf[packages]\r\ntorch = '2'\r\n")
    assert answer(tmp_path, "add", "numpy")["exit"] == 0
    assert file.read_bytes() == b"\xef\xbb\xbf[packages]\r\ntorch = '2'\r\nnumpy = \"*\"\r\n"


def test_a_link_stays_a_link_and_the_mode_stays(tmp_path: Path) -> None:
    real = tmp_path / "real.toml"
    real.write_text("[packages]\n")
    real.chmod(0o640)
    (tmp_path / "envplan.toml").symlink_to(real)
    assert answer(tmp_path, "add", "numpy")["exit"] == 0
    assert (tmp_path / "envplan.toml").is_symlink()
    assert 'numpy = "*"' in real.read_text()
    assert real.stat().st_mode & 0o777 == 0o640
    assert sorted(path.name for path in tmp_path.iterdir()) == ["envplan.toml", "real.toml"]


def test_a_new_spec_has_the_mode_of_any_new_file(tmp_path: Path) -> None:
    assert answer(tmp_path, "init", "torch")["exit"] == 0
    umask = os.umask(0)
    os.umask(umask)
    assert (tmp_path / "envplan.toml").stat().st_mode & 0o777 == 0o666 & ~umask


def test_a_folder_that_is_missing_is_a_matter_of_this_machine(tmp_path: Path) -> None:
    document = answer(tmp_path, "init", "torch", "--output", "none/envplan.toml")
    assert (document["exit"], document["problems"][0]["code"]) == (4, "EP401")
    assert document["problems"][0]["try"] == ["mkdir -p none"]


@pytest.mark.parametrize("command", ["add", "remove"])
def test_without_a_spec_there_is_nothing_to_edit(tmp_path: Path, command: str) -> None:
    assert answer(tmp_path, command, "numpy")["problems"][0]["code"] == "EP105"


def test_the_lists_of_other_tools_are_not_edited(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("torch\n")
    document = answer(tmp_path, "add", "numpy", "--spec", "requirements.txt")
    assert document["problems"][0]["code"] == "EP108"
    assert (tmp_path / "requirements.txt").read_text() == "torch\n"

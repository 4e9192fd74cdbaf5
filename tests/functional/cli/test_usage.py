"""The ways in which people type a command."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest


def envplan(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "envplan", *words], cwd=cwd, capture_output=True, text=True, check=False
    )


def test_json_may_stand_before_the_command(tmp_path: Path) -> None:
    before, after = (
        envplan(*words, cwd=tmp_path)
        for words in (["--json", "explain", "EP203"], ["explain", "EP203", "--json"])
    )
    assert before.stdout == after.stdout
    assert json.loads(before.stdout)["outcome"] == "explained"


def test_no_command_at_all_is_answered_too(tmp_path: Path) -> None:
    assert "envplan plan" in envplan(cwd=tmp_path).stdout
    assert "plan" in json.loads(envplan("--json", cwd=tmp_path).stdout)["data"]["commands"]


@pytest.mark.parametrize(
    ("words", "cure"),
    [
        (["plan", "--wy"], "envplan plan --why"),
        (["plan", "--fro=x"], "envplan plan --for"),
        (["probe", "--sav", "x"], "envplan probe --save"),
        (["add", "numpy", "--goup", "dev"], "envplan add --group"),
        (["plan", "more"], "envplan plan --help"),
    ],
)
def test_a_mistyped_option_names_the_one_that_was_meant(tmp_path: Path, words: list[str], cure: str) -> None:
    done = envplan(*words, "--json", cwd=tmp_path)
    (problem,) = json.loads(done.stdout)["problems"]
    assert (done.returncode, problem["code"]) == (2, "EP100")
    assert problem["try"][0] == cure


def test_a_package_called_like_an_option_asks_for_no_json(tmp_path: Path) -> None:
    done = envplan("init", "--", "--json", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("error[EP106]")


@pytest.mark.parametrize("kind", ["a pipe", "a link to itself", "a device"])
def test_only_files_are_overwritten(tmp_path: Path, kind: str) -> None:
    """Seen with a renamed file over /dev/null: the whole computer suffers from that."""
    target = tmp_path / "target.toml"
    if kind == "a pipe":
        os.mkfifo(target)
    elif kind == "a link to itself":
        target.symlink_to(target.name)
    else:
        target.symlink_to("/dev/null")
    for words in (["init", "torch", "--output"], ["probe", "--for", "apple-m2", "--save"]):
        for force in ([], ["--force"]):
            done = envplan(*words, "target.toml", *force, "--json", cwd=tmp_path)
            document = json.loads(done.stdout)
            assert document["problems"][0]["code"] in ("EP107", "EP401", "EP521", "EP522")
            assert not any("--force" in cure for cure in document["problems"][0]["try"])
    assert [path.name for path in tmp_path.iterdir()] == ["target.toml"]
    assert Path("/dev/null").is_char_device()


@pytest.mark.parametrize(
    "words", [["plan", "--for"], ["probe", "--for"], ["plan", "--spec"], ["add", "x", "--spec"]]
)
def test_a_pipe_is_not_waited_for(tmp_path: Path, words: list[str]) -> None:
    os.mkfifo(tmp_path / "pipe.toml")
    line = [sys.executable, "-m", "envplan", *words, "pipe.toml"]
    done = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=20)
    assert done.returncode == 2
    assert "a device or a pipe, not a file" in done.stderr


@pytest.mark.parametrize("name", ["a b.toml", "$(touch pwned).toml", "'\".toml"])
def test_cures_for_files_with_odd_names_can_be_typed(tmp_path: Path, name: str) -> None:
    envplan("probe", "--for", "apple-m2", "--save", name, cwd=tmp_path)
    refused = envplan("probe", "--for", "apple-m2", "--save", name, "--json", cwd=tmp_path)
    (cure,) = json.loads(refused.stdout)["problems"][0]["try"]
    typed = cure.replace("envplan", f"{sys.executable} -m envplan", 1)
    done = subprocess.run(["sh", "-c", typed], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_edits_at_the_same_time_all_count(tmp_path: Path) -> None:
    (tmp_path / "envplan.toml").write_text('[packages]\ntorch = "2.2"\n', encoding="utf-8")
    names = [f"package{number}" for number in range(6)]
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "envplan", "add", name], cwd=tmp_path, stdout=subprocess.DEVNULL
        )
        for name in names
    ]
    assert [process.wait() for process in running] == [0] * len(names)
    text = (tmp_path / "envplan.toml").read_text(encoding="utf-8")
    assert all(f'{name} = "*"' in text for name in names)
    assert [path.name for path in tmp_path.iterdir()] == ["envplan.toml"]


def test_the_recipe_for_a_version_that_is_not_known_works_as_typed(tmp_path: Path) -> None:
    """`envplan explain EP210`, copied into catalog.d: a torch, a CUDA and a GPU that nobody has heard of."""
    (tmp_path / "catalog.d").mkdir()
    told = envplan("explain", "EP210", cwd=tmp_path).stdout
    recipe = "".join(f"{line}\n" for line in told.splitlines() if line.startswith("    "))
    (tmp_path / "catalog.d" / "torch-3.0.toml").write_text(recipe, encoding="utf-8")
    (tmp_path / "envplan.toml").write_text(
        '[env]\npython = "3.13"\naccelerator = "gpu"\n[packages]\ntorch = "3.0"\n', encoding="utf-8"
    )
    (tmp_path / "new.toml").write_text(
        'schema = 1\nname = "new"\nos = "linux"\narch = "x86_64"\nlibc = "glibc 2.39"\n'
        '[nvidia]\ndriver = "650.10"\n[[gpu]]\nvendor = "nvidia"\nname = "NVIDIA GeForce RTX 6090"\n',
        encoding="utf-8",
    )
    done = envplan("plan", "--for", "new.toml", "--json", cwd=tmp_path)
    (machine,) = json.loads(done.stdout)["data"]["machines"]
    assert (machine["variant"], machine["packages"]["torch"]["version"]) == ("cu140", "3.0.0+cu140")

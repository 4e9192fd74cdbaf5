"""`envplan probe` from the outside: words, JSON, exit codes, saved files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from envplan.documents.shipped import shipped
from envplan.lockfile.model import Lock
from envplan.machine.profile import read_profile
from tests.support.drivers import Libraries, found_by
from tests.support.locks import CATALOG, SPEC, TORCH, built, offer
from tests.support.looking import answer, write_lock

# What the computer that runs the tests has of its own must not show.
_OWN = ("CUDA_VISIBLE_DEVICES", "LD_LIBRARY_PATH", "ENVPLAN_PROFILE", "ENVPLAN_PROBE_SECONDS")

_COMMAND = "import sys; from envplan.cli.main import main; sys.exit(main())"


def probe(*arguments: object, **environ: str) -> subprocess.CompletedProcess[str]:
    own = {name: value for name, value in os.environ.items() if name not in _OWN}
    return subprocess.run(
        [sys.executable, "-c", _COMMAND, "probe", *map(str, arguments)],
        env={**own, **environ},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def data(result: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(result.stdout)
    assert answer["exit"] == result.returncode
    schema = json.loads((shipped("schemas") / "output.schema.json").read_text())
    Draft202012Validator(schema).validate(answer)
    return answer


def test_a_driver_on_the_library_path_is_probed_and_saved_and_read_again(
    tmp_path: Path, libraries: Libraries
) -> None:
    file = tmp_path / "lab.toml"
    result = probe("--json", "--save", file, **found_by(tmp_path / "driver", libraries))
    told = data(result)
    assert told["outcome"] == "saved"
    assert told["data"]["machine"]["nvidia"] == {"driver": "535.129.03", "cuda": "12.2"}
    nvml = next(rung for rung in told["data"]["rungs"] if rung["rung"] == "NVML")
    assert nvml["result"] == "found"
    machine = read_profile(file)
    assert machine.name == "lab"
    assert [str(gpu) for gpu in machine.of("nvidia")] == ["NVIDIA GeForce RTX 3090 (sm_86)"]
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".lab")] == []


@pytest.mark.skipif(
    Path("/proc/driver/nvidia/version").exists(), reason="this computer has an NVIDIA driver that answers"
)
def test_an_unreadable_gpu_ends_with_4_and_is_not_saved(tmp_path: Path, libraries: Libraries) -> None:
    environ = {**found_by(tmp_path / "driver", libraries), "STUB_NVML_INIT": "999"}
    shown = probe("--json", **environ)
    assert shown.returncode == 4
    told = data(shown)
    assert told["outcome"] == "unreadable"
    assert told["problems"][0]["code"] == "EP507"
    saved = probe("--save", tmp_path / "lab.toml", **environ)
    assert saved.returncode == 4
    assert "EP523" in saved.stderr
    assert not (tmp_path / "lab.toml").exists()


def test_warnings_do_not_fail(tmp_path: Path, libraries: Libraries) -> None:
    result = probe("--json", CUDA_VISIBLE_DEVICES="", **found_by(tmp_path / "driver", libraries))
    assert result.returncode == 0
    assert "EP510" in [problem["code"] for problem in data(result)["problems"]]
    assert [gpu["name"] for gpu in data(result)["data"]["hidden"]] == ["NVIDIA GeForce RTX 3090"]


@pytest.mark.parametrize("command", ["apply", "bundle"])
def test_a_refusal_names_the_gpus_that_a_variable_hides(
    tmp_path: Path, libraries: Libraries, command: str
) -> None:
    need = offer("cu121", "linux-x86_64")
    torch = built("torch", "2.2.2+cu121", f"{TORCH}/cu121", "https://download.pytorch.org", need.targets)
    write_lock(Lock("train", (torch,), (need,), need.variant, SPEC, CATALOG), tmp_path)
    environ = {"CUDA_VISIBLE_DEVICES": "", **found_by(tmp_path / "driver", libraries)}
    document = answer(command, cwd=tmp_path, environ=environ)
    assert document["exit"] == 1
    assert [one["code"] for one in document["problems"]] == ["EP227", "EP510"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["driver", "pylock.toml"]


def test_driver_toolkit_and_wheels_are_shown_apart() -> None:
    words = probe("--for", "lab-gtx1080").stdout
    assert "NVIDIA driver" in words
    assert "sm_61" in words
    shown = probe().stdout
    for heading in ("NVIDIA driver", "CUDA toolkits on this system", "CUDA inside wheels"):
        assert heading in shown


def test_saving_does_not_overwrite_without_force(tmp_path: Path) -> None:
    file = tmp_path / "lab.toml"
    file.write_text("mine")
    refused = probe("--for", "apple-m2", "--save", file)
    assert refused.returncode == 4
    assert "EP521" in refused.stderr
    assert "--force" in refused.stderr
    assert file.read_text() == "mine"
    assert probe("--for", "apple-m2", "--save", file, "--force").returncode == 0
    assert read_profile(file).name == "apple-m2"


@pytest.mark.parametrize("target", ["missing/lab.toml", "folder"])
def test_a_file_that_cannot_be_written_is_a_problem(tmp_path: Path, target: str) -> None:
    (tmp_path / "folder").mkdir()
    result = probe("--for", "apple-m2", "--save", tmp_path / target, "--force")
    assert result.returncode == 4
    assert "EP522" in result.stderr
    assert "Traceback" not in result.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder"]


def test_the_shipped_profiles_are_listed() -> None:
    assert "datacenter-h200" in data(probe("--list", "--json"))["data"]["profiles"]


def test_pretending_is_shown_as_what_it_is() -> None:
    answer = data(probe("--json", ENVPLAN_PROFILE="datacenter-a100"))
    assert answer["data"]["machine"]["name"] == "datacenter-a100"
    assert answer["data"]["origin"] == "profiles/datacenter-a100.toml"


def test_a_profile_that_is_not_there_names_the_nearest() -> None:
    result = probe("--for", "lab-gtx180")
    assert result.returncode == 2
    assert "lab-gtx1080" in result.stderr

"""Bundles, and machines without a network."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from tests.functional.apply.conftest import CUDA, TORCH, Applied, Locked
from tests.functional.lock.conftest import beside, code_of


@pytest.fixture
def bundle(bare: Applied, locked: Locked) -> Path:
    done = bare.envplan("bundle", "--group", "dev")
    assert done.returncode == 0, done.stderr
    return bare.folder / "train-cpu.zip"


@pytest.fixture
def far(tmp_path: Path, bare: Applied, locked: Locked, bundle: Path) -> Applied:
    """An empty folder on a computer that has nothing and reaches nobody."""
    made = Applied(tmp_path / "far", tmp_path / "far-computer", dict(bare.environ))
    made.folder.mkdir()
    (made.computer / "home").mkdir(parents=True)
    (made.computer / "config.toml").write_text("")
    bundle.rename(made.folder / bundle.name)
    locked.web.forget()
    return made


def test_a_bundle_is_all_that_a_far_machine_needs(far: Applied, locked: Locked) -> None:
    answer = far.applied("--offline", "--bundle", "train-cpu.zip", "--group", "dev")
    assert answer["outcome"] == "applied"
    assert far.python("import torch, requests, six; print(torch.__version__)") == f"{TORCH}+cpu"
    assert locked.web.log == []


def test_what_comes_out_of_a_bundle_is_not_called_a_download(far: Applied) -> None:
    words = ("--offline", "--bundle", "train-cpu.zip")
    foreseen, done = far.apply(*words, "--dry-run").stdout, far.apply(*words)
    assert done.returncode == 0
    assert "taking from the bundle" in done.stderr
    assert "fetching" not in done.stderr
    for text in (foreseen, done.stdout):
        sums = dict(
            line.split(maxsplit=1) for line in text.splitlines() if line.startswith("  ") and line.strip()
        )
        assert sums["download"] == "nothing"
        assert sums["bundle"].endswith("kB")


def test_a_lock_that_is_there_comes_before_that_of_the_bundle(far: Applied, bare: Applied) -> None:
    text = bare.file.read_text(encoding="utf-8")
    (far.folder / "pylock.toml").write_text(text.replace("certifi", "certify", 1), encoding="utf-8")
    done = far.apply("--offline", "--bundle", "train-cpu.zip")
    assert code_of(done) == "EP104"


def test_what_a_bundle_lacks_is_named(far: Applied, bare: Applied) -> None:
    (far.folder / "pylock.toml").write_bytes(bare.file.read_bytes())
    done = far.apply("--offline", "--bundle", "train-cpu.zip", "--variant", CUDA)
    assert code_of(done) == "EP481"
    assert f"nvidia_cublas_{CUDA[:4]}" in done.stderr
    assert f"envplan bundle --variant {CUDA} " in done.stderr
    assert "bytes" in done.stderr
    assert not far.pointer.exists()


def test_without_a_bundle_everything_is_missing(bare: Applied, locked: Locked) -> None:
    done = bare.apply("--offline")
    assert code_of(done) == "EP481"
    assert locked.web.log == []
    assert beside(bare) == [".envplan", "envplan.toml", "pylock.toml"]


def test_a_full_store_needs_no_network(project: Applied, locked: Locked) -> None:
    assert project.applied("--offline")["outcome"] == "applied"
    assert locked.web.log == []


def test_the_same_lock_gives_the_same_bytes(bare: Applied, bundle: Path) -> None:
    before = bundle.read_bytes()
    bare.environ["ENVPLAN_STORE"] = str(bare.computer / "another")
    assert bare.envplan("bundle", "--group", "dev").returncode == 0
    assert bundle.read_bytes() == before


def test_a_bundle_for_another_machine(bare: Applied) -> None:
    done = bare.envplan("bundle", "--for", "workstation-rtx3090", "--output", "gpu.zip", "--json")
    answer = json.loads(done.stdout)
    assert [one["variant"] for one in answer["data"]["targets"]] == [CUDA]
    assert any(one["name"].startswith("nvidia_cublas") for one in answer["data"]["files"])


def test_what_is_to_be_typed_for_a_bundle_holds_its_name_as_a_shell_wants_it(bare: Applied) -> None:
    line = "envplan apply --offline --bundle 'of the lab.zip'"
    assert line in bare.envplan("bundle", "--output", "of the lab.zip").stdout
    with zipfile.ZipFile(bare.folder / "of the lab.zip") as bundle:
        assert line in bundle.read("README.txt").decode()


def test_one_bundle_may_hold_several_variants(bare: Applied) -> None:
    done = bare.envplan("bundle", "--variant", "cpu", "--variant", "cu118", "--json")
    names = [one["name"] for one in json.loads(done.stdout)["data"]["files"]]
    assert len(set(names)) == len(names)
    assert {name for name in names if name.startswith("torch-")} == {
        name for name in names if "+cpu" in name or f"torch-{TORCH}+cu118" in name
    }


def test_a_damaged_bundle_is_refused_and_nothing_of_it_is_used(far: Applied) -> None:
    path = far.folder / "train-cpu.zip"
    data = bytearray(path.read_bytes())
    data[data.index(f"__version__ = '{TORCH}+cpu'".encode())] ^= 1
    path.write_bytes(data)
    done = far.apply("--offline", "--bundle", "train-cpu.zip")
    assert code_of(done) == "EP482", done.stderr
    assert not far.pointer.exists()


def test_a_folder_is_no_bundle(bare: Applied) -> None:
    done = bare.apply("--offline", "--bundle", ".")
    assert code_of(done) == "EP480", done.stderr
    assert "] . is not a bundle" in done.stderr


def test_a_folder_that_is_not_there_is_refused_before_anything_is_fetched(
    bare: Applied, locked: Locked
) -> None:
    done = bare.envplan("bundle", "--output", "far away/train.zip")
    assert code_of(done) == "EP401"
    assert "mkdir -p 'far away'" in done.stderr
    assert locked.web.log == []


def test_a_bundle_replaces_no_file_of_somebody_else(bare: Applied) -> None:
    (bare.folder / "train-cpu.zip").write_text("mine")
    done = bare.envplan("bundle")
    assert code_of(done) == "EP484"
    assert (bare.folder / "train-cpu.zip").read_text() == "mine"

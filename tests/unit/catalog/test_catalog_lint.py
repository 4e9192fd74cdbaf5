"""The lint finds what a schema cannot see, and the shipped catalog has none of it."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from envplan.catalog.lint import findings
from envplan.catalog.load import DATA

EVIDENCE = '\nsource = "x"\nseen = "2026-11-20"\nmethod = "documented"\n'
WAY = '[[way]]\nvariants = ["{}"]\nplatforms = ["linux-x86_64"]\nindex = "{}"' + EVIDENCE

# file, what to replace in it (nothing: add), with what, and words of the finding
PLANTED = [
    (
        "cuda.toml",
        'linux = "530.30.02"',
        'linux = "520.30.02"',
        "toolkit 12.1: its Linux driver 520.30.02 is older",
    ),
    (
        "cuda.toml",
        'windows = "531.14"',
        'windows = "521.14"',
        "toolkit 12.1: its Windows driver 521.14 is older",
    ),
    ("cuda.toml", 'cuda = "12.1"', 'cuda = "12.5"', "stands after 12.5"),
    (
        "cuda.toml",
        'cuda = "12"\nlinux = "525.60.13"',
        'cuda = "12"\nlinux = "425.60.13"',
        "older than the floor of 11",
    ),
    ("cuda.toml", '[[floor]]\ncuda = "12"', '[[floor]]\ncuda = "15"', "toolkit 12.1: no driver floor"),
    ("cuda.toml", 'cuda = "13"\nlinux = "580"', 'cuda = "9"\nlinux = "580"', "floor 9: stands after 12"),
    ("cuda.toml", 'computes = ["7.5"]', 'computes = ["7.5", "9.0"]', "9.0 is in 2 architectures"),
    (
        "cuda.toml",
        'first = "9.0"\nlast = "12.9"',
        'first = "9.0"\nlast = "8.0"',
        "ends with CUDA 8.0, before it begins",
    ),
    ("gpus.toml", 'compute = "12.1"', 'compute = "14.1"', "no architecture holds 14.1"),
    ("gpus.toml", 'compute = "12.1"\n', "", "must say one of compute, gfx, xpu"),
    ("gpus.toml", '"GeForce RTX 4090"', '"GeForce RTX 4090", "GeForce RTX 3090"', "leads to another row"),
    ("indexes.toml", '"torch", "torchaudio"', '"torch"', "torchaudio is missing"),
    (
        "indexes.toml",
        '"torch", "torchaudio"',
        '"torch", "torchaudio", "torchx"',
        "torchx is no package of torch.toml",
    ),
    ("indexes.toml", '"torchao"', '"torchao", "torch"', "torch is in 2 families"),
    ("indexes.toml", 'framework = "torch"', 'framework = "lantern"', "no file describes this framework"),
    ("torch.toml", 'name = "torch"', 'name = "torhc"', "torch.toml: no [framework] of this name"),
    ("torch.toml", 'plain = ["torchcodec", ', "plain = [", "torchcodec is no package of torch"),
    (
        "torch.toml",
        '[framework]\nname = "torch"\n',
        '[framework]\nname = "torch"\nfollows = "x"\n',
        "x is no framework",
    ),
    (
        "torch.toml",
        "",
        WAY.format("cu126", "https://x.example/w"),
        "no listing and no published row holds such a build",
    ),
    ("torch.toml", "", WAY.format("cu12*", "default"), "the variants must be named in full"),
    ("torch.toml", "", WAY.format("cu12", "default"), "cu12 does not say its toolkit"),
    ("torch.toml", "", WAY.format("cu145", "default"), "cu145: no driver floor for CUDA 14.5"),
    ("torch.toml", 'platforms = ["windows-arm64"]', 'platforms = ["windows-arm65"]', "is not a platform"),
    (
        "torch.toml",
        '"linux-x86_64", "linux-aarch64", "windows-x86_64"]\nindex',
        '"linux-x86_64", "macos-arm64"]\nindex',
        "for macos-arm64",
    ),
    ("torch.toml", 'version = "2.2.1"', 'version = "2.2.3"', "2.2.1 is published, but no release row"),
    ("torch.toml", 'version = "2.2.1"', 'version = "2.9.5"', "release 2.2.2: stands after 2.9.5"),
    ("torch.toml", "", '[[release]]\nversion = "9.0"' + EVIDENCE, "release 9.0: nothing of it is known"),
    (
        "torch.toml",
        "",
        '[[kernels]]\nvariants = ["cu126"]\nnative = ["8.0"]' + EVIDENCE,
        "2 rows speak of it",
    ),
    (
        "torch.toml",
        "",
        '[[kernels]]\nvariants = ["cu77"]\nnative = ["8.0"]' + EVIDENCE,
        "(cu77): speaks of no build",
    ),
    ("torch.toml", '"5.0", "6.0", "7.0", "7.5"', '"6.0", "5.0", "7.0", "7.5"', "must be sorted"),
    (
        "torch.toml",
        'native = ["8.0", "9.0"]',
        'native = ["8.0", "9.0", "12.0"]',
        "CUDA 12.6 makes no code for 12.0",
    ),
    ("torch.toml", 'native = ["8.0", "9.0"]', 'native = ["8.0", "9.9"]', "no architecture holds 9.9"),
    (
        "torch.toml",
        'versions = ["2.0.0", "2.0.1"]',
        'versions = ["2.0.5"]',
        "speaks of no build that is known",
    ),
    (
        "torch.toml",
        'requirements = ["triton==2.0.0"]',
        'requirements = ["triton=2.0.0"]',
        "is not a requirement",
    ),
    ("torch.toml", 'when = "torch<2.3"', 'when = "tensorflow<2.3"', "tensorflow is no package of torch"),
    (
        "torch.toml",
        'id = "torch-windows-numpy-2"',
        'id = "torch-numpy-2"',
        "torch-numpy-2 is the id of 2 rows",
    ),
    ("torch.toml", 'seen = "2026-11-20"', 'seen = "2026-11-31"', "is not a day of any calendar"),
    ("torch.toml", 'method = "documented"', 'method = "heard"', "is not a known word here"),
    ("torch.toml", 'seen = "2026-11-20"\n', "", "seen is missing"),
    ("listings/pytorch-2025-07-09.json", '"seen": "2025-07-09"', '"seen": "last July"', "is not a date"),
    ("listings/pytorch-2025-07-09.json", '"win_amd64"', '"win_amd65.x86"', "is not a platform tag"),
    ("listings/pytorch-2025-07-09.json", '"38 39', '"cp38 39', "cp38 is no Python"),
    ("listings/pytorch-2025-07-09.json", '"2.2.2+cu121"', '"2.2.2-cu121_x!"', "is no version"),
    (
        "listings/pytorch-2025-07-09.json",
        "https://download.pytorch.org/whl/cu121",
        "pytorch",
        "is not an index",
    ),
]


def test_the_shipped_catalog_is_without_findings() -> None:
    assert findings() == []


def test_the_lint_runs_as_a_module() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "envplan.catalog.lint"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.fixture
def torch_alone(tmp_path: Path) -> Path:
    """The shipped data of torch, and of what every framework shares."""
    folder = tmp_path / "data"
    shutil.copytree(DATA, folder)
    for file in folder.glob("*.toml"):
        if file.stem not in ("cuda", "gpus", "indexes", "torch"):
            file.unlink()
    indexes = (folder / "indexes.toml").read_text(encoding="utf-8")
    [family] = [part for part in indexes.split("[[family]]") if 'framework = "torch"' in part]
    (folder / "indexes.toml").write_text("[[family]]" + family, encoding="utf-8")
    return folder


def test_torch_alone_is_without_findings(torch_alone: Path) -> None:
    assert findings(torch_alone) == []


@pytest.mark.parametrize(("file", "old", "new", "words"), PLANTED, ids=[row[3] for row in PLANTED])
def test_a_planted_fault_is_found(file: str, old: str, new: str, words: str, torch_alone: Path) -> None:
    path = torch_alone / file
    text = path.read_text(encoding="utf-8")
    if old:
        assert old in text
        text = text.replace(old, new, 1)
    else:
        text += "\n" + new
    path.write_text(text, encoding="utf-8")
    found = findings(torch_alone)
    assert any(words in line for line in found), found


def test_a_snapshot_of_an_unknown_shape_is_found(torch_alone: Path) -> None:
    file = torch_alone / "listings" / "pytorch-2025-07-09.json"
    data = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps({**data, "schema": 2}), encoding="utf-8")
    assert findings(torch_alone) == ["pytorch-2025-07-09.json: schema, method or source is wrong"]


def test_every_finding_names_its_file(torch_alone: Path) -> None:
    cuda = torch_alone / "cuda.toml"
    cuda.write_text(
        cuda.read_text(encoding="utf-8").replace('cuda = "12.1"', 'cuda = "12.5"'), encoding="utf-8"
    )
    torch = torch_alone / "torch.toml"
    torch.write_text(
        torch.read_text(encoding="utf-8").replace('when = "torch<2.3"', 'when = "jax<2"'), encoding="utf-8"
    )
    found = findings(torch_alone)
    assert {line.split(":")[0] for line in found} == {"cuda.toml", "torch.toml"}

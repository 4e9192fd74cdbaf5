"""What frameworks say when they fail: the texts that people meet lead to what is behind them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from envplan.catalog.load import symptoms
from envplan.catalog.symptoms import diagnosis
from envplan.values.platforms import Os

FACTS = Path(__file__).parents[4] / "shared" / "facts" / "error_catalog.json"

TEXTS: dict[str, tuple[Os, str]] = {
    "ImportError: libcudart.so.11.0: cannot open shared object file: No such file or directory": (
        "linux", "cuda-library-missing",
    ),
    "OSError: libcudnn_ops_infer.so.8: cannot open shared object file": ("linux", "cudnn-8"),
    "ImportError: libcuda.so.1: cannot open shared object file": ("linux", "no-libcuda"),
    "ImportError: libGL.so.1: cannot open shared object file": ("linux", "library-of-the-system"),
    "undefined symbol: cuptiFinalize, version libcupti.so.12": ("linux", "cupti-of-the-system"),
    "CUDA error: no kernel image is available for execution on the device": ("linux", "no-kernel-image"),
    "The NVIDIA driver on your system is too old (found version 11040).": ("linux", "driver-too-old"),
    "Failed to initialize NVML: Driver/library version mismatch": ("linux", "driver-replaced"),
    "RuntimeError: No CUDA GPUs are available": ("linux", "no-gpu-visible"),
    "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB": ("linux", "gpu-full"),
    "AttributeError: _ARRAY_API not found": ("linux", "numpy-2"),
    "ValueError: numpy.dtype size changed, may indicate binary incompatibility.": ("linux", "numpy-abi"),
    "/lib64/libm.so.6: version `GLIBC_2.29' not found (required by x.so)": ("linux", "glibc"),
    "RuntimeError: operator torchvision::nms does not exist": ("linux", "torchvision-of-another-torch"),
    "flash_attn_2_cuda.so: undefined symbol: _ZN3c105ErrorC2ENS_14SourceLocationE": (
        "linux", "extension-of-another-torch",
    ),
    'OSError: [WinError 126] The specified module could not be found. Error loading "c10.dll"': (
        "windows", "vc-runtime",
    ),
    "ImportError: DLL load failed while importing _pywrap_tensorflow_internal": ("windows", "vc-runtime"),
    "crashed (SIGILL)": ("linux", "no-avx"),
    "crashed (SIGBUS)": ("linux", "file-cut-off"),
    "ImportError: /x/libtorch.so: file too short": ("linux", "file-cut-off"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "known"), TEXTS.items(), ids=list(TEXTS))
def test_a_text_leads_to_what_is_behind_it(text: str, known: tuple[Os, str]) -> None:
    system, name = known
    found = diagnosis(f"words before it\n{text}\nand after", system, symptoms())
    assert found
    assert (found.id, "{1}" in found.why) == (name, False)
    assert found.cures


def test_what_nobody_wrote_down_leads_nowhere() -> None:
    assert diagnosis("TypeError: unsupported operand", "linux", symptoms()) is None


def test_what_windows_says_is_not_taken_for_what_linux_says() -> None:
    assert diagnosis("[WinError 126]", "linux", symptoms()) is None


def test_the_catch_of_the_pattern_is_in_the_reason() -> None:
    found = diagnosis("libcublas.so.12: cannot open shared object file", "linux", symptoms())
    assert found
    assert "libcublas" in found.why


def test_the_users_own_rows_come_first(tmp_path: Path) -> None:
    row = (
        '[[symptom]]\nid = "mine"\ntext = "CUDA out of memory"\nwhy = "the cat sleeps on it"\n'
        'cures = ["ls"]\nsource = "me"\nseen = "2026-11-25"\nmethod = "measured"\n'
    )
    (tmp_path / "mine.toml").write_text(row, encoding="utf-8")
    found = diagnosis("CUDA out of memory", "linux", symptoms(tmp_path))
    assert found
    assert found.id == "mine"


@pytest.mark.skipif(not FACTS.is_file(), reason="the raw facts lie beside the repository, not in it")
def test_every_source_among_the_facts_is_there() -> None:
    known = {one["id"] for one in json.loads(FACTS.read_bytes())["entries"]}
    for row in symptoms():
        _, mark, named = row.evidence.source.partition("error_catalog.json: ")
        if mark:
            assert set(re.split(r", ", named.split(")")[0])) <= known, row.id

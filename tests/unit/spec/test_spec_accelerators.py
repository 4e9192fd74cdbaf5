"""The words for accelerators."""

from __future__ import annotations

import pytest

from envplan.spec.grammar.accelerators import accelerator
from envplan.spec.grammar.refusal import Refusal
from envplan.spec.model import Accelerator, AnyCuda, AnyGpu, AnyRocm, Auto, CpuOnly, Exactly
from envplan.values.variants import Variant
from envplan.values.versions import Cuda

TWELVE = ((">=", Cuda(12, 0)), ("<", Cuda(13, 0)))


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("auto", Auto()),
        ("gpu", AnyGpu()),
        ("cpu", CpuOnly()),
        ("cuda", AnyCuda()),
        ("cuda>=12.1", AnyCuda(((">=", Cuda(12, 1)),))),
        ("cuda >= 12.1", AnyCuda(((">=", Cuda(12, 1)),))),
        ("cuda>=12,<13", AnyCuda(TWELVE)),
        ("cuda==12", AnyCuda(TWELVE)),
        ("cuda==12.*", AnyCuda(TWELVE)),
        ("cu12", AnyCuda(TWELVE)),
        ("cuda==12.1", AnyCuda((("==", Cuda(12, 1)),))),
        ("cuda~=12.1", AnyCuda(((">=", Cuda(12, 1)), ("<", Cuda(13, 0))))),
        ("cuda!=12.1", AnyCuda((("!=", Cuda(12, 1)),))),
        ("cu121", Exactly(Variant("cu121"))),
        ("cu140", Exactly(Variant("cu140"))),
        ("rocm", AnyRocm()),
        ("rocm6.2", Exactly(Variant("rocm6.2"))),
        ("xpu", Exactly(Variant("xpu"))),
    ],
)
def test_each_word_has_its_meaning_and_is_written_back(text: str, meaning: Accelerator) -> None:
    assert accelerator(text) == meaning
    assert accelerator(str(meaning)) == meaning


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("cuda12.1", "cuda==12.1"),
        ("cuda 12.1", "cuda==12.1"),
        ("12.1", "cuda==12.1"),
        ("cu12.1", "cuda==12.1"),
        ("cuda12", "cuda==12"),
        ("cuda121", "cu121"),
        ("CU121", "cu121"),
        ("GPU", "gpu"),
        ("gpuu", "gpu"),
        ("CUDA", "cuda"),
        ("nvidia", "cuda"),
        ("mps", "gpu"),
        ("metal", "gpu"),
        ("amd", "rocm"),
        ("rocm>=6.2", "rocm6.2"),
        ("rocm 6.2", "rocm6.2"),
        ("intel", "xpu"),
        ("cuda~=12", "cuda==12"),
        ("cuda>=12.1.105", "cuda>=12.1"),
        ("cuda>=12.1 <13", "cuda>=12.1,<13"),
    ],
)
def test_another_word_is_refused_with_the_one_that_was_meant(text: str, meant: str) -> None:
    with pytest.raises(Refusal) as caught:
        accelerator(text)
    assert meant in caught.value.meant
    assert accelerator(meant)


@pytest.mark.parametrize(
    "text", ["", "tpu", "cuda>=", "cuda>=x", "cuda>=12.1;x", "cuda\n", "rocm6.2.1.1", "\u0441uda"]
)
def test_what_means_nothing_is_refused(text: str) -> None:
    with pytest.raises(Refusal):
        accelerator(text)


def test_a_tpu_is_no_misspelt_xpu() -> None:
    with pytest.raises(Refusal) as caught:
        accelerator("tpu")
    assert caught.value.meant == ()

"""What the frameworks' rows tell people: advice, clashes, and who follows whom."""

from __future__ import annotations

import pytest

from envplan.catalog.load import DATA, load
from envplan.catalog.model import Framework
from envplan.values.platforms import Platform

PACKAGES = (
    "bitsandbytes",
    "ctranslate2",
    "cudf",
    "cupy",
    "flash-attn",
    "jax",
    "onnxruntime",
    "paddlepaddle",
    "tensorflow",
    "vllm",
    "xformers",
)


def framework(package: str) -> Framework:
    found = load([package]).framework_of(package)
    assert found is not None
    return found


def told(package: str, platform: str, kind: str) -> list[str]:
    return [
        " ".join((one.text, *one.cures))
        for one in framework(package).advice
        if (not one.platforms or Platform.parse(platform) in one.platforms) and kind in one.kinds
    ]


@pytest.mark.parametrize(
    ("package", "platform", "kind", "words"),
    [
        ("tensorflow", "windows-x86_64", "cuda", ("2.10 was the last", "WSL2", "DirectML")),
        ("tensorflow", "macos-arm64", "cuda", ("macOS",)),
        ("tensorflow", "linux-aarch64", "cuda", ("CPU builds",)),
        ("jax", "windows-x86_64", "cuda", ("WSL2",)),
        ("cupy", "macos-arm64", "cuda", ("no build for macOS",)),
        ("cudf", "windows-x86_64", "cuda", ("WSL2",)),
        ("vllm", "windows-x86_64", "cuda", ("Linux only", "WSL2")),
        ("flash-attn", "linux-x86_64", "cuda", ("allow-sdist", "2.8.0")),
        ("flash-attn", "windows-x86_64", "cuda", ("no official wheels",)),
        ("xformers", "windows-x86_64", "cuda", ("no wheels for Windows",)),
    ],
)
def test_who_asks_for_a_build_that_was_never_made_is_told_so(
    package: str, platform: str, kind: str, words: tuple[str, ...]
) -> None:
    everything = " ".join(told(package, platform, kind))
    for word in words:
        assert word in everything


@pytest.mark.parametrize(
    ("package", "pair"),
    [
        ("cupy", {"cupy-cuda11x", "cupy-cuda12x"}),
        ("cupy", {"cupy-cuda12x", "cupy-cuda13x"}),
        ("onnxruntime", {"onnxruntime", "onnxruntime-gpu"}),
        ("paddlepaddle", {"paddlepaddle", "paddlepaddle-gpu"}),
        ("cudf", {"cudf-cu12", "cudf-cu13"}),
        ("tensorflow", {"tensorflow", "tensorflow-cpu"}),
    ],
)
def test_two_packages_that_overwrite_each_other_are_named(package: str, pair: set[str]) -> None:
    clashes = [clash for clash in framework(package).clashes if {one.name for one in clash.between} == pair]
    assert len(clashes) == 1
    assert clashes[0].cures


@pytest.mark.parametrize("package", ["bitsandbytes", "flash-attn", "vllm", "xformers"])
def test_what_extends_torch_follows_it_and_brings_it(package: str) -> None:
    found = framework(package)
    assert found.follows == "torch"
    assert "torch" in found.implies
    assert "torch" in load([package]).frameworks


@pytest.mark.parametrize("package", PACKAGES)
def test_every_sentence_ends_without_a_full_stop_and_names_no_registry(package: str) -> None:
    found = framework(package)
    sentences = [one.text for one in found.advice] + [one.why for one in found.clashes]
    assert sentences
    for sentence in sentences:
        assert sentence == sentence.strip()
        assert not sentence.endswith(".")
    for file in (DATA / f"{found.name}.toml", DATA / "listings" / "default-2026-11-20.json"):
        assert "py" + "pi." not in file.read_text(encoding="utf-8").lower()

"""GPUs by the names that drivers, people and shops give them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from envplan.catalog.model import NamedGpu

_MARKS = re.compile(r"\((?:r|tm|c)\)|[®™©]")
_WORDS = re.compile(r"[a-z0-9]+")

# A short name ("A10", "T4") may stand for another vendor's product too (AMD A10-7850K): the brand decides.
_BRANDS = {
    "nvidia": "nvidia",
    "geforce": "nvidia",
    "quadro": "nvidia",
    "tesla": "nvidia",
    "jetson": "nvidia",
    "amd": "amd",
    "ati": "amd",
    "radeon": "amd",
    "intel": "intel",
    "apple": "apple",
}


def named(name: str, known: Iterable[NamedGpu]) -> NamedGpu | None:
    """Find the GPU that a name means: the longest known name inside it, whole words only."""
    words = _words(name)
    vendors = {_BRANDS[word] for word in words.split() if word in _BRANDS}
    best: tuple[int, NamedGpu] | None = None
    for gpu in known:
        if vendors and gpu.vendor not in vendors:
            continue
        for one in gpu.names:
            length = _inside(_words(one), words)
            if length and (best is None or length > best[0]):
                best = (length, gpu)
    return best[1] if best else None


def _inside(known: str, words: str) -> int:
    """How many letters of a known name stand in the words; people leave "GeForce" out."""
    for form in (known, known.removeprefix("geforce ")):
        if f" {form} " in f" {words} ":
            return len(form)
    return 0


def _words(text: str) -> str:
    return " ".join(_WORDS.findall(_MARKS.sub(" ", text.lower())))

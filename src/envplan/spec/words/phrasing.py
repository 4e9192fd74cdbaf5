"""Turns of phrase that mean one certain thing, put into the words that the rest understands."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

_NUMBER = r"(?P<number>[0-9]+(?:\.[0-9]+)*)"

# What is said, and what it is in a spec's own words. Matched in a whole phrase, before it is taken apart.
_TURNS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(rf"(?i){said}"), meant)
    for said, meant in (
        (r"[()]", " "),
        (r"\b(?:without|with no|no) +(?:an? |any |the )?(?:gpus?|cuda)\b|\bcpu-only\b", "on cpu"),
        (
            r"\bgpus? +(?:or +(?:the +|a +)?cpu|(?:if|when) +(?:available|possible|present|there is one))\b",
            "auto",
        ),
        (rf"\b(?:at least|minimum|min) +{_NUMBER}", r">=\g<number>"),
        (rf"\b{_NUMBER} +(?:or|and) +(?:newer|later|higher|greater|above|up)\b", r">=\g<number>"),
        (rf"\b(?:newer|later|higher|greater) +than +{_NUMBER}", r">\g<number>"),
        (rf"\b(?:(?:older|earlier|lower|less) +than|below|before) +{_NUMBER}", r"<\g<number>"),
        (rf"\b(?:at most|up to|no newer than) +{_NUMBER}", r"<=\g<number>"),
    )
)

_INSTALLERS = r"(?:(?:python3? +-m +)?pip3?|uv(?: +pip)?|conda|mamba|micromamba|poetry|pdm|pipenv)"
_INSTALL = re.compile(rf"(?i) *[$%!]? *{_INSTALLERS} +(?:install|add) +(?P<rest>.*)")
# Options with a value, which say nothing about what is wanted.
_VALUED = {"-c", "--channel", "-n", "--name", "-p", "--prefix", "-f", "--find-links"}
_INDEXES = {"--index-url", "--extra-index-url", "-i", "--torch-backend"}


def plainly(phrase: str) -> str:
    """Put a phrase into the words of a spec, where that changes nothing of its meaning."""
    for said, meant in _TURNS:
        phrase = said.sub(meant, phrase)
    return phrase


def installed(words: Sequence[str], is_accelerator: Callable[[str], object]) -> Sequence[str]:
    """Read what is meant for another installer: the line that pytorch.org gives, as people paste it."""
    found = _INSTALL.fullmatch(" ".join(words))
    if not found:
        return words
    packages: list[str] = []
    said: list[str] = []
    parts = iter(found["rest"].split())
    for part in parts:
        option, _, value = part.partition("=")
        if option in _INDEXES:
            said += _variant(value or next(parts, ""), is_accelerator)
        elif option in _VALUED:
            value = value or next(parts, "")
        elif option.lower() in ("pytorch-cuda", "cudatoolkit", "cuda-version"):
            said.append(f"cuda {value.lstrip('=')}")
        elif part != "-r" and re.fullmatch(r"-[A-Za-z]+|--[a-z-]+", part):
            continue
        else:
            packages.append(part.strip("'\""))
    return [" on ".join([", ".join(packages), *said[:1]])]


def _variant(address: str, is_accelerator: Callable[[str], object]) -> list[str]:
    """Name the variant of an address: .../whl/cu121."""
    last = address.rstrip("/").rpartition("/")[2]
    return [last] if is_accelerator(last) else []

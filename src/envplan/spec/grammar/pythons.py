"""The Python a spec asks for: a minor version, never a range."""

from __future__ import annotations

import re

from envplan.documents.reading import shown
from envplan.spec.grammar.refusal import Refusal, plain
from envplan.values.versions import Python


def python(text: str) -> Python:
    """Read "3.11"; refuse all else with the minor version that was meant."""
    text = plain(text, "a version of Python")
    if re.fullmatch(r"[0-9]\.(?:0|[1-9][0-9]{0,2})", text):
        return Python.parse(text)
    numbers = re.search(r"([0-9])\.([0-9]{1,3})(?![0-9])", text)
    meant = [f"{numbers[1]}.{int(numbers[2])}"] if numbers else []
    raise Refusal(f"{shown(text)!r} is not a minor version of Python", _why(text), meant=meant)


def _why(text: str) -> str:
    if re.match(r"\s*[=<>!~^]", text) or "," in text or "*" in text:
        return (
            "each Python has wheels of its own, so envplan plans for each by name: "
            'one version, or a list such as ["3.11", "3.12"]'
        )
    if re.fullmatch(r"[0-9]\.[0-9]+\.[0-9].*", text):
        return "wheels are built for a minor version; every 3.x.y of it runs the same ones"
    if text.endswith("t"):
        return "the free-threaded builds of Python are not planned for yet"
    return "two numbers, such as 3.11"

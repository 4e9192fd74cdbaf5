"""Lines and arrows, for terminals that have only ASCII."""

from __future__ import annotations

_PLAIN = {"├── ": "|-- ", "└── ": "`-- ", "│   ": "|   ", "→": "->", "…": "..."}


def for_encoding(text: str, encoding: str | None) -> str:
    """Draw with plain letters where the stream cannot write ours."""
    try:
        "".join(_PLAIN).encode(encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        for drawn, plain in _PLAIN.items():
            text = text.replace(drawn, plain)
    return text

"""Numbers as people read them."""

from __future__ import annotations


def whole_number(text: str) -> int | None:
    """Read what a server or a driver wrote; none where it is no number, or larger than any size is."""
    return int(text) if len(text) < 16 and text.isascii() and text.isdigit() else None


def counted(number: int, noun: str) -> str:
    """Write "1 file", "2 files", "14,000 files"."""
    return f"{number:,} {noun}{'s'[: number != 1]}"


def size_said(size: int) -> str:
    """Write a number of bytes as package installers do: 1 MB is a million."""
    if size < 1000:
        return f"{size} bytes"
    number = size / 1000
    for unit in ("kB", "MB"):
        if number < 999.95:
            return f"{number:.1f} {unit}"
        number /= 1000
    return f"{number:.1f} GB"

"""Versions that are not PEP 440: drivers, CUDA toolkits, GPU capabilities, system libraries, Pythons."""

from __future__ import annotations

import re
from functools import total_ordering
from typing import Self

from envplan.values.records import dataclass, field

_DOTTED = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9}){0,5}")
_PYTHON = re.compile(r"(?:python)?\s*([0-9])\.([0-9]{1,3})")


@total_ordering
@dataclass(frozen=True, eq=False)
class Dotted:
    """Numbers with dots between them, compared as numbers: a driver, a glibc, a macOS.

    The text is kept as it was written, because "450.80.02" must be shown with its zero.
    """

    text: str
    parts: tuple[int, ...] = field(init=False)

    def __post_init__(self) -> None:
        if not _DOTTED.fullmatch(self.text):
            raise ValueError(f"{self.text!r} is not numbers with dots between them")
        parts = [int(part) for part in self.text.split(".")]
        while len(parts) > 1 and parts[-1] == 0:  # 580 and 580.0 are one version
            parts.pop()
        object.__setattr__(self, "parts", tuple(parts))

    @property
    def major(self) -> int:
        """The first number."""
        return self.parts[0]

    def reaches(self, floor: Dotted) -> bool:
        """Whether it is at least the floor, compared in as many numbers as it was written with.

        A driver is often given by its branch alone: "580" stands for 580.65.06 as well.
        """
        written = self.text.count(".") + 1
        return self.parts >= floor.parts[:written]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Dotted) and self.parts == other.parts

    def __lt__(self, other: Dotted) -> bool:
        return self.parts < other.parts

    def __hash__(self) -> int:
        return hash(self.parts)

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, order=True)
class Cuda:
    """A CUDA toolkit, by the two numbers that matter for compatibility."""

    major: int
    minor: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read "12.1"; also "12.1.105" and "13.2U1", of which the first two numbers count."""
        found = re.match(r"([0-9]{1,3})\.([0-9]{1,3})(?![0-9])", text.strip())
        if not found:
            raise ValueError(f"{text!r} is not a CUDA version such as 12.1")
        return cls(int(found[1]), int(found[2]))

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}"


@dataclass(frozen=True, order=True)
class Compute:
    """The compute capability of an NVIDIA GPU: which machine code it runs."""

    major: int
    minor: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read "8.6", "sm_86" or "compute_120"."""
        text = text.strip()
        if found := re.fullmatch(r"([0-9]{1,3})\.([0-9])", text):
            return cls(int(found[1]), int(found[2]))
        if found := re.fullmatch(r"(?:sm_|compute_)([0-9]{1,3})([0-9])", text):
            return cls(int(found[1]), int(found[2]))
        raise ValueError(f"{text!r} is not a compute capability such as 8.6")

    @property
    def sm(self) -> str:
        """The name that compilers and error messages use."""
        return f"sm_{self.major}{self.minor}"

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}"


@dataclass(frozen=True, order=True)
class Python:
    """A minor version of Python: what wheels are built for."""

    major: int
    minor: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read "3.11"."""
        found = _PYTHON.fullmatch(text.strip())
        if not found:
            raise ValueError(f"{text!r} is not a minor version of Python such as 3.11")
        return cls(int(found[1]), int(found[2]))

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}"


@dataclass(frozen=True)
class Libc:
    """The C library of a Linux machine: its family decides which wheels load at all."""

    family: str  # glibc | musl
    version: Dotted

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read "glibc 2.35" or "musl 1.2"."""
        found = re.fullmatch(r"(glibc|musl)\s+([0-9.]+)", text.strip())
        if not found:
            raise ValueError(f"{text!r} is not a C library such as glibc 2.35")
        return cls(found[1], Dotted(found[2]))

    @property
    def series(self) -> Libc:
        """Its first two numbers, by which wheels are made: musl 1.2 of musl 1.2.5."""
        return Libc(self.family, Dotted(".".join(self.version.text.split(".")[:2])))

    def __str__(self) -> str:
        return f"{self.family} {self.version}"

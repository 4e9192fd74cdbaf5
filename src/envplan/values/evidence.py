"""Where a fact comes from, and how far it can be trusted."""

from __future__ import annotations

from typing import Generic, Literal, TypeVar

from envplan.values.records import dataclass

Method = Literal["documented", "measured", "inferred"]
METHODS: tuple[Method, ...] = ("documented", "measured", "inferred")

T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True)
class Evidence:
    """The source of a catalog row. A row that is only inferred may warn; it may not forbid."""

    source: str
    seen: str  # a date
    method: Method

    @property
    def certain(self) -> bool:
        """Whether the row may forbid."""
        return self.method != "inferred"

    def __str__(self) -> str:
        return f"{self.source} ({self.method}, {self.seen})"


@dataclass(frozen=True)
class Fact(Generic[T_co]):
    """A value and the place it was read from."""

    value: T_co
    origin: str

    def __str__(self) -> str:
        return str(self.value)

"""What is solved as one unit."""

from __future__ import annotations

from envplan.values.platforms import Platform
from envplan.values.records import dataclass
from envplan.values.variants import Variant
from envplan.values.versions import Python


@dataclass(frozen=True, order=True)
class Target:
    """One variant on one platform for one Python."""

    variant: Variant
    platform: Platform
    python: Python

    def __str__(self) -> str:
        return f"{self.variant} on {self.platform}, Python {self.python}"

    @property
    def as_json(self) -> dict[str, str]:
        """Name it in a document."""
        return {"variant": str(self.variant), "platform": str(self.platform), "python": str(self.python)}

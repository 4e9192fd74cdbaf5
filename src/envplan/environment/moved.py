"""An environment at another place than it was built for."""

from __future__ import annotations

from pathlib import Path

from envplan.environment.model import Receipt
from envplan.environment.receipts import built_for
from envplan.problems import Problem, Said

MOVED = "EP614"


def moved(receipt: Receipt, pointer: Path, cure: str) -> Problem | None:
    """Say that its commands lead elsewhere; none where it lies where it was built for."""
    if built_for(receipt, pointer):
        return None
    return Problem(
        MOVED,
        "the environment was built for another place",
        wanted=(Said("built there", receipt.pointer),),
        found=(Said("moved or copied here", str(pointer)),),
        why=(Said("its commands start the Python of the other place, whatever is there now"),),
        cures=(cure,),
    )

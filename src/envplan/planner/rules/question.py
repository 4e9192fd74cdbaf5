"""What every rule is asked about: one wish of one spec on one machine."""

from __future__ import annotations

from envplan.catalog.model import Catalog
from envplan.machine.model import Machine
from envplan.planner.model import Wish
from envplan.spec.model import Spec
from envplan.values.records import dataclass
from envplan.values.versions import Python


@dataclass(frozen=True)
class Question:
    """One wish, on one machine, for these Pythons (all of them must be served)."""

    wish: Wish
    machine: Machine
    pythons: tuple[Python, ...]
    spec: Spec
    catalog: Catalog

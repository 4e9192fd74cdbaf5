"""The machine code that every build of a target holds: which GPUs its lock is for."""

from __future__ import annotations

from collections.abc import Iterable

from envplan.catalog.model import Kernels
from envplan.planner.rules.kernels import runs_compiled
from envplan.values.records import dataclass
from envplan.values.versions import Compute


@dataclass(frozen=True)
class Code:
    """Compiled for these, PTX for those, and nothing for GPUs before `least`; no list: nothing is known."""

    native: tuple[Compute, ...] = ()
    ptx: tuple[Compute, ...] = ()
    least: Compute | None = None
    gfx: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


def common_code(rows: Iterable[Kernels | None]) -> Code:
    """Join what is known of several builds; one of which nothing is known narrows nothing."""
    known = [row for row in rows if row]
    listed = [row for row in known if row.native or row.ptx]
    compiled = sorted({one for row in listed for one in row.native})
    native = tuple(one for one in compiled if all(runs_compiled(row, one) for row in listed))
    ptx = [one for row in listed for one in row.ptx if all(_has_ptx(other, one) for other in listed)]
    # Compiled in one build and PTX in another: that takes the driver that PTX takes.
    ptx += [one for one in compiled if one not in native and all(_runs(row, one) for row in listed)]
    gfx = [row.gfx for row in known if row.gfx]
    names = [row.names for row in known if row.names]
    return Code(
        native,
        tuple(sorted(set(ptx))),
        max((row.least for row in known if row.least), default=None),
        tuple(one for one in gfx[0] if all(one in other for other in gfx)) if gfx else (),
        names[0] if names else (),
    )


def _has_ptx(row: Kernels, compute: Compute) -> bool:
    return any(one <= compute for one in row.ptx)


def _runs(row: Kernels, compute: Compute) -> bool:
    return runs_compiled(row, compute) or _has_ptx(row, compute)

"""Which GPUs several builds in one environment all hold code for."""

from __future__ import annotations

import pytest

from envplan.catalog.model import Kernels
from envplan.planner.common_code import common_code
from envplan.values.evidence import Evidence
from envplan.values.versions import Compute


def row(native: str = "", ptx: str = "", least: str = "", gfx: str = "") -> Kernels:
    evidence = Evidence("a test", "2026-11-26", "measured")
    return Kernels(
        (),
        (),
        (),
        evidence,
        native=tuple(map(Compute.parse, native.split())),
        ptx=tuple(map(Compute.parse, ptx.split())),
        least=Compute.parse(least) if least else None,
        gfx=tuple(gfx.split()),
    )


@pytest.mark.parametrize(
    ("rows", "native", "ptx"),
    [
        ([row("7.0 8.0", "9.0")], "7.0 8.0", "9.0"),
        ([row("5.0 8.0"), None], "5.0 8.0", ""),
        ([row("5.0 6.0 7.0 8.0"), row("5.2 6.0 8.0")], "5.2 6.0 8.0", ""),
        ([row("8.0 9.0", "9.0"), row("8.0 9.0", "8.0")], "8.0 9.0", "9.0"),
        ([row("8.0 9.0", "9.0"), row("8.0 9.0")], "8.0 9.0", ""),
        ([row("9.0 12.0"), row("9.0", "9.0")], "9.0", "12.0"),
    ],
)
def test_code_is_common_where_every_build_holds_some(
    rows: list[Kernels | None], native: str, ptx: str
) -> None:
    found = common_code(rows)
    assert (" ".join(map(str, found.native)), " ".join(map(str, found.ptx))) == (native, ptx)


def test_the_oldest_gpu_is_the_one_that_every_build_is_made_for() -> None:
    assert common_code([row(least="5.0"), row("6.0 8.0"), row(least="7.5")]).least == Compute(7, 5)


def test_amd_gpus_are_those_in_every_list() -> None:
    assert common_code([row(gfx="gfx90a gfx942 gfx1100"), row(gfx="gfx1100 gfx90a")]).gfx == (
        "gfx90a",
        "gfx1100",
    )

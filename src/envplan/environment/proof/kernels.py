"""The machine code that a build says it holds, against the catalog: where they differ, that is wrong."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from envplan.environment.proof.frameworks import Expected
from envplan.environment.proof.question import Question
from envplan.problems import Problem, Said
from envplan.values.platforms import Platform

if TYPE_CHECKING:
    from envplan.catalog.model import Kernels

_CODE = "EP623"


def kernel_warning(question: Question, one: Expected, told: object) -> Iterator[Problem]:
    """Warn where wheel and catalog differ; nothing where either does not tell."""
    if not isinstance(told, list) or not told or one.variant is None:
        return
    row = _row(question, one)
    if row is None:
        return
    own, known = set(map(_plain, told)), _said(row)
    if not known or own == known:
        return
    lines = ((known - own, "only the catalog has"), (own - known, "only the wheel has"))
    yield Problem(
        _CODE,
        f"the catalog is wrong about the GPUs that {one.wanted} is built for",
        wanted=(Said(" ".join(_ordered(known)), str(row.evidence)),),
        found=(Said(" ".join(_ordered(own)), "torch.cuda.get_arch_list()"),),
        why=tuple(Said(f"{words}: {' '.join(_ordered(some))}") for some, words in lines if some),
        cures=("envplan plan --why   (what the catalog makes of it; please report this)",),
        severity="warning",
    )


def _row(question: Question, one: Expected) -> Kernels | None:
    from packaging.version import Version

    from envplan.catalog import queries
    from envplan.catalog.load import load

    framework = load([one.package], question.overlay).frameworks.get(one.framework)
    if framework is None or one.variant is None:
        return None
    platform = Platform.parse(question.receipt.target["platform"])
    return queries.kernels(framework, Version(one.version), one.variant, platform)


def _said(row: Kernels) -> set[str]:
    ptx = (one.sm.replace("sm_", "compute_") for one in row.ptx)
    return {*(one.sm for one in row.native), *ptx, *row.gfx}


def _plain(name: object) -> str:
    """Leave out what follows the number, as in sm_90a: code for that GPU and no later one."""
    return re.sub(r"^((?:sm|compute)_\d+)[af]$", r"\1", str(name).split(":")[0])


def _ordered(names: Iterable[str]) -> list[str]:
    return sorted(names, key=lambda name: (name.split("_")[0], len(name), name))

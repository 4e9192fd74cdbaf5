"""The catalog's advice that bears on a wish: not every remark about a framework is about this user."""

from __future__ import annotations

from envplan.catalog.model import Advice
from envplan.machine.model import Machine
from envplan.planner.choose import Judged
from envplan.planner.model import Wish
from envplan.spec.model import AnyCuda, AnyGpu, AnyRocm, Auto, CpuOnly, Exactly
from envplan.values.variants import Kind

_KINDS: dict[str, Kind] = {"nvidia": "cuda", "amd": "rocm", "intel": "xpu"}


def advice(judged: Judged, row: int) -> tuple[Advice, ...]:
    """Choose the rows about this platform, these versions, this kind of accelerator, these packages."""
    wish, machine = judged.wishes[row], judged.machine
    kinds = _wanted(wish, machine)
    lead = wish.lead
    versions = {
        verdict.build.version
        for verdict in judged.verdicts[row]
        if lead is None or lead.specifier.contains(verdict.build.published, prereleases=True)
    }
    names = {requirement.name for requirement in wish.asked}
    return tuple(
        one
        for one in wish.framework.advice
        if (not one.platforms or machine.platform in one.platforms)
        and (not one.kinds or kinds & set(one.kinds))
        and (not one.package or one.package in names)
        and (not one.versions or not versions or any(one.speaks_of_version(version) for version in versions))
    )


def _wanted(wish: Wish, machine: Machine) -> set[Kind]:
    match wish.accelerator:
        case CpuOnly():
            return {"cpu"}
        case AnyCuda():
            return {"cuda"}
        case AnyRocm():
            return {"rocm"}
        case Exactly(variant):
            return {variant.kind}
        case AnyGpu() | Auto():
            there = {_KINDS[gpu.vendor] for gpu in machine.gpus if gpu.vendor in _KINDS}
            found: set[Kind] = {"cuda"} if machine.platform.os == "macos" else there
            return found | {"cpu"} if isinstance(wish.accelerator, Auto) else found

"""Unlike GPUs in one box: what each kind would run by itself."""

from __future__ import annotations

from collections.abc import Iterator

from envplan.machine.model import Gpu, Vendor
from envplan.planner.attempt import Attempt, attempt
from envplan.values.records import replace

_HIDING: dict[Vendor, str] = {"nvidia": "CUDA_VISIBLE_DEVICES", "amd": "HIP_VISIBLE_DEVICES"}


def alone(failed: Attempt, vendor: Vendor) -> list[tuple[Gpu, Attempt]]:
    """With unlike GPUs of a vendor in one box: what comes of each kind by itself."""
    machine = failed.judged.machine
    kinds = {_code_of(gpu): gpu for gpu in reversed(machine.of(vendor))}
    if len(kinds) < 2:
        return []
    return [
        (gpu, attempt(replace(failed.tried, machine=replace(machine, gpus=(gpu,)))))
        for gpu in machine.of(vendor)
        if gpu in kinds.values()
    ]


def _code_of(gpu: Gpu) -> object:
    return gpu.compute or gpu.gfx


def one_kind(failed: Attempt, row: int) -> Iterator[str]:
    """Offer to use the GPUs of one kind, and say what they run."""
    for vendor, variable in _HIDING.items():
        gpus = failed.judged.machine.of(vendor)
        for gpu, found in alone(failed, vendor):
            if found.choices:
                same = ",".join(str(at) for at, one in enumerate(gpus) if _code_of(one) == _code_of(gpu))
                yield f"{variable}={same} envplan plan   # {gpu}: {found.choices[0].builds[row]}"

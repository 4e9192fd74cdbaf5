"""Does the NVIDIA driver run programs built with this toolkit?

A question of its own: whether the wheel holds code for the GPU is asked elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator

from envplan.catalog import queries
from envplan.catalog.model import Architecture, Catalog
from envplan.machine.model import Machine, Nvidia
from envplan.planner.model import Build, Reason, Weight
from envplan.planner.rules.question import Question
from envplan.values.versions import Compute, Cuda, Dotted

TOO_OLD, UNKNOWN = "EP202", "EP210"


def driver(question: Question, build: Build) -> Iterator[Reason]:
    """Compare the driver with the floor of the toolkit, and with the build's own."""
    machine = question.machine
    if build.variant.kind != "cuda" or machine.nvidia is None or build.toolkit is None:
        return
    found = machine.nvidia.driver
    floor = queries.floor(question.catalog, build.toolkit, machine.platform.os)
    own = build.way.windows_driver if machine.platform.os == "windows" else build.way.linux_driver
    higher = own is not None and (floor is None or own > floor.driver)  # one line says it, not two
    if floor is None:
        yield from _unknown(machine.nvidia, build.toolkit)
    elif not higher and not found.value.reaches(floor.driver):
        yield Reason(
            TOO_OLD,
            f"{build.variant} needs driver ≥ {floor.driver} (CUDA {floor.cuda}); here {found}",
            f"{found.origin}; {floor.evidence.source}",
        )
    yield from _knows(question, machine.nvidia)
    if higher and own and not found.value.reaches(own):
        yield Reason(
            TOO_OLD,
            f"{build.framework} for {build.variant} needs driver ≥ {own}; here {found}",
            f"{found.origin}; {build.way.evidence.source}",
        )
    reported = machine.nvidia.cuda
    if reported and floor is not None and reported.value.major < build.toolkit.major:
        text = f"the driver says that it runs CUDA up to {reported}; {build.variant} is CUDA {build.toolkit}"
        yield Reason(TOO_OLD, text, reported.origin)


def _knows(question: Question, nvidia: Nvidia) -> Iterator[Reason]:
    """A driver older than a GPU's generation does not know the GPU, whatever is built for it.

    Where the generation's own row is only inferred, a certain row of an older generation still holds.
    """
    for gpu in question.machine.of("nvidia"):
        rows = [one for one in question.catalog.architectures if gpu.compute and _reaches(one, gpu.compute)]
        for row in rows:
            needed = queries.native_driver(question.catalog, row.first, question.machine.platform.os)
            own = gpu.compute in row.computes
            if needed is None or nvidia.driver.value.reaches(needed) or not (own or row.evidence.certain):
                continue
            if is_native(question.catalog, question.machine, row.first):
                continue  # a board, which numbers its drivers in its own way
            weight: Weight = "refuse" if row.evidence.certain else "doubt"
            text = f"{gpu} needs driver ≥ {needed} to be known at all; here {nvidia.driver}"
            yield Reason(TOO_OLD, text, f"{nvidia.driver.origin}; {row.evidence.source}", weight)


def _reaches(generation: Architecture, compute: Compute) -> bool:
    return not generation.embedded and min(generation.computes) <= compute


def is_native(catalog: Catalog, machine: Machine, toolkit: Cuda) -> bool:
    """Whether the driver is at least as new as the toolkit, and so can compile its PTX.

    Where the driver's number and what it reports disagree, the lower one counts.
    """
    if machine.nvidia is None:
        return False
    driver, reported = machine.nvidia.driver.value, machine.nvidia.cuda
    if reported and reported.value < toolkit:
        return False
    native = queries.native_driver(catalog, toolkit, machine.platform.os)
    if native is None:
        return bool(reported)
    # Boards number their drivers in their own way within a branch; there the report decides.
    return driver.reaches(native) or (reported is not None and driver.major == native.major)


def oldest_driver(catalog: Catalog, machine: Machine, build: Build) -> Dotted | None:
    """Find the oldest driver that runs the build, and knows the GPUs that are there."""
    if build.toolkit is None:
        return None
    os = machine.platform.os
    floor = queries.floor(catalog, build.toolkit, os)
    own = build.way.windows_driver if os == "windows" else build.way.linux_driver
    rows = [queries.architecture(catalog, gpu.compute) for gpu in machine.of("nvidia") if gpu.compute]
    known = [queries.native_driver(catalog, row.first, os) for row in rows if row]
    return max((one for one in (floor.driver if floor else None, own, *known) if one), default=None)


def _unknown(nvidia: Nvidia, toolkit: Cuda) -> Iterator[Reason]:
    if nvidia.cuda and nvidia.cuda.value >= toolkit:
        return  # the driver itself says that it runs it
    text = f"the catalog names no driver for CUDA {toolkit}: a [[floor]] row in catalog.d would"
    yield Reason(UNKNOWN, text, nvidia.driver.origin)

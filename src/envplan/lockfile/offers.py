"""Which machines a lock serves: told by the lock alone, with no catalog and no network."""

from __future__ import annotations

from collections.abc import Iterator

from envplan.lockfile.model import Lock, Offer
from envplan.machine.model import Gpu, Machine
from envplan.problems import Problem, Said
from envplan.values.variants import Kind, Variant
from envplan.values.versions import Compute, Cuda

NOT_SERVED = "EP227"
_KINDS: tuple[Kind, ...] = ("cpu", "xpu", "rocm", "cuda")

# Jetson boards up to Orin, which run NVIDIA's own builds for JetPack alone; the catalog calls them embedded.
BOARDS = {Compute(3, 2), Compute(5, 3), Compute(6, 2), Compute(7, 2), Compute(8, 7)}


def refusals(offer: Offer, machine: Machine) -> tuple[str, ...]:
    """Say why a machine cannot take a variant; nothing where it can."""
    if offer.platform != machine.platform:
        return (f"it is for {offer.platform}",)
    return tuple(dict.fromkeys((*_system(offer, machine), *_accelerator(offer, machine))))


def serving(lock: Lock, machine: Machine) -> tuple[Offer, ...]:
    """List the variants that a machine can take, the best first, in the order of a plan."""
    fits = [offer for offer in lock.offers if not refusals(offer, machine)]
    return tuple(sorted(fits, key=lambda offer: _rank(offer, machine), reverse=True))


def _rank(offer: Offer, machine: Machine) -> tuple[int, bool, bool, Variant]:
    """CUDA before ROCm before oneAPI, known code before unknown, a driver of its own before an older one."""
    known = bool(offer.native or offer.ptx or offer.least or offer.gfx or offer.names)
    return (_KINDS.index(offer.variant.kind), known, _is_native(offer, machine), offer.variant)


def not_served(lock: Lock, machine: Machine, file: str) -> Problem | None:
    """Say that no variant of a lock is for a machine, and why not each."""
    if serving(lock, machine):
        return None
    return Problem(
        NOT_SERVED,
        f"the lock does not serve {machine.name}",
        wanted=(Said(f"{machine.name}, {machine.platform}", machine.origin),),
        found=(Said(f"variants for {_platforms(lock)}", f"{file}: tool.envplan.target"),),
        why=tuple(
            Said(f"{offer.variant}: {'; '.join(reasons)}")
            for offer in lock.offers
            if offer.platform == machine.platform and (reasons := refusals(offer, machine))
        )
        or (Said(f"no variant is for {machine.platform}"),),
        cures=("envplan lock",),
    )


def _platforms(lock: Lock) -> str:
    return ", ".join(sorted({str(offer.platform) for offer in lock.offers}))


def _system(offer: Offer, machine: Machine) -> Iterator[str]:
    if offer.libc and machine.libc:
        own = machine.libc.value
        if own.family != offer.libc.family or not own.version.reaches(offer.libc.version):
            yield f"it needs {offer.libc}; here {own}"
    if offer.macos and machine.macos and not machine.macos.value.reaches(offer.macos):
        yield f"it needs macOS {offer.macos}; here {machine.macos}"
    here = {fact.value for fact in machine.pythons}
    if here and not here & set(offer.pythons):
        made, found = (", ".join(map(str, some)) for some in (offer.pythons, sorted(here)))
        yield f"it is for Python {made}; here {found}"


def _accelerator(offer: Offer, machine: Machine) -> Iterator[str]:
    match offer.variant.kind:
        case "cuda":
            yield from _cuda(offer, machine)
        case "rocm":
            yield from _amd(offer, machine)
        case "xpu":
            yield from _intel(offer, machine)
        case "cpu":
            return


def _cuda(offer: Offer, machine: Machine) -> Iterator[str]:
    if "cuda" in machine.any_kinds:
        return
    if machine.nvidia is None or not machine.of("nvidia"):
        yield _lacking(machine)
        return
    driver = machine.nvidia.driver
    if offer.driver and not driver.value.reaches(offer.driver):
        yield f"it needs driver ≥ {offer.driver}; here {driver}"
    yield from (text for gpu in machine.of("nvidia") if (text := _no_code(offer, machine, gpu)))


def _lacking(machine: Machine) -> str:
    """Say what of an NVIDIA GPU with its driver is not there; what cannot be read is not called absent."""
    if machine.unreadable:
        return "it needs an NVIDIA GPU with its driver; what is here cannot be read"
    if machine.of("nvidia"):
        return "it needs an NVIDIA driver; there is none"
    return f"it needs an NVIDIA GPU{'' if machine.nvidia else ' with its driver'}; there is none"


def _no_code(offer: Offer, machine: Machine, gpu: Gpu) -> str | None:
    if gpu.compute in BOARDS and offer.platform.os == "linux":
        return f"{gpu} is a Jetson board, and it is built for servers"
    if not (offer.native or offer.ptx or offer.least):
        return None  # the wheels are not known to hold code for some GPUs and not for others
    if gpu.compute is None:
        return f"the compute capability of {gpu.name} is not known"
    if offer.least and gpu.compute < offer.least:
        return f"it is made for GPUs from {offer.least.sm} on; {gpu} is older"
    if not (offer.native or offer.ptx):
        return None
    if any(one.major == gpu.compute.major and one.minor <= gpu.compute.minor for one in offer.native):
        return None
    if not any(one <= gpu.compute for one in offer.ptx):
        return f"it holds no code for {gpu}"
    if not _is_native(offer, machine):
        return f"it holds only PTX for {gpu}, which takes driver ≥ {offer.native_driver}"
    return None


def _is_native(offer: Offer, machine: Machine) -> bool:
    """Whether the driver also compiles PTX of this variant; a variant that asks for no driver is at home."""
    needed = offer.native_driver or offer.driver
    if needed is None or machine.nvidia is None:
        return needed is None
    driver, reported = machine.nvidia.driver.value, machine.nvidia.cuda
    toolkit = offer.variant.cuda or Cuda(offer.variant.cuda_major or 0, 0)
    if reported and reported.value < toolkit:
        return False
    # Boards number their drivers in their own way within a branch; there the report decides.
    return driver.reaches(needed) or (reported is not None and driver.major == needed.major)


def _intel(offer: Offer, machine: Machine) -> Iterator[str]:
    gpus = machine.of("intel")
    if "xpu" in machine.any_kinds or any(gpu.is_called(offer.names or "*") for gpu in gpus):
        return
    yield (
        f"it is not made for {', '.join(map(str, gpus))}" if gpus else "it needs an Intel GPU; there is none"
    )


def _amd(offer: Offer, machine: Machine) -> Iterator[str]:
    if "rocm" in machine.any_kinds:
        return
    if not machine.of("amd"):
        yield "it needs an AMD GPU; there is none"
    for gpu in machine.of("amd"):
        if offer.gfx and gpu.gfx not in offer.gfx:
            yield f"it holds no code for {gpu}"

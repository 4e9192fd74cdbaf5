"""Is there code for every GPU of the machine in the wheel?

Compiled code (a cubin) for X.Y runs on GPUs X.Z with Z ≥ Y, on any driver above the floor. PTX for X.Y is
compiled by the driver for any later GPU, but only by a driver as new as the toolkit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from envplan.catalog import queries
from envplan.catalog.model import Kernels
from envplan.machine.model import Gpu
from envplan.planner.model import Build, Reason, Weight
from envplan.planner.rules.driver import is_native
from envplan.planner.rules.question import Question
from envplan.spec.model import Exactly
from envplan.values.versions import Compute

NO_CODE, BOARD, UNREADABLE, DOUBT, UNUSED = "EP203", "EP204", "EP211", "EP221", "EP222"


def kernels(question: Question, build: Build) -> Iterator[Reason]:
    """Ask for each GPU that this kind of build drives."""
    row = build.kernels
    match build.variant.kind:
        case "cuda":
            for gpu in _unlike(question.machine.of("nvidia")):
                yield from _nvidia(question, build, row, gpu)
        case "rocm":
            for gpu in _unlike(question.machine.of("amd")):
                yield from _amd(question, build, row, gpu)
        case "xpu":
            yield from _intel(question, build, row)
        case "cpu":
            return


def _unlike(gpus: Iterable[Gpu]) -> list[Gpu]:
    """One of each kind: eight equal GPUs are one question."""
    kinds = {(gpu.compute, gpu.gfx, "" if gpu.compute or gpu.gfx else gpu.name): gpu for gpu in gpus}
    return list(kinds.values())


def _nvidia(question: Question, build: Build, row: Kernels | None, gpu: Gpu) -> Iterator[Reason]:
    if gpu.compute is None:
        yield Reason(UNREADABLE, f"the compute capability of {gpu.name} is not known", gpu.origin)
        return
    architecture = queries.architecture(question.catalog, gpu.compute)
    if architecture and architecture.embedded and build.platform.os == "linux":
        text = f"{gpu} is a Jetson board: wheels for servers do not run there, only NVIDIA's own for JetPack"
        yield Reason(BOARD, text, architecture.evidence.source)
        return
    if row is None:
        yield from _unlisted(question, build, gpu, gpu.compute)
    elif row.least is not None:
        yield from _least(question, build, row, gpu)
    elif runs_compiled(row, gpu.compute):
        if not row.evidence.certain:
            text = f"nobody has read that {build} holds code for {gpu}: it was concluded from its neighbours"
            yield Reason(DOUBT, text, str(row.evidence), "doubt")
    else:
        yield from _by_ptx(question, build, row, gpu, gpu.compute)


def runs_compiled(row: Kernels, compute: Compute) -> bool:
    """Whether a build holds compiled code that a GPU runs."""
    return any(one.major == compute.major and one.minor <= compute.minor for one in row.native)


def _by_ptx(question: Question, build: Build, row: Kernels, gpu: Gpu, compute: Compute) -> Iterator[Reason]:
    """No compiled code fits: PTX may, if there is some and the driver can compile it."""
    usable = [one for one in row.ptx if one <= compute]
    held = _held(row)
    if not usable:
        text = f"{build} holds code for {held}; {gpu} needs {_needed(row, compute)}"
        yield Reason(NO_CODE, text, str(row.evidence), _weight(question, build, row, gpu))
        return
    toolkit = build.toolkit
    assert toolkit
    if not is_native(question.catalog, question.machine, toolkit):
        needed = queries.native_driver(question.catalog, toolkit, build.platform.os)
        text = (
            f"{build} has only PTX for {gpu}, which the driver must compile:"
            f" that takes driver ≥ {needed} (CUDA {toolkit})"
        )
        yield Reason(NO_CODE, text, str(row.evidence))
    else:
        text = f"{build} has only PTX for {gpu}: the driver compiles it at first use, which takes minutes"
        yield Reason(DOUBT, text, str(row.evidence), "doubt")


def _weight(question: Question, build: Build, row: Kernels | None, gpu: Gpu) -> Weight:
    """How heavy it weighs that no row names code for a GPU.

    An inferred row, or none, forbids nothing that the user asks for by name, unless the toolkit certainly
    cannot make code for the GPU. But envplan does not choose by itself a build that probably holds no code:
    the burden of proof is on the yes (docs/decisions/0003).
    """
    by_name = isinstance(question.wish.accelerator, Exactly)
    if not by_name or (row and row.evidence.certain):
        return "refuse"
    generation = queries.architecture(question.catalog, gpu.compute) if gpu.compute else None
    if generation and build.toolkit and generation.evidence.certain:
        return "doubt" if queries.can_compile(generation, build.toolkit) else "refuse"
    return "doubt"


def _unlisted(question: Question, build: Build, gpu: Gpu, compute: Compute) -> Iterator[Reason]:
    """Nothing is known of the wheel's code: judge by what its toolkit can make code for."""
    architecture = queries.architecture(question.catalog, compute)
    toolkit = build.toolkit
    if architecture is None or toolkit is None:
        text = f"nothing is known of the code in {build}, nor of {gpu}"
        yield Reason(NO_CODE, text, gpu.origin)
    elif not queries.can_compile(architecture, toolkit):
        span = f"CUDA {architecture.first}" + (
            f" to {architecture.last}" if architecture.last else " or newer"
        )
        text = f"{gpu} needs a build with {span}; {build} is CUDA {toolkit}"
        yield Reason(NO_CODE, text, str(architecture.evidence))
    else:
        text = f"the catalog does not list the code in {build}; its toolkit can make some for {gpu}"
        yield Reason(DOUBT, text, str(build.way.evidence), "doubt")


def _least(question: Question, build: Build, row: Kernels, gpu: Gpu) -> Iterator[Reason]:
    if row.least and gpu.compute and gpu.compute < row.least:
        text = f"{build} is made for GPUs from {row.least.sm} on; {gpu} is older"
        yield Reason(NO_CODE, text, str(row.evidence), _weight(question, build, row, gpu))


def _amd(question: Question, build: Build, row: Kernels | None, gpu: Gpu) -> Iterator[Reason]:
    if gpu.gfx is None:
        yield Reason(UNREADABLE, f"the gfx name of {gpu.name} is not known", gpu.origin)
    elif row is None:
        text = f"which AMD GPUs {build} has code for is not known"
        yield Reason(NO_CODE, text, gpu.origin, _weight(question, build, None, gpu))
    elif gpu.gfx not in row.gfx:
        text = f"{build} holds code for {', '.join(row.gfx)}; {gpu} is not among them"
        yield Reason(NO_CODE, text, str(row.evidence), _weight(question, build, row, gpu))


def _intel(question: Question, build: Build, row: Kernels | None) -> Iterator[Reason]:
    """One card is enough: the graphics of the processor that is beside most of them hinders no program."""
    if row is None:
        return
    gpus = question.machine.of("intel")
    others = [gpu for gpu in gpus if not gpu.is_called(row.names)]
    for gpu in others:
        why = "is not among the Intel GPUs that PyTorch supports: Arc, Data Center GPU Max"
        if len(others) == len(gpus):
            weight = _weight(question, build, row, gpu)
            yield Reason(NO_CODE, f"{gpu.name} {why}", str(row.evidence), weight)
        else:
            yield Reason(UNUSED, f"{gpu.name} will not be used: it {why}", str(row.evidence), "note")


def may_run(gpu: Gpu, rows: Iterable[Kernels]) -> bool:
    """Whether some build may hold code for a GPU: one lists it, or none lists GPUs of its vendor."""
    rows = tuple(rows)
    match gpu.vendor:
        case "amd":
            lists = [row.gfx for row in rows if row.gfx]
            return not lists or any(gpu.gfx in one for one in lists)
        case "intel":
            names = [row.names for row in rows if row.names]
            return not names or any(gpu.is_called(one) for one in names)
    return True


def _held(row: Kernels) -> str:
    native = ", ".join(one.sm for one in sorted(row.native))
    ptx = ", ".join(f"PTX {one}" for one in sorted(row.ptx))
    return f"{native} and {ptx}" if native and ptx else native or ptx or "no GPU at all"


def _needed(row: Kernels, compute: Compute) -> str:
    """The code a GPU would run: compiled for its own major, or PTX where it is newer than all there is."""
    code = compute.sm if compute.minor == 0 else f"sm_{compute.major}0 to {compute.sm}"
    return f"{code} or PTX" if all(one < compute for one in row.native) else code

"""A machine as people read it, and as programs do.

Three things are kept apart that are often taken for one: the driver, which belongs to the system; CUDA
toolkits, which some have installed and no wheel needs; and the CUDA libraries that the wheels bring along.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from envplan.documents.reading import printable
from envplan.machine.model import Gpu, Machine
from envplan.machine.probe import Survey
from envplan.machine.profile import as_table
from envplan.verbs.probe import Probed

_Row = tuple[str, str, str]  # what, its value, where that comes from


def probe_text(probed: Probed) -> str:
    """Write everything down in sections."""
    survey = probed.survey
    parts = [
        _section(f"Machine {survey.machine.name}", _system(survey)),
        _section("GPUs", _gpus(survey)),
        _section("NVIDIA driver (a part of the system; it decides which CUDA can run)", _driver(survey)),
    ]
    if survey.rungs:  # a profile knows nothing of these
        parts += [
            _section(
                "CUDA toolkits on this system (for compiling; wheels do not need them)", _toolkits(survey)
            ),
            "CUDA inside wheels\n  each wheel brings the CUDA libraries it was built with; "
            "envplan plan chooses which",
            _section(
                "Asked",
                [(rung.name, f"{rung.result:<10}  {rung.detail}", rung.origin) for rung in survey.rungs],
            ),
        ]
        parts.append(_section("Notes", [(note.name, note.text, note.origin) for note in survey.notes]))
    if probed.saved:
        parts.append(f"saved to {printable(str(probed.saved))}")
    return "\n\n".join(part for part in parts if part)


def probe_json(probed: Probed) -> dict[str, Any]:
    """Return the shape promised in schemas/output.schema.json."""
    survey = probed.survey
    runtime = survey.vc_runtime
    return {
        "machine": as_table(survey.machine),
        "origin": survey.machine.origin,
        "facts": [
            {"fact": what, "value": value, "origin": origin} for what, value, origin in _facts(survey.machine)
        ],
        "hidden": [_gpu_json(gpu) for gpu in survey.hidden],
        "rungs": [
            {"rung": rung.name, "result": rung.result, "origin": rung.origin, "detail": rung.detail}
            for rung in survey.rungs
        ],
        "interpreters": [{"python": str(one.python), "path": one.path} for one in survey.interpreters],
        "toolkits": [
            {"version": one.version, "path": one.path, "origin": one.origin} for one in survey.toolkits
        ],
        "cudnn": [{"version": one.version, "path": one.path, "origin": one.origin} for one in survey.cudnn],
        "library_folders": [
            {"path": one.path, "libraries": list(one.libraries)} for one in survey.library_folders
        ],
        "flags": list(survey.flags),
        "build": survey.build or None,
        "vc_runtime": runtime
        and {"version": runtime.version, "origin": runtime.origin, "missing": list(runtime.missing)},
        "notes": [{"note": one.name, "text": one.text, "origin": one.origin} for one in survey.notes],
        "saved": str(probed.saved) if probed.saved else None,
    }


def _facts(machine: Machine) -> Iterable[_Row]:
    if machine.libc:
        yield "libc", str(machine.libc), machine.libc.origin
    if machine.macos:
        yield "macos", str(machine.macos), machine.macos.origin
    if machine.nvidia:
        yield "nvidia.driver", str(machine.nvidia.driver), machine.nvidia.driver.origin
        if machine.nvidia.cuda:
            yield "nvidia.cuda", str(machine.nvidia.cuda), machine.nvidia.cuda.origin
    for gpu in machine.gpus:
        yield "gpu", str(gpu), gpu.origin


def _gpu_json(gpu: Gpu) -> dict[str, Any]:
    return {
        "vendor": gpu.vendor,
        "name": gpu.name,
        "compute": str(gpu.compute) if gpu.compute else None,
        "gfx": gpu.gfx,
        "memory-mib": gpu.memory_mib,
        "origin": gpu.origin,
    }


def _system(survey: Survey) -> Iterable[_Row]:
    machine = survey.machine
    yield "platform", str(machine.platform), machine.origin
    if machine.libc:
        yield "C library", str(machine.libc), machine.libc.origin
    if machine.macos:
        yield "macOS", str(machine.macos), machine.macos.origin
    if survey.build:
        yield "Windows", survey.build, "the system"
    if survey.vc_runtime:
        yield "VC++ runtime", survey.vc_runtime.version or "none", survey.vc_runtime.origin
    if survey.flags:
        yield "processor", " ".join(survey.flags), "the first core"
    for python in machine.pythons:
        yield "Python", str(python), python.origin


def _gpus(survey: Survey) -> Iterable[_Row]:
    machine = survey.machine
    for gpu in machine.gpus:
        yield gpu.vendor, _gpu(gpu), gpu.origin
    for gpu in survey.hidden:
        yield "hidden", _gpu(gpu), gpu.origin
    if machine.unreadable:
        yield "unknown", "something could not be read; this is not the same as none", ""
    elif not machine.gpus and not survey.hidden:
        yield "none", "", ""


def _gpu(gpu: Gpu) -> str:
    memory = f", {gpu.memory_mib:,} MiB" if gpu.memory_mib else ""
    compute = f", compute capability {gpu.compute}" if gpu.compute else ""
    return f"{gpu}{compute}{memory}"


def _driver(survey: Survey) -> Iterable[_Row]:
    nvidia = survey.machine.nvidia
    if nvidia is None:
        unknown = any(problem.code.startswith("EP5") for problem in survey.machine.unreadable)
        yield ("unknown" if unknown else "none"), "", ""
        return
    yield "version", str(nvidia.driver), nvidia.driver.origin
    if nvidia.cuda:
        yield "newest CUDA", str(nvidia.cuda), nvidia.cuda.origin


def _toolkits(survey: Survey) -> Iterable[_Row]:
    for toolkit in survey.toolkits:
        yield "CUDA", f"{toolkit.version} in {toolkit.path}", toolkit.origin
    for cudnn in survey.cudnn:
        yield "cuDNN", f"{cudnn.version} in {cudnn.path}", cudnn.origin
    for folder in survey.library_folders:
        yield "in front", f"{folder.path}: {', '.join(folder.libraries)}", "LD_LIBRARY_PATH"
    if not (survey.toolkits or survey.cudnn or survey.library_folders):
        yield "none", "", ""


def _section(title: str, rows: Iterable[_Row]) -> str:
    listed = list(rows)
    if not listed:
        return ""
    first = max(len(what) for what, _, _ in listed)
    second = min(max(len(value) for _, value, _ in listed), 60)
    lines = [f"  {what:<{first}}  {value:<{second}}  {origin}".rstrip() for what, value, origin in listed]
    return "\n".join([title, *lines])

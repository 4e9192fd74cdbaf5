"""What a framework answered, held against the lock, the machine and the catalog."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from envplan.environment.proof.asking import Heard
from envplan.environment.proof.frameworks import Expected
from envplan.environment.proof.interpreter import not_starting
from envplan.environment.proof.kernels import kernel_warning
from envplan.environment.proof.question import Question
from envplan.environment.proof.report import Check, Device, Smoke, Status
from envplan.environment.proof.symptoms import explained, helps
from envplan.machine.model import Gpu, Machine
from envplan.problems import Problem, Said
from envplan.values.records import dataclass

_IMPORT, _WRONG, _OTHER, _DEVICES, _DIED = "EP616", "EP620", "EP621", "EP622", "EP624"
_WORDS = "its last words"
_LONGEST = 100  # of what it says that its version is


@dataclass(frozen=True)
class Judged:
    """The report on one framework, and what is wrong with it."""

    smoke: Smoke
    problems: tuple[Problem, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether it is not as it should be."""
        return self.smoke.status == "failed"


def judge(question: Question, one: Expected, devices: Sequence[Gpu], heard: Heard) -> Judged:
    """Judge one framework by all that it said."""
    if not heard.begun:
        return _judged(question, one, devices, heard, (not_starting(question, heard),))
    problems = (
        *_died(question, one, heard),
        *_unimportable(question, one, heard),
        *_other(question, one, heard),
        *_device_problems(question, one, devices, heard),
        *_wrong(question, one, heard),
        *kernel_warning(question, one, heard.first("kernels")),
    )
    return _judged(question, one, devices, heard, problems)


def no_gpu(machine: Machine | None) -> str:
    """Say why there is no device to work on; what could not be read is not taken for none."""
    if machine is None:
        return "another machine is pretended"
    return "the GPUs here cannot be read" if machine.unreadable else "no GPU here"


def _judged(
    question: Question, one: Expected, devices: Sequence[Gpu], heard: Heard, problems: tuple[Problem, ...]
) -> Judged:
    failed = any(problem.severity == "error" for problem in problems)
    status: Status = "failed" if failed else "passed"
    version = heard.first("version") and str(heard.first("version"))[:_LONGEST]
    seen = _devices(heard)
    gpus = [device for device in seen if device.key != "cpu"]
    idle = "it sees no GPU" if devices else f"devices not run: {no_gpu(question.machine)}"
    detail = heard.trouble or ("" if gpus or (one.kind == "cpu" and not devices) else idle)
    return Judged(Smoke(one.framework, one.package, status, version, _variant(heard), detail, seen), problems)


def _devices(heard: Heard) -> tuple[Device, ...]:
    """Gather what was said of each device."""
    found = []
    for line in heard.lines:
        if "device" in line and "name" in line:
            checks = (one for one in heard.all("check") if one.get("device") == line["device"])
            compute = line.get("compute")
            found.append(
                Device(
                    str(line["device"]),
                    str(line["name"]),
                    compute and str(compute),
                    tuple(_check(one) for one in checks),
                )
            )
    return tuple(found)


def _check(line: dict[str, Any]) -> Check:
    return Check(
        str(line["check"]), line.get("ok"), str(line.get("detail") or ""), float(line.get("seconds") or 0)
    )


def _variant(heard: Heard) -> str | None:
    """Name the accelerator that a build says it is for."""
    built = heard.first("built")
    if not isinstance(built, dict):
        return None
    if built.get("hip"):
        return f"ROCm {built['hip']}"
    if built.get("cuda"):
        return f"CUDA {built['cuda']}"
    return "XPU" if built.get("xpu") else "CPU"


def _died(question: Question, one: Expected, heard: Heard) -> Iterator[Problem]:
    stumbled = heard.first("stumbled")
    told = heard.first("version") is not None or heard.all("unimportable")
    if not heard.trouble and not stumbled and told:
        return
    known = explained("\n".join((heard.trouble, str(stumbled or ""), *heard.words)), question)
    default = question.patience if heard.late else question.look
    where = f"at: {heard.at}{_on(heard)}" if heard.at else ""
    silent = "" if heard.trouble or stumbled else "it said nothing of itself"
    yield Problem(
        _DIED,
        f"{one.framework} {heard.trouble or 'cannot be proven'}",
        wanted=(Said(one.wanted, "the lock"),),
        found=tuple(Said(text) for text in (where, stumbled, silent) if text),
        why=(
            *(known.why if known else ()),
            *(Said(line, _WORDS if number == 0 else "") for number, line in enumerate(heard.words)),
        ),
        cures=helps(question, known, default),
    )


def _on(heard: Heard) -> str:
    """Name the device that it was busy with."""
    last: dict[str, Any] = next((line for line in reversed(heard.lines) if "at" in line), {})
    device = next((one for one in _devices(heard) if one.key == last.get("device")), None)
    return f", on {_place(device)}" if device else ""


def _unimportable(question: Question, one: Expected, heard: Heard) -> Iterator[Problem]:
    for line in heard.all("unimportable"):
        error = str(line.get("error"))
        known = explained("\n".join((error, *heard.words)), question)
        yield Problem(
            _IMPORT,
            f"{line['unimportable']} cannot be imported",
            wanted=(Said(one.wanted, "the lock"),),
            found=(Said(error, f"import {line['unimportable']}"),),
            why=known.why if known else (),
            cures=helps(question, known),
        )


def _other(question: Question, one: Expected, heard: Heard) -> Iterator[Problem]:
    version, built = heard.first("version"), heard.first("built")
    found = []
    if version is not None and not _same_version(one, version := str(version)[:_LONGEST]):
        found.append(Said(f"{one.framework} {version}", f"{one.framework}.__version__"))
    if isinstance(built, dict) and not _same_variant(one, built):
        found.append(Said(f"a build for {_variant(heard)}", "what it says of itself"))
    if not found:
        return
    yield Problem(
        _OTHER,
        f"{one.framework} is not the one that the lock holds",
        wanted=(Said(one.wanted, "the lock"),),
        found=tuple(found),
        why=(Said("another copy is imported, or its files were replaced"),),
        cures=tuple(dict.fromkeys((question.look, question.apply))),
    )


def _same_version(one: Expected, told: str) -> bool:
    """Compare as far as both tell: only torch says its local part, and some leave out "rc1" or "post1"."""
    from packaging.version import InvalidVersion, Version

    try:
        found, wanted = Version(told), Version(one.version)
    except InvalidVersion:
        return False
    if one.framework == "torch" and found.local and wanted.local and found.local != wanted.local:
        return False
    return found.release[:3] == wanted.release[:3] or _padded(found.release) == _padded(wanted.release)


def _padded(release: tuple[int, ...]) -> tuple[int, ...]:
    return (*release, 0, 0, 0)[:3]


def _same_variant(one: Expected, built: dict[str, Any]) -> bool:
    cuda, hip, xpu = (str(built.get(name) or "") for name in ("cuda", "hip", "xpu"))
    if one.framework == "jax" and not (cuda or hip):
        return True  # its plugin speaks through the devices, and those are compared
    match one.kind:
        case "cpu":  # TensorFlow's wheel for Linux is built for CUDA, and runs without
            return one.framework == "tensorflow" or not (cuda or hip)
        case "cuda":
            return bool(cuda) and _same_cuda(one, cuda)
        case "rocm":
            wanted = str(one.variant.rocm) if one.variant and one.variant.rocm else ""
            return bool(hip) and (not wanted or f"{hip}.".startswith(f"{wanted}."))
        case "xpu":
            return bool(xpu) or not (cuda or hip)


def _same_cuda(one: Expected, told: str) -> bool:
    if not told[:1].isdigit():
        return True  # it is for CUDA, and does not say which
    if one.variant and one.variant.cuda:
        return told.split(".")[:2] == str(one.variant.cuda).split(".")
    major = one.cuda_major or (one.variant.cuda_major if one.variant else None)
    return major is None or told.split(".")[0] == str(major)


def _device_problems(
    question: Question, one: Expected, devices: Sequence[Gpu], heard: Heard
) -> Iterator[Problem]:
    """Compare the devices that were probed with those that the framework sees."""
    if heard.first("version") is None or heard.trouble or question.machine is None:
        return
    seen = [device for device in _devices(heard) if device.key != "cpu"]
    if any(" MIG " in device.name for device in seen):
        return  # CUDA shows one slice to a process, whatever there is
    probed = Counter(_compute(gpu) for gpu in devices)
    found = Counter(device.compute or "?" for device in seen)
    fewer, other = len(seen) < len(devices), probed != found and "?" not in {*probed, *found}
    more = one.kind == "cuda" and len(seen) > len(devices) and not question.machine.unreadable
    if one.kind == "xpu" and seen:
        return  # oneAPI leaves out the graphics of older processors
    if not fewer and not more and not (other and len(seen) == len(devices)):
        return
    notes = [str(line["note"]) for line in heard.all("note")]
    known = explained("\n".join((*notes, heard.printed)), question)
    yield Problem(
        _DEVICES,
        _seen(one, len(seen), len(devices)),
        wanted=tuple(Said(str(gpu), gpu.origin) for gpu in devices),
        found=tuple(Said(_shown(device), one.framework) for device in seen)
        or (Said("no GPU", one.framework),),
        why=(
            *(known.why if known else ()),
            *(Said(note, one.framework) for note in notes),
            *(Said(line, _WORDS if number == 0 else "") for number, line in enumerate(heard.words)),
        ),
        cures=known.cures if known else ("envplan probe",),
    )


def _seen(one: Expected, seen: int, devices: int) -> str:
    if seen > devices:
        return f"{one.framework} sees {seen} GPU{'s' if seen > 1 else ''} where {devices or 'none'} was found"
    if seen == devices:
        return f"{one.framework} sees other GPUs than there are"
    if devices == 1:
        return f"{one.framework} does not see the GPU here"
    return f"{one.framework} sees {seen or 'none'} of the {devices} GPUs here"


def _place(device: Device) -> str:
    return device.name if device.key == device.name else f"{device.key}, {device.name}"


def _shown(device: Device) -> str:
    """Name a device as the machine's are named: with sm_80 for 8.0."""
    major, mark, minor = (device.compute or "").partition(".")
    detail = f"sm_{major}{minor}" if mark else device.compute
    return f"{device.name} ({detail})" if detail else device.name


def _compute(gpu: Gpu) -> str:
    return str(gpu.compute) if gpu.compute else gpu.gfx or "?"


def _wrong(question: Question, one: Expected, heard: Heard) -> Iterator[Problem]:
    for device in _devices(heard):
        bad = [check for check in device.checks if check.ok is False]
        if not bad:
            continue
        known = explained("\n".join((*(check.detail for check in bad), *heard.words)), question)
        yield Problem(
            _WRONG,
            f"{one.framework} does not compute right on {_place(device)}",
            wanted=(Said(one.wanted, "the lock"),),
            found=tuple(Said(f"{check.name}: {check.detail}") for check in bad),
            why=known.why if known else (),
            cures=helps(question, known, question.look, "envplan plan --why"),
        )

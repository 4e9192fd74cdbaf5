"""How the planner puts things: what was wanted, what was found, and the title over it."""

from __future__ import annotations

from collections.abc import Iterable

from envplan.machine.model import Gpu, Machine
from envplan.planner.attempt import Attempt
from envplan.planner.model import Reason, Wish
from envplan.planner.verdict import Verdict
from envplan.problems import Said
from envplan.spec.model import AnyGpu, Auto

_MOST_LINES = 6


def wanted_lines(wish: Wish) -> tuple[Said, ...]:
    """What was asked for, and where it is written."""
    lead = wish.lead or (wish.asked[0] if wish.asked else None)
    origin = lead.origin if lead else "brought along by another package"
    lines = [Said(wish.words, origin)]
    lines += [Said(str(one), one.origin) for one in wish.companions if one.specifier]
    if not isinstance(wish.accelerator, Auto):
        lines.append(Said(f"on {wish.accelerator}", wish.accelerator_origin))
    return tuple(lines)


def said(reasons: Iterable[Reason]) -> tuple[Said, ...]:
    """Reasons as lines of a problem, each once."""
    return tuple({reason.text: Said(reason.text, reason.origin) for reason in reasons}.values())[:_MOST_LINES]


def gpu_lines(gpus: Iterable[Gpu]) -> tuple[Said, ...]:
    """GPUs as lines of a problem, equal ones counted."""
    equal: dict[str, list[Gpu]] = {}
    for gpu in gpus:
        equal.setdefault(str(gpu), []).append(gpu)
    return tuple(
        Said(f"{len(those)} x {text}" if len(those) > 1 else text, those[0].origin)
        for text, those in equal.items()
    )


_TITLES = {
    "EP202": "the NVIDIA driver is too old for {wish}",
    "EP203": "{wish} has no build that runs on this GPU",
    "EP204": "{wish} does not run on this system",
    "EP206": "{wish} does not go with another package of the spec",
    "EP207": "{wish} breaks with another package of the spec",
    "EP210": "which driver {wish} needs is not known",
    "EP211": "the GPUs of {machine} could not be read",
    "EP213": "no single build of {wish} runs on every GPU of {machine}",
}


def title(code: str, wish: Wish, failed: Attempt, near: list[Verdict]) -> str:
    """Say in one line what is the matter."""
    machine = failed.judged.machine
    match code:
        case "EP209":
            return _without_device(wish, machine)
        case "EP203" if all(verdict.build.kernels is None for verdict in near):
            return f"whether {wish.words} has code for this GPU is not known"
        case "EP205":
            wheels = f"{_kind(wish, failed)}wheels for {_lacking(failed, near)}"
            return f"{wish.words} has no {wheels} on {machine.platform}"
        case _:
            return _TITLES.get(code, "{wish} does not fit this machine").format(
                wish=wish.words, machine=machine.name
            )


def found_lines(code: str, failed: Attempt) -> tuple[Said, ...]:
    """Show the facts of the machine that the matter is about."""
    machine = failed.judged.machine
    gpus = gpu_lines(machine.gpus)
    driver: tuple[Said, ...] = ()
    if machine.nvidia:
        driver = (Said(f"NVIDIA driver {machine.nvidia.driver}", machine.nvidia.driver.origin),)
    match code:
        case "EP202" | "EP210":
            return driver
        case "EP203" | "EP213" | "EP209":
            return (*gpus, *driver) or (Said("no GPU", machine.origin),)
        case "EP211":
            return tuple(Said(one.title) for one in machine.unreadable) or gpus
        case "EP204":
            system = machine.libc or machine.macos
            return (Said(f"{machine.platform}, {system}", system.origin),) if system else gpus
        case "EP205":
            pythons = ", ".join(str(python) for python in failed.judged.pythons)
            return (Said(f"Python {pythons}", failed.tried.spec.python_origin),)
        case _:
            return ()


def _without_device(wish: Wish, machine: Machine) -> str:
    if machine.of("nvidia") and machine.nvidia is None:
        return "the GPU has no driver"
    if machine.platform.os == "macos":
        return f"{wish.words} cannot use the GPU of this Mac"
    if isinstance(wish.accelerator, Auto):
        return f"{wish.words} needs a GPU, and {machine.name} has none for it"
    return f"{wish.words} on {wish.accelerator}: {machine.name} has no GPU for it"


def _kind(wish: Wish, failed: Attempt) -> str:
    """Which wheels there are none of, where there are others for the Python."""
    row = failed.judged.wishes.index(wish)
    others = [
        v for v in failed.judged.verdicts[row] if "EP208" in v.codes and not v.codes & {"EP201", "EP205"}
    ]
    return "GPU " if others and isinstance(wish.accelerator, AnyGpu) else ""


def _lacking(failed: Attempt, near: Iterable[Verdict]) -> str:
    """The Pythons that none of the builds has a wheel for."""
    tags = [tag for verdict in near for wheel in verdict.build.wheels for tag in wheel.pythons]
    lacking = [python for python in failed.judged.pythons if not any(tag.fits(python) for tag in tags)]
    return "Python " + " and ".join(str(python) for python in lacking or failed.judged.pythons)

"""Is there a wheel for each Python, and does it load on this system?"""

from __future__ import annotations

from collections.abc import Iterator

from envplan.catalog.model import Wheel
from envplan.machine.model import Machine
from envplan.planner.model import Build, Reason
from envplan.planner.rules.question import Question
from envplan.values.tags import PlatformTag
from envplan.values.versions import Dotted, Python

NO_WHEEL, OLD_SYSTEM = "EP205", "EP204"

# The oldest glibc that PyTorch's unversioned linux_* wheels were built on (pytorch/builder, CentOS 7).
_UNVERSIONED_GLIBC = Dotted("2.17")


def python_and_platform(question: Question, build: Build) -> Iterator[Reason]:
    """Look for wheels of each Python first; only those can be too new for the system."""
    for python in question.pythons:
        if not question.spec.runs_on(python):
            text = f"the project runs on Python {question.spec.requires_python}, not on {python}"
            yield Reason(NO_WHEEL, text, question.spec.origin)
        wheels = [wheel for wheel in build.wheels if any(tag.fits(python) for tag in wheel.pythons)]
        if not wheels:
            text = f"{build} has no wheel for Python {python}: {_span(build)}"
            yield Reason(NO_WHEEL, text, _origin(question, python))
            continue
        objections = [_objection(wheel, build, question.machine) for wheel in wheels]
        if all(objections):
            yield next(one for one in objections if one)
    yield from _missing(question)


def _origin(question: Question, python: Python) -> str:
    here = (one.origin for one in question.machine.pythons if one.value == python)
    return question.spec.python_origin or next(here, "the Python that envplan runs on")


def pythons_of(build: Build) -> list[Python]:
    """List the Pythons a build has wheels for; those of an open range are left out."""
    return sorted(
        {tag.python for wheel in build.wheels for tag in wheel.pythons if tag.python and not tag.later}
    )


def _span(build: Build) -> str:
    exact = pythons_of(build)
    later = sorted({str(tag) for wheel in build.wheels for tag in wheel.pythons if tag.later})
    listed = [str(exact[0]) if len(exact) == 1 else f"{exact[0]} to {exact[-1]}"] if exact else []
    return "it has " + (" and ".join([*listed, *later]) or "none")


def _objection(wheel: Wheel, build: Build, machine: Machine) -> Reason | None:
    """Say why none of the wheel's tags loads on this system; none if one does."""
    objections = [_tag(tag, build, machine) for tag in wheel.platforms if tag.fits(machine.platform)]
    return None if not all(objections) else next((one for one in objections if one), None)


def _tag(tag: PlatformTag, build: Build, machine: Machine) -> Reason | None:
    if tag.os == "linux" and machine.libc:
        libc = machine.libc.value
        floor = tag.floor or _UNVERSIONED_GLIBC
        if tag.libc != libc.family:
            text = f"the wheels of {build} are made for {tag.libc}; this system has {libc}"
            return Reason(OLD_SYSTEM, text, machine.libc.origin)
        if libc.version < floor:
            return Reason(OLD_SYSTEM, f"{build} needs {tag.libc} ≥ {floor}; here {libc}", machine.libc.origin)
    if tag.os == "macos" and machine.macos and tag.floor and machine.macos.value < tag.floor:
        text = f"{build} needs macOS ≥ {tag.floor}; here macOS {machine.macos}"
        return Reason(OLD_SYSTEM, text, machine.macos.origin)
    return None


def _missing(question: Question) -> Iterator[Reason]:
    present = {python.value for python in question.machine.pythons}
    for python in question.pythons:
        if present and python not in present:
            found = ", ".join(str(one) for one in sorted(present))
            text = f"Python {python} is not on this machine (it has {found}): install it before applying"
            yield Reason("EP223", text, question.machine.pythons[0].origin, "note")

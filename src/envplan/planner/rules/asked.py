"""Is it what the spec asks for: this version, this accelerator, with its companions?"""

from __future__ import annotations

from collections.abc import Iterator

from packaging.version import Version

from envplan.planner.model import Build, Reason, Wish
from envplan.planner.rules.question import Question
from envplan.spec.model import AnyCuda, AnyGpu, AnyRocm, Auto, CpuOnly, Exactly, Requirement
from envplan.values.versions import Cuda

VERSION, ACCELERATOR = "EP201", "EP208"


def asked(question: Question, build: Build) -> Iterator[Reason]:
    """Compare the build with the words of the spec."""
    wish = question.wish
    yield from _version(wish, build)
    yield from _companions(wish, build)
    yield from _named(wish, build)
    if not _is_accelerator(wish, build):
        yield Reason(
            ACCELERATOR,
            f"accelerator {wish.accelerator} does not admit {_described(build)}",
            wish.accelerator_origin,
        )
    needs = build.way.needs
    if without_libraries(wish, build) and build.toolkit:
        needs = f"CUDA {build.toolkit.major} and cuDNN on the system"
    if needs:
        text = f"{build} does not bring all it needs: it needs {needs}"
        yield Reason("EP221", text, str(build.way.evidence), "doubt")
    if not build.way.evidence.certain:
        name = f"{build.framework} {build.published}"
        text = f"nobody has read that {name} is a {build.variant} build: it was concluded"
        yield Reason("EP221", text, str(build.way.evidence), "doubt")
    doubtful = next((w.evidence for w in build.wheels if not w.evidence.certain), None)
    if doubtful and not any(wheel.evidence.certain for wheel in build.wheels):
        yield Reason(
            "EP220",
            f"{build.index} is said to hold {build.framework} {build.published}, but nobody has seen it",
            str(doubtful),
            "doubt",
        )


def companion_version(requirement: Requirement, build: Build) -> Version | None:
    """Choose the companion's newest version that belongs to this release and that the spec admits."""
    release = build.release
    versions = release.companions.get(requirement.name, ()) if release else ()
    admitted = [version for version in versions if admits(requirement, version, build)]
    return max(admitted, default=None)


def admits(requirement: Requirement, version: Version, build: Build) -> bool:
    """Whether the spec's specifier admits a version, with or without the local part it is published under."""
    if not requirement.specifier:
        return True
    local = build.published.local
    whole = Version(f"{version}+{local}") if local else version
    return requirement.specifier.contains(whole, prereleases=True)


def _version(wish: Wish, build: Build) -> Iterator[Reason]:
    lead = wish.lead
    if lead and not lead.specifier.contains(build.published, prereleases=True):
        yield Reason(VERSION, f"{lead.name} {build.published} is not {lead.asked}", lead.origin)


def _companions(wish: Wish, build: Build) -> Iterator[Reason]:
    """Companions of one release move together; one that has no such release rules the build out."""
    release = build.release
    if release is None:
        return
    for requirement in wish.companions:
        if requirement.name not in release.companions:
            last = max(
                (one.version for one in wish.framework.releases if requirement.name in one.companions),
                default=None,
            )
            yield Reason(
                VERSION,
                f"{wish.framework.lead} {build.version} has no {requirement.name} of its release;"
                f" the last {wish.framework.lead} with one is {last}",
                str(release.evidence),
            )
        elif companion_version(requirement, build) is None:
            versions = ", ".join(str(version) for version in release.companions[requirement.name])
            yield Reason(
                VERSION,
                f"{wish.framework.lead} {build.version} goes with {requirement.name} {versions},"
                f" not with {requirement.asked}",
                requirement.origin,
            )


def _named(wish: Wish, build: Build) -> Iterator[Reason]:
    for requirement, word in wish.named:
        if not chooses(build, word):
            asked_for = word if word == requirement.name else f"{requirement.name}[{word}]"
            yield Reason(ACCELERATOR, f"the spec asks for {asked_for}", requirement.origin)


def chooses(build: Build, word: str) -> bool:
    """Whether a name or an extra is one by which this build is asked for."""
    return word in (build.way.ask, build.way.local, *build.way.extras)


def without_libraries(wish: Wish, build: Build) -> bool:
    """Whether the build is asked for without the CUDA libraries it leans on: jax[cuda12-local]."""
    return bool(build.way.local) and any(word == build.way.local for _, word in wish.named)


def _is_accelerator(wish: Wish, build: Build) -> bool:
    match wish.accelerator:
        case Auto():
            return True
        case CpuOnly():
            return build.variant.kind == "cpu"
        case AnyGpu():
            # On a Mac the cpu build may drive the GPU; whether it does on this one, the device rule says.
            return build.variant.kind != "cpu" or build.way.metal is not None
        case AnyRocm():
            return build.variant.kind == "rocm"
        case AnyCuda(bounds):
            return build.toolkit is not None and all(_within(build.toolkit, *bound) for bound in bounds)
        case Exactly(variant):
            if build.variant == variant:
                return True
            # cu121 is the name of an index; what is chosen by extra or package name has only a major.
            loose = "{variant}" not in build.way.index or variant.cuda is None
            return loose and variant.kind == "cuda" and build.variant.cuda_major == variant.cuda_major


def drives_metal(build: Build, question: Question) -> bool:
    """Whether a cpu build drives the GPU of this Mac: MPS, on macOS 12.3 and later."""
    machine, floor = question.machine, build.way.metal
    if floor is None or machine.platform.os != "macos":
        return False
    if machine.macos and machine.macos.value < floor:
        return False
    # Every Mac with Apple silicon has the GPU; of Intel Macs, those with an AMD one do
    # (developer.apple.com/metal/pytorch).
    return machine.platform.arch == "aarch64" or not machine.gpus or bool(machine.of("amd"))


def _within(toolkit: Cuda, operator: str, bound: Cuda) -> bool:
    match operator:
        case ">=":
            return toolkit >= bound
        case ">":
            return toolkit > bound
        case "<=":
            return toolkit <= bound
        case "<":
            return toolkit < bound
        case "==":
            return toolkit == bound
        case "!=":
            return toolkit != bound
        case _:
            raise AssertionError(f"the spec's decoder lets no {operator} through")


def _described(build: Build) -> str:
    if build.variant.kind == "cpu":
        return "the CPU build"
    toolkit = f", CUDA {build.toolkit}" if build.toolkit and not build.variant.cuda else ""
    return f"{build.variant}{toolkit}"

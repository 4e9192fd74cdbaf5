"""Which target of a lock a machine takes: told by the lock alone, before anything is downloaded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from shlex import quote

from envplan.documents.reading import nearest, shown
from envplan.lockfile.model import Lock, Offer
from envplan.lockfile.offers import not_served, refusals, serving
from envplan.machine.model import Machine, Vendor
from envplan.problems import EnvplanError, Problem, Said
from envplan.values.evidence import Fact
from envplan.values.records import dataclass, replace
from envplan.values.targets import Target
from envplan.values.versions import Python

NO_TARGET, UNREADABLE, NO_GPU, OVERRULED = "EP229", "EP211", "EP222", "EP230"

_VENDORS: dict[str, tuple[Vendor, str]] = {
    "cuda": ("nvidia", "NVIDIA"),
    "rocm": ("amd", "AMD"),
    "xpu": ("intel", "Intel"),
}


@dataclass(frozen=True)
class Passed:
    """A variant that would have come first, and why the machine cannot take it."""

    offer: Offer
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Choice:
    """The target of a lock that a machine takes."""

    target: Target
    offer: Offer
    why: str  # in one line
    passed: tuple[Passed, ...] = ()
    problems: tuple[Problem, ...] = ()  # what must be said loudly


@dataclass(frozen=True)
class Wanted:
    """What of the choice somebody has made already, on the command line."""

    variant: str | None = None
    python: Python | None = None
    profile: str | None = None  # the machine that was named, where it is not this one
    command: str = "envplan apply"  # what was typed


def choose(lock: Lock, machine: Machine, file: str, wanted: Wanted | None = None) -> Choice:
    """Take the best variant that the machine can run, with the newest Python that is there."""
    wanted = wanted or Wanted()
    here = [offer for offer in lock.offers if offer.platform == machine.platform]
    if wanted.python:
        if here and not any(wanted.python in offer.pythons for offer in here):
            raise EnvplanError(_no_python(here, wanted, file))
        machine = replace(machine, pythons=(Fact(wanted.python, "--python"),))
    if wanted.variant is not None:
        return _by_name(lock, machine, file, wanted)
    fitting = serving(lock, machine)
    if not fitting:
        raise EnvplanError(*machine.unreadable, *_unserved(lock, machine, file, wanted))
    offer = fitting[0]
    passed = tuple(_passed(here, machine, offer))
    if offer.variant.kind == "cpu" and passed and machine.unreadable:
        raise EnvplanError(*machine.unreadable, _unread(machine, passed, wanted))
    loud = (*_without_gpu(machine, offer, passed, wanted), *_in_doubt(machine, offer))
    why = f"{offer.variant}: {_because(here, machine, offer)}"
    return Choice(_target(offer, machine), offer, why, passed, loud)


def _target(offer: Offer, machine: Machine) -> Target:
    there = {fact.value for fact in machine.pythons}
    return Target(
        offer.variant,
        offer.platform,
        max(one for one in offer.pythons if not there or one in there),
    )


def _by_name(lock: Lock, machine: Machine, file: str, wanted: Wanted) -> Choice:
    """Take the variant that was asked for, whether or not the machine can run it."""
    name = wanted.variant or ""
    here = [offer for offer in lock.offers if offer.platform == machine.platform]
    named = [offer for offer in here if name in (offer.variant.name, offer.variant.group)]
    if here and not named:
        raise EnvplanError(_no_variant(here, name, file, wanted))
    there = {fact.value for fact in machine.pythons}
    startable = [offer for offer in named if not there or there & set(offer.pythons)]
    if not startable:  # another platform, or none of its Pythons: nothing that can be overruled
        narrowed = replace(lock, offers=tuple(named or lock.offers))
        raise EnvplanError(*_unserved(narrowed, machine, file, wanted))
    offer = min(startable, key=lambda one: len(refusals(one, machine)))
    usual = None if machine.unreadable else next(iter(serving(lock, machine)), None)
    instead = f"; {usual.variant} would be chosen" if usual and usual.variant != offer.variant else ""
    loud = (*_overruled(machine, offer, refusals(offer, machine)), *_in_doubt(machine, offer))
    return Choice(_target(offer, machine), offer, f"{offer.variant}: asked for{instead}", (), loud)


def _passed(offers: Sequence[Offer], machine: Machine, chosen: Offer) -> Iterator[Passed]:
    """Find the variants that would have come before the one chosen: newer ones, or any before the CPU."""
    kind = chosen.variant.kind
    for offer in sorted(offers, key=lambda one: one.variant, reverse=True):
        before = offer.variant.kind == kind and offer.variant > chosen.variant
        better = before if kind != "cpu" else offer.variant.kind != "cpu"
        if better and (reasons := refusals(offer, machine)):
            yield Passed(offer, reasons)


def _because(offers: Sequence[Offer], machine: Machine, chosen: Offer) -> str:
    """Say in a few words what of the machine speaks for a variant."""
    kind = chosen.variant.kind
    if kind == "cpu":
        others = sorted({one.variant.kind for one in offers} - {"cpu"})
        if not others:
            return f"the only variant for {machine.platform}"
        seen = [other for other in others if machine.of(_VENDORS[other][0])]
        lacking = " or ".join(_VENDORS[other][1] for other in others)
        return _unused(machine, seen) if seen else f"no {lacking} GPU here"
    floor = f" (≥ {chosen.driver})" if chosen.driver else ""
    return f"{_seen(machine, kind) or 'asked for in the profile'}{floor if machine.nvidia else ''}"


def _seen(machine: Machine, kind: str) -> str:
    """Name the GPUs that a kind of variant is for, and their driver."""
    said = sorted({str(gpu) for gpu in machine.of(_VENDORS[kind][0])})
    if machine.nvidia and kind == "cuda":
        said.append(f"driver {machine.nvidia.driver}")
    return ", ".join(said)


def _unused(machine: Machine, kinds: Sequence[str]) -> str:
    """Say that there are GPUs of kinds that the lock has variants for, and that none can run them."""
    return f"{', '.join(_seen(machine, kind) for kind in kinds)}: no GPU variant of the lock can run here"


def _without_gpu(
    machine: Machine, chosen: Offer, passed: Sequence[Passed], wanted: Wanted
) -> Iterator[Problem]:
    """The CPU is never a silent fallback: say so where the machine has a GPU of such a kind."""
    if chosen.variant.kind != "cpu":
        return
    gpus = [gpu for one in passed for gpu in machine.of(_VENDORS[one.offer.variant.kind][0])]
    if gpus:
        from envplan.planner.wording import gpu_lines

        named = f" --for {quote(wanted.profile)}" if wanted.profile else ""
        yield Problem(
            NO_GPU,
            f"the GPU will not be used: {machine.name} can run no GPU variant of the lock",
            found=gpu_lines(dict.fromkeys(gpus)),
            why=tuple(_reasons(passed)),
            cures=(f"envplan plan{named}   (which versions would use it)",),
            severity="warning",
        )


def _in_doubt(machine: Machine, chosen: Offer) -> Iterator[Problem]:
    """A GPU that does not answer may be one that the variant has no code for."""
    if chosen.variant.kind != "cpu":
        yield from (replace(problem, severity="warning") for problem in machine.unreadable)


def _reasons(passed: Sequence[Passed]) -> Iterator[Said]:
    for one in passed:
        yield Said(f"{one.offer.variant}: {'; '.join(one.reasons)}")


def _overruled(machine: Machine, offer: Offer, reasons: Sequence[str]) -> Iterator[Problem]:
    if reasons:
        unsure = "nobody can tell whether this machine can run it"
        though = unsure if machine.unreadable else "this machine cannot run it"
        yield Problem(
            OVERRULED,
            f"{offer.variant} is taken as asked, though {though}",
            why=tuple(Said(reason) for reason in reasons),
            severity="warning",
        )


def _unread(machine: Machine, passed: Sequence[Passed], wanted: Wanted) -> Problem:
    return Problem(
        UNREADABLE,
        f"whether {machine.name} has a GPU for the lock could not be read",
        why=(Said("what cannot be read is not taken for absent; the CPU is no silent fallback"),),
        found=tuple(_reasons(passed)),
        cures=("envplan probe", f"{wanted.command} --variant cpu"),
    )


def _unserved(lock: Lock, machine: Machine, file: str, wanted: Wanted) -> Iterator[Problem]:
    if problem := not_served(lock, machine, file):
        yield replace(problem, cures=tuple(_ways_to_serve(lock, machine, wanted.profile)))


def _ways_to_serve(lock: Lock, machine: Machine, profile: str | None) -> Iterator[str]:
    """What helps: a Python where only that is missing; else another lock, if the planner finds one."""
    blind = replace(machine, pythons=())
    lacking = serving(lock, blind) if machine.pythons else ()
    if lacking:
        yield f"uv python install {max(lacking[0].pythons)}"
    elif profile:
        yield f"envplan plan --for {quote(profile)}   (what it can run, and why)"
        yield f"envplan lock --for {quote(profile)}"
    else:
        yield "envplan plan   (what this machine can run, and why)"
        if machine.gpus or any(offer.variant.kind == "cpu" for offer in lock.offers):
            yield "envplan probe --save this.toml && envplan lock --for this.toml"


def _no_variant(offers: Sequence[Offer], name: str, file: str, wanted: Wanted) -> Problem:
    known = sorted({offer.variant for offer in offers}, reverse=True)
    near = nearest(name, [variant.name for variant in known])
    return Problem(
        NO_TARGET,
        f"the lock has no variant {shown(name)} for {offers[0].platform}",
        wanted=(Said(f"--variant {shown(name)}", "the command line"),),
        found=(Said(", ".join(map(str, known)), f"{file}: tool.envplan.target"),),
        cures=(f"{wanted.command} --variant {near or known[0]}",),
    )


def _no_python(offers: Sequence[Offer], wanted: Wanted, file: str) -> Problem:
    known = sorted({one for offer in offers for one in offer.pythons}, reverse=True)
    return Problem(
        NO_TARGET,
        f"the lock is not made for Python {wanted.python}",
        wanted=(Said(f"--python {wanted.python}", "the command line"),),
        found=(Said(f"Python {', '.join(map(str, known))}", f"{file}: tool.envplan.target"),),
        cures=(f"{wanted.command} --python {known[0]}", "envplan lock   (after adding it to env.python)"),
    )

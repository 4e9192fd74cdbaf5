"""Names that choose a build by themselves (jax[cuda12], cupy-cuda12x), and leaving names out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from envplan.planner.attempt import Attempt, attempt
from envplan.planner.changes import accelerator_line, replaced, with_accelerator, with_spec
from envplan.planner.model import Build, Wish
from envplan.planner.rules.asked import chooses
from envplan.planner.verdict import Verdict
from envplan.problems import Said
from envplan.spec.model import AnyGpu, Auto, CpuOnly, Exactly, Requirement
from envplan.values.records import replace


def contradiction(wish: Wish, fits: list[Verdict]) -> tuple[str, tuple[Said, ...]] | None:
    """Say that the accelerator admits none of the builds that a name or an extra chooses."""
    builds = [one.build for one in fits if all(chooses(one.build, word) for _, word in wish.named)]
    if not wish.named or not builds or isinstance(wish.accelerator, Auto):
        return None
    variants = ", ".join(dict.fromkeys(str(one.variant) for one in sorted(builds, key=_by_variant)))
    requirement = wish.named[0][0]
    title = f"{wish.words} and accelerator {wish.accelerator} contradict each other"
    return title, (Said(f"the name {wish.words} stands for builds for GPUs: {variants}", requirement.origin),)


def _by_variant(build: Build) -> str:
    return build.variant.name


def without_the_name(failed: Attempt, row: int) -> Iterator[str]:
    """Ask for the framework by its plain name, or for the accelerator that the name means."""
    wish = failed.judged.wishes[row]
    lead = wish.lead
    if lead is None or not any(requirement is lead for requirement, _ in wish.named):
        return
    words = {word for _, word in wish.named}
    extras = tuple(extra for extra in lead.extras if extra not in words)
    bare = replace(lead, extras=extras)
    named = replace(bare, name=wish.framework.lead)
    for plain in (bare, named, replace(named, accelerator=CpuOnly())):
        found = attempt(replaced(failed.tried, lead, plain))
        if found.choices:
            build = next(one for one in found.choices[0].builds if one.family is wish.framework)
            yield f"{_line(lead, plain)}   # {build}"
            break
    only = len(failed.judged.wishes) == 1
    if isinstance(wish.accelerator, CpuOnly):
        found = attempt(with_accelerator(failed.tried, wish, AnyGpu(), alone=only))
        if found.choices:
            yield accelerator_line(wish, "gpu", str(found.choices[0].builds[row]), alone=only)


def _line(lead: Requirement, plain: Requirement) -> str:
    if lead.name != plain.name:
        words = " ".join(
            (
                plain.name,
                *([lead.asked] if lead.asked != "*" else []),
                *([f"on {plain.accelerator}"] if plain.accelerator else []),
            )
        )
        return f"envplan remove {lead.name} && envplan add " + (f'"{words}"' if " " in words else words)
    if not plain.extras and plain.accelerator is None:
        return f'{plain.name} = "{lead.asked}"'
    extras = f", extras = {list(plain.extras)}".replace("'", '"') if plain.extras else ""
    own = f', accelerator = "{plain.accelerator}"' if plain.accelerator else ""
    return f'{plain.name} = {{ version = "{lead.asked}"{extras}{own} }}'


def all_the_same(failed: Attempt, row: int, builds: Iterable[Build]) -> Iterator[str]:
    """A build of which nobody knows whether it has code for the GPU: the user may take it all the same."""
    wish = failed.judged.wishes[row]
    if isinstance(wish.accelerator, Exactly):
        return
    only = len(failed.judged.wishes) == 1
    for variant in dict.fromkeys(build.variant for build in builds if build.kernels is None):
        if attempt(with_accelerator(failed.tried, wish, Exactly(variant), alone=only)).choices:
            yield accelerator_line(wish, variant.name, "not known to run here", alone=only)
            return


def without_it(failed: Attempt, row: int) -> Iterator[str]:
    """Leave the package out: the last thing to offer, where nothing else helps and others remain."""
    names = [one.name for one in failed.judged.wishes[row].asked]
    kept = tuple(one for one in failed.tried.spec.packages if one.name not in names)
    if not kept or not names or len(kept) + len(names) != len(failed.tried.spec.packages):
        return
    if attempt(with_spec(failed.tried, packages=kept)).choices:
        yield f"envplan remove {' '.join(names)}   # the rest fits this machine"

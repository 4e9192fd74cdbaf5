"""What a target takes of its lock: each package once, and of its files the one that fits the machine best."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from envplan.documents.reading import nearest, shown
from envplan.lockfile.model import Lock, LockedFile, Pinned
from envplan.problems import EnvplanError, Problem, Said
from envplan.values.fitting import Ground, Rank, Unfit, build_of, judge
from envplan.values.records import dataclass
from envplan.values.targets import Target
from envplan.values.versions import Dotted, Libc

USAGE, NO_FILE = "EP100", "EP231"

_OFFERED = 3


@dataclass(frozen=True)
class Selected:
    """One package of a target, and the file it comes in; none where it comes from a folder or repository."""

    pinned: Pinned
    file: LockedFile | None = None


def select(lock: Lock, target: Target, ground: Ground, groups: Collection[str] = ()) -> tuple[Selected, ...]:
    """List what a target takes with some groups of the spec, in the order of names."""
    problems: list[Problem] = []
    found: list[Selected] = []
    for one in _taken(lock, target, groups):
        best = _best(one, ground)
        if isinstance(best, Problem):
            problems.append(best)
        else:
            found.append(best)
    if problems:
        raise EnvplanError(*problems)
    return tuple(found)


def for_any_machine(lock: Lock, target: Target, groups: Collection[str] = ()) -> tuple[Selected, ...]:
    """List all files that some machine of a target takes: which of several fits depends on how old it is."""
    grounds = newest_grounds(lock, target)
    return tuple(
        Selected(one, file)
        for one in _taken(lock, target, groups)
        for file in one.files or (None,)
        if file is None
        or not file.is_wheel
        or any(not isinstance(_judge(file, ground), Unfit) for ground in grounds)
    )


def newest_grounds(lock: Lock, target: Target) -> list[Ground]:
    """Describe the newest machine of a target, which can take whatever is made for any of them."""
    families = {offer.libc.family for offer in lock.offers if target in offer.targets and offer.libc}
    newest = Dotted("999")
    return [
        Ground(target.platform, target.python, Libc(family, newest), newest)
        for family in sorted(families) or ["glibc"]
    ]


def _taken(lock: Lock, target: Target, groups: Collection[str]) -> list[Pinned]:
    return [
        one
        for one in lock.packages
        if target in one.targets and (not one.groups or not one.groups.isdisjoint(groups))
    ]


def _best(pinned: Pinned, ground: Ground) -> Selected | Problem:
    file = best_file(pinned, ground)
    return Selected(pinned, file) if file or not pinned.files else _none_fits(pinned, pinned.files, ground)


def best_file(pinned: Pinned, ground: Ground) -> LockedFile | None:
    """Choose among the files of a package; source code comes last."""
    wheels = [file for file in pinned.files if file.is_wheel]
    fits = [(rank, file) for file in wheels if not isinstance(rank := _judge(file, ground), Unfit)]
    if fits:
        return max(fits, key=lambda fit: fit[0])[1]
    return next((file for file in pinned.files if not file.is_wheel), None)


def _judge(file: LockedFile, ground: Ground) -> Rank | Unfit:
    fit = judge("-".join(file.name.removesuffix(".whl").split("-")[-3:]), ground)
    return fit if isinstance(fit, Unfit) else (*fit, build_of(file.name))


def _none_fits(pinned: Pinned, wheels: Collection[LockedFile], ground: Ground) -> Problem:
    system = ground.libc or (f"macOS {ground.macos}" if ground.macos else "")
    here = f"{ground.platform}{f', {system}' if system else ''}, Python {ground.python}"
    return Problem(
        NO_FILE,
        f"{pinned.name} {pinned.version} has no file in the lock that runs here",
        wanted=(Said(here, "this machine"),),
        found=tuple(Said(file.name, "the lock") for file in wheels),
        why=tuple(_reasons(wheels, ground)),
        cures=("envplan probe --save this.toml && envplan lock --for this.toml",),
    )


def _reasons(wheels: Collection[LockedFile], ground: Ground) -> Iterator[Said]:
    for text in dict.fromkeys(
        unfit.text for file in wheels if isinstance(unfit := _judge(file, ground), Unfit)
    ):
        yield Said(text)


def refuse_unknown(lock: Lock, groups: Collection[str], extras: Collection[str], command: str) -> None:
    """Refuse groups that the lock does not have; `extras` are those of them that were asked for as such."""
    problems = [
        _unknown(lock, one, "extra" if one in extras else "group", command)
        for one in groups
        if one not in lock.groups
    ]
    if problems:
        raise EnvplanError(*problems)


def _unknown(lock: Lock, name: str, kind: str, command: str) -> Problem:
    """Name what there is instead: most often it is a slip of the fingers."""
    near = nearest(name, lock.groups)
    meant = [near] if near else list(lock.groups[:_OFFERED])
    cures = [f"{command} --{kind} {one}" for one in meant]
    if name in {offer.variant.group for offer in lock.offers}:
        cures = [f"{command} --variant {name}"]
    why = "groups are those of [groups] in the spec, optional dependencies and dependency groups"
    if kind == "extra":
        why = "extras are the optional dependencies of a pyproject.toml; a lock has them among its groups"
    return Problem(
        USAGE,
        f"the lock has no {kind} {shown(name)}",
        wanted=(Said(shown(name), f"--{kind}"),),
        found=(Said(", ".join(lock.groups) or f"no {kind}s", "the lock"),),
        why=(Said(why),),
        cures=tuple(cures) or (command,),
    )

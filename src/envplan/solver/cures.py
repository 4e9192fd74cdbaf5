"""What would help where no versions fit together."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from envplan.index.model import File
from envplan.index.sdists import only_a_guess
from envplan.problems import EnvplanError, Said
from envplan.solver.conflict import Clash, clash
from envplan.solver.markers import Requires
from envplan.solver.view import Hidden, View
from envplan.values.platforms import Platform
from envplan.values.records import replace
from envplan.values.targets import Target
from envplan.values.versions import Python

_FIRST = 8  # Python 3.8; of those before it few are left
_LOOKED_AT = 12
_APART = 3  # minor versions of Python


def cures(view: View, found: Clash, hidden: Sequence[Hidden]) -> Iterator[str]:
    """Say what to type, the nearest first; `hidden` are files of versions that would do."""
    name = found.name
    for kind in dict.fromkeys(one.unfit.kind for one in hidden):
        newest = max((one for one in hidden if one.unfit.kind == kind), key=lambda one: one.file.version)
        match kind:
            case "prerelease" | "yanked" if _can_be_taken(view, newest.file):
                yield f'{name} = "=={newest.file.version}"'
            case "newer":
                yield f'exclude-newer = "{_day_after(newest.file.uploaded or "")}"'
    if sources := set(_sources(view, found)):
        yield allowing(view, sources)
    yield from _other_bounds(view, found)
    if any(one.unfit.kind in ("python", "requires-python") for one in hidden):
        yield from _another_python(view, found)
    if newer := next((one.unfit.machine for one in hidden if one.unfit.machine), ""):
        remark = f"a profile under [targets] says what {view.question.target.platform} has to run on"
        yield f"envplan probe --save newer.toml   (on a machine with {newer}; {remark})"


def allowing(view: View, sources: Collection[str]) -> str:
    """Write the line that allows these too."""
    return f"allow-sdist = {_list(sorted({*view.question.sdists, *sources}))}"


def in_vain(view: View) -> Iterator[tuple[Said, str]]:
    """Name what the newest releases require and cannot have, because only its source code is published."""
    for name, page in sorted(view.pages.items()):
        newest = max(page.files, default=None)
        release = view.releases.get((name, newest)) if newest else None
        for one in release.dependencies if release else ():
            file = None if one.extra or isinstance(one.requires, str) else _only_source(view, one.requires)
            if file is not None and _can_be_taken(view, file):
                text = f"{name} {newest} requires {one.requires}, of which there is only source code"
                yield Said(text, file.name), file.project


def _sources(view: View, found: Clash) -> Iterator[str]:
    """Name what has source code only: the package itself, else what the newest that would do requires."""
    fit = max((version for version in found.unusable if found.admits(version)), default=None)
    shown = view.page(found.name).files
    mine = (file for file in view.withheld(found.name) if file.version not in shown)
    newest = next((file for file in mine if found.admits(file.version)), None)
    if newest is not None and (fit is None or newest.version > fit):
        yield from [found.name] if _can_be_taken(view, newest) else []
        return
    for one in view.release(found.name, fit).dependencies if fit else ():
        file = None if one.extra or isinstance(one.requires, str) else _only_source(view, one.requires)
        if file is not None:
            yield from [file.project] if _can_be_taken(view, file) else []


def _only_source(view: View, requires: Requires) -> File | None:
    page, admits = view.pages.get(requires.name), requires.specifier.contains
    if page is None or any(admits(version, prereleases=True) for version in page.files):
        return None
    return next((file for file in view.withheld(requires.name) if admits(file.version)), None)


def _can_be_taken(view: View, file: File) -> bool:
    """Whether the target may take it: source code for another system must be certain of what it needs."""
    if file.is_wheel or not view.question.foreign:
        return True
    with suppress(EnvplanError):
        return not only_a_guess(view.memory.metadata(file).raw)
    return False


def _another_python(view: View, found: Clash) -> Iterator[str]:
    """Offer the Python nearest to the target's that has what is missing, and with which nothing clashes."""
    target, python = view.question.target, view.world.python
    near = [python.minor + step * sign for step in range(1, _APART + 1) for sign in (1, -1)]
    for other in (Python(3, minor) for minor in near if minor >= _FIRST):
        question = replace(view.question, target=Target(target.variant, target.platform, other))
        with suppress(EnvplanError):
            there = View(question, view.memory)
            if any(map(found.admits, there.page(found.name).files)) and clash(there) is None:
                yield f'python = "{other}"   (under [env])'
                return


def _other_bounds(view: View, found: Clash) -> Iterator[str]:
    """Offer what the spec could ask instead: each was tried, and if anything clashes then, it is another."""
    name = found.name
    near = _nearest(view, found) if len(found.demands) == 1 and found.demands[0].of_spec else None
    if near and _is_mended(found, clash(view, {name: SpecifierSet(f"=={near}")}), name):
        yield f'{name} = "{near.public}"'
    for pitfall in dict.fromkeys(one.pitfall for one in found.demands if one.pitfall):
        if clash(view, without=pitfall) is None:
            yield f'ignore-pitfalls = ["{pitfall}"]'
    if len(found.demands) > 1:
        narrow = {one.requires.name for one in view.needs if len(one.requires.specifier)}
        for need in dict.fromkeys(one.need for one in found.demands if one.need in narrow):
            if need and clash(view, {need: SpecifierSet()}) is None:
                yield f'{need} = "*"'


def _nearest(view: View, found: Clash) -> Version | None:
    """Find the version nearest to what was asked that can be used; a few are looked at."""
    wanted = first_number(found) or 0
    near = [one for one in reversed([*view.page(found.name).files]) if not found.unusable.get(one)]
    near.sort(key=lambda one: abs(number(one) - wanted))  # of two as near, the newer
    with suppress(EnvplanError):
        return next((one for one in near[:_LOOKED_AT] if not view.release(found.name, one).unusable), None)
    return None


def _is_mended(found: Clash, after: Clash | None, need: str) -> bool:
    return after is None or (after.name != found.name and all(one.need != need for one in after.demands))


def _day_after(uploaded: str) -> str:
    from datetime import datetime, timedelta

    return (datetime.fromisoformat(uploaded) + timedelta(days=1)).date().isoformat()


def first_number(found: Clash) -> float | None:
    """Say where among versions the one lies that is asked for; none where any will do."""
    for demand in found.demands:
        for one in demand.alternatives[0][1].specifier:
            return number(Version(one.version.removesuffix(".*"))) if one.operator != "===" else None
    return None


def number(version: Version) -> float:
    """Say how far apart versions are."""
    release = (*version.release, 0, 0)
    return version.epoch * 1e12 + release[0] * 1e6 + release[1] * 1e3 + release[2]


def fewer(
    stopped: Collection[Target], every: Collection[Target], platforms: Sequence[Platform]
) -> Iterator[str]:
    """Offer to leave out a Python, where all that is stopped is of that one, or platforms."""
    for python in sorted({one.python for one in stopped}):
        left = sorted({one.python for one in every} - {python})
        if left and {one for one in every if one.python == python} >= set(stopped):
            yield f"python = {_list(left)}   (under [env]: without {python})"
    refused = {one.platform for one in stopped}
    kept = [one for one in platforms if one not in refused]
    if kept:
        said = ", ".join(sorted(map(str, refused)))
        yield f"platforms = {_list(kept)}   (under [targets]: without {said})"


def _list(words: Sequence[object]) -> str:
    return "[" + ", ".join(f'"{one}"' for one in words) + "]"

"""No versions fit together: which requirement, on which index, what was hidden and why, what would help."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator, Sequence

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from envplan.index.columns import refused
from envplan.index.trouble import MISSING, server_at_fault
from envplan.problems import EnvplanError, Problem, Said, told_once
from envplan.solver.conflict import Clash, clash, closest
from envplan.solver.model import Unsolved
from envplan.solver.view import Hidden, View
from envplan.values.fitting import Kind
from envplan.values.records import replace
from envplan.values.several import targets_said
from envplan.values.targets import Target

UNSOLVABLE = "EP350"

_NAMED = 8  # of many that wanted something, or were found

# What hides a file, before its own words where those need it.
_HIDDEN: dict[Kind, str] = {
    "platform": "has no wheel for {platform}: {why}",
    "glibc": "{why}",
    "macos": "{why}",
    "python": "has no wheel for Python {python}: {why}",
    "requires-python": "does not admit Python {python}: {why}",
    "sdist": "is published as source code only, which would have to be run to install it",
    "newer": "is newer than exclude-newer allows: {why}",
    "yanked": "was {why}",
    "prerelease": "is {why}",
    "quarantined": "cannot be had: {why}",
}


def of_targets(refused: Sequence[Unsolved], every: Collection[Target]) -> tuple[Problem, ...]:
    """Say what stops several targets once, with the targets it stops."""
    stopped: dict[Hashable, list[Unsolved]] = {}
    for one in refused:
        stopped.setdefault(_kind(one.problem), []).append(one)
    joined = told_once((one.problem for one in refused), _kind)
    return tuple(
        replace(
            one,
            title=_title(one, stopped[_kind(one)], every),
            wanted=one.wanted[:_NAMED],
            found=one.found[:_NAMED],
        )
        for one in joined
    )


def _kind(problem: Problem) -> Hashable:
    """What is told together: where a server is the trouble, it matters little who wanted what of it."""
    if server := server_at_fault(problem):
        return (problem.code, server)
    if problem.code == MISSING:  # on several indexes of one host: its wishes name them
        return (problem.code, problem.title)
    return (problem.code, problem.title, problem.wanted)


def _title(joined: Problem, alike: Sequence[Unsolved], every: Collection[Target]) -> str:
    more = len({one.problem.title for one in alike}) - 1
    others = f" (and {more} more like it)" if more else ""
    return f"{joined.title}{others}, for {targets_said([one.target for one in alike], every)}"


def explain(view: View, solver: str, words: str) -> Problem:
    """Say why no versions fit together: our reasons first, the solver's own words last."""
    try:
        found = clash(view)
    except EnvplanError as error:  # reading more than the solver had read may fail
        return error.problems[0]
    quoted = (Said(" ".join(words.split()), solver),) if words.strip() else ()
    if found is None:
        asked = tuple(Said(str(one.requires), one.need.origin) for one in (*view.needs, *view.constraints))
        return Problem(
            UNSOLVABLE,
            "no versions fit together",
            wanted=asked[:12],
            why=quoted,
            cures=tuple(f'{one.requires.name} = "*"' for one in view.needs if len(one.requires.specifier))[
                :3
            ],
        )
    return _told(view, found, quoted)


def _told(view: View, found: Clash, quoted: tuple[Said, ...]) -> Problem:
    name = found.name
    page = view.page(name)
    hidden = closest(page.hidden, found.admits)
    demands = found.demands
    if len(demands) > 1:
        title = f"no version of {name} fits all who need it"
    elif not demands[0].alternatives[0][0]:
        title = f"no version that fits {demands[0].text} can be had"
    else:
        title = f"{demands[0].need} needs {name}, and no version that fits can be had"
    index = (
        Said(f"{name} is taken from {page.index} and from nowhere else", "indexes") if page.index else None
    )
    shown = _near(tuple(page.files), found)
    seen = Said(f"{name} {shown}" if shown else f"no version of {name} that this target can run", page.index)
    why = [
        *(_hidden_line(view, one) for one in hidden[:4]),
        *(Said(f"{one.name} is not used: {one.why}", page.index) for one in refused(page.listed)[:4]),
        *([index] if index else []),
        *found.reasons,
        *quoted,
    ]
    return Problem(
        UNSOLVABLE,
        title,
        wanted=tuple(Said(one.text, one.origin) for one in demands[:8]),
        found=(seen,),
        why=tuple(why),
        cures=tuple(dict.fromkeys(_cures(view, found, hidden))) or (f"envplan explain {UNSOLVABLE}",),
    )


def _hidden_line(view: View, one: Hidden) -> Said:
    target = view.question.target
    words = {"platform": target.platform, "python": target.python, "why": one.unfit.text}
    what = _HIDDEN[one.unfit.kind].format(**words)
    return Said(f"{one.file.project} {one.file.version} {what}", one.file.name)


def _near(versions: tuple[Version, ...], found: Clash) -> str:
    """Name the versions there are, those nearest to what was asked first."""
    if not versions:
        return ""
    newest = [str(version) for version in sorted(versions, reverse=True)]
    wanted = _first_number(found)
    if wanted is not None:
        newest.sort(key=lambda text: abs(_number(Version(text)) - wanted))
    return ", ".join(newest[:5]) + (f" and {len(newest) - 5} more" if len(newest) > 5 else "")


def _first_number(found: Clash) -> float | None:
    for demand in found.demands:
        for one in demand.alternatives[0][1].specifier:
            return _number(Version(one.version.removesuffix(".*"))) if one.operator != "===" else None
    return None


def _number(version: Version) -> float:
    release = (*version.release, 0, 0)
    return version.epoch * 1e12 + release[0] * 1e6 + release[1] * 1e3 + release[2]


def _cures(view: View, found: Clash, hidden: list[Hidden]) -> Iterator[str]:
    name = found.name
    for kind in dict.fromkeys(one.unfit.kind for one in hidden):
        newest = max((one for one in hidden if one.unfit.kind == kind), key=lambda one: one.file.version)
        version = newest.file.version
        match kind:
            case "prerelease" | "yanked":
                yield f'{name} = "=={version}"'
            case "newer":
                yield f'exclude-newer = "{_day_after(newest.file.uploaded or "")}"'
            case "sdist":
                yield f'allow-sdist = ["{name}"]'
    yield from _other_bounds(view, found)
    if newer := next((one.unfit.machine for one in hidden if one.unfit.machine), ""):
        remark = f"a profile under [targets] says what {view.question.target.platform} has to run on"
        yield f"envplan probe --save newer.toml   (on a machine with {newer}; {remark})"


def _other_bounds(view: View, found: Clash) -> Iterator[str]:
    """Offer what the spec could ask instead: each was tried, and nothing clashes then."""
    name = found.name
    usable = [version for version in view.page(name).files if not found.unusable.get(version)]
    if usable and len(found.demands) == 1 and found.demands[0].of_spec:
        near = min(reversed(usable), key=lambda one: abs(_number(one) - (_first_number(found) or 0)))
        if clash(view, {name: SpecifierSet(f"=={near}")}) is None:
            yield f'{name} = "{near.public}"'
    for pitfall in dict.fromkeys(one.pitfall for one in found.demands if one.pitfall):
        if clash(view, without=pitfall) is None:
            yield f'ignore-pitfalls = ["{pitfall}"]'
    if len(found.demands) > 1:
        narrow = {one.requires.name for one in view.needs if len(one.requires.specifier)}
        for need in dict.fromkeys(one.need for one in found.demands if one.need in narrow):
            if need and clash(view, {need: SpecifierSet()}) is None:
                yield f'{need} = "*"'


def _day_after(uploaded: str) -> str:
    from datetime import datetime, timedelta

    return (datetime.fromisoformat(uploaded) + timedelta(days=1)).date().isoformat()

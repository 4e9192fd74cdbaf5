"""No versions fit together: which requirement, on which index, what was hidden and why, what would help."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Sequence

from packaging.version import Version

from envplan.index.columns import refused
from envplan.index.trouble import MISSING, server_at_fault
from envplan.problems import EnvplanError, Problem, Said, told_once
from envplan.solver.conflict import Clash, clash, closest
from envplan.solver.cures import allowing, cures, fewer, first_number, in_vain, number
from envplan.solver.model import Unsolved
from envplan.solver.view import Hidden, View
from envplan.values.fitting import Kind
from envplan.values.numbers import counted
from envplan.values.platforms import Platform
from envplan.values.records import replace
from envplan.values.several import targets_said
from envplan.values.targets import Target

UNSOLVABLE = "EP350"

_LONG = f"envplan explain {UNSOLVABLE}"
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


def of_targets(
    refused: Sequence[Unsolved], every: Collection[Target], platforms: Sequence[Platform] = ()
) -> tuple[Problem, ...]:
    """Say what stops several targets once, with the targets it stops; `platforms`: those the spec lists."""
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
            cures=_cures(one, [other.target for other in stopped[_kind(one)]], every, platforms),
        )
        for one in joined
    )


def _cures(
    joined: Problem, stopped: Sequence[Target], every: Collection[Target], platforms: Sequence[Platform]
) -> tuple[str, ...]:
    """Offer what helps all of them, then to do without; the long form where there is nothing else."""
    sure = joined.code != UNSOLVABLE or any(one.startswith("allow-sdist") for one in joined.cures)
    without = () if sure else tuple(fewer(stopped, every, platforms))
    pythons = any(one.startswith("python") for one in without)
    others = (one for one in joined.cures if not (pythons and one.startswith("python")))
    return tuple(one for one in others if not (without and one == _LONG)) + without


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
        lacking = list(in_vain(view))
        sources = {project for _, project in lacking}
        other = [f'{one.requires.name} = "*"' for one in view.needs if len(one.requires.specifier)]
        asked = tuple(Said(str(one.requires), one.need.origin) for one in (*view.needs, *view.constraints))
        return Problem(
            UNSOLVABLE,
            "no versions fit together",
            wanted=asked[:12],
            why=(*(said for said, _ in lacking[:4]), *quoted),
            cures=(*([allowing(view, sources)] if sources else []), *other[:3]),
        )
    return _told(view, found, quoted)


def _told(view: View, found: Clash, quoted: tuple[Said, ...]) -> Problem:
    name = found.name
    page = view.page(name)
    hidden = closest(page.hidden, lambda version: version not in page.files and found.admits(version))
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
        *_hidden_lines(view, hidden)[:4],
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
        cures=tuple(dict.fromkeys(cures(view, found, hidden))) or (_LONG,),
    )


def _hidden_lines(view: View, hidden: Sequence[Hidden]) -> list[Said]:
    """Say why each is hidden, and once what is so of many."""
    target = view.question.target
    alike: dict[str, list[Hidden]] = {}
    for one in hidden:
        words = {"platform": target.platform, "python": target.python, "why": one.unfit.text}
        alike.setdefault(_HIDDEN[one.unfit.kind].format(**words), []).append(one)
    return [
        Said(f"{some[0].file.project} {some[0].file.version}{_like(len(some) - 1)} {what}", some[0].file.name)
        for what, some in alike.items()
    ]


def _like(others: int) -> str:
    return f", like {counted(others, 'other')}," if others else ""


def _near(versions: tuple[Version, ...], found: Clash) -> str:
    """Name the versions there are, those nearest to what was asked first."""
    if not versions:
        return ""
    newest = [str(version) for version in sorted(versions, reverse=True)]
    wanted = first_number(found)
    if wanted is not None:
        newest.sort(key=lambda text: abs(number(Version(text)) - wanted))
    return ", ".join(newest[:5]) + (f" and {len(newest) - 5} more" if len(newest) > 5 else "")

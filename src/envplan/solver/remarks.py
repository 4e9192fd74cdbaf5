"""What a user should hear of an answer that holds: what it takes, and what it passes over."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from envplan.documents import nearest
from envplan.index.model import File, Metadata
from envplan.index.specifiers import specifiers
from envplan.lockfile.model import ArchiveSource
from envplan.problems import Problem, Said
from envplan.solver.conflict import clash, closest
from envplan.solver.markers import Requires
from envplan.solver.standin import extras_of
from envplan.solver.view import View
from envplan.values.interpreters import admits_every

YANKED, UNDATED, NO_EXTRA = "EP353", "EP354", "EP355"
CODE_RUNS, NOT_EVERY, PASSED_OVER = "EP357", "EP358", "EP359"


def remarks(
    view: View, versions: Mapping[str, Version], files: Mapping[str, File], metadata: Mapping[str, Metadata]
) -> Iterator[Problem]:
    """Say what is worth saying of the versions that were chosen for one target."""
    yield from _withdrawn(files)
    yield from _code_runs(view, files)
    yield from _undated(view, files)
    yield from _without_extra(view, versions)
    yield from _not_for_all(view, metadata.values())
    yield from _passed_over(view, versions)


def _withdrawn(files: Mapping[str, File]) -> Iterator[Problem]:
    for name, file in files.items():
        if file.yanked is not None:
            found = Said(file.yanked or "no reason is given", file.index)
            title = f"{name} {file.version} was withdrawn by its makers, and is taken because it is pinned"
            yield Problem(YANKED, title, found=(found,), severity="warning")


def _code_runs(view: View, files: Mapping[str, File]) -> Iterator[Problem]:
    for name, version, file_name, origin in _source_code(view, files):
        title = f"{name} {version} is source code, which runs when it is installed"
        why = Said("it is built where it is installed, by code of its own; allow-sdist names it")
        yield Problem(CODE_RUNS, title, found=(Said(file_name, origin),), why=(why,), severity="note")


def _undated(view: View, files: Mapping[str, File]) -> Iterator[Problem]:
    undated = [name for name, file in files.items() if view.cutoff and not file.uploaded]
    if undated:
        title = "exclude-newer cannot be applied where an index does not say when a file was published"
        found = Said(", ".join(undated), "; ".join(sorted({files[name].index for name in undated})))
        yield Problem(UNDATED, title, found=(found,), severity="warning")


def _source_code(view: View, files: Mapping[str, File]) -> Iterator[tuple[str, Version, str, str]]:
    for name, file in files.items():
        if not file.is_wheel:
            yield name, file.version, file.name, file.index
    for name, given in view.given.items():
        if isinstance(given.source, ArchiveSource) and not given.source.is_wheel:
            yield name, given.metadata.version, given.source.name, given.source.path


def _without_extra(view: View, versions: Mapping[str, Version]) -> Iterator[Problem]:
    """Name the extras that a package has not: solvers pass over them, and a slip of the pen installs less."""
    for wanted in view.needs:
        name = wanted.requires.name
        known = extras_of(view.release(name, versions[name]))
        for extra in wanted.requires.extras:
            if extra not in known:
                yield Problem(
                    NO_EXTRA,
                    f"{name} {versions[name]} has no extra {extra}",
                    wanted=(Said(str(wanted.requires), wanted.need.origin),),
                    found=(Said(", ".join(sorted(known)) or "no extras at all", "its metadata"),),
                    cures=_with_extra(wanted.requires, extra, nearest(extra, known)),
                    severity="warning",
                )


def _with_extra(requires: Requires, extra: str, meant: str | None) -> tuple[str, ...]:
    """Write the wish with the extra that was meant, and all else as it is; builds are chosen by the plan."""
    if meant is None:
        return ()
    version = str(requires.specifier).partition("+")[0] or "*"
    listed = ", ".join(f'"{meant if one == extra else one}"' for one in requires.extras)
    return (f'{requires.name} = {{ version = "{version}", extras = [{listed}] }}',)


def _not_for_all(view: View, chosen: Iterable[Metadata]) -> Iterator[Problem]:
    """Name what some patch releases of the target's Python cannot run: a machine may have one of those."""
    python = view.question.target.python
    found = tuple(
        Said(f"{one.name} {one.version} needs Python {one.requires_python}", "its metadata")
        for one in chosen
        if (read := specifiers(one.requires_python or "")) and not admits_every(read, python)
    )
    if found:
        title = f"not every release of Python {python} can run what is locked"
        why = Said("where the Python is another one, apply refuses it before anything is built")
        yield Problem(NOT_EVERY, title, found=found, why=(why,), severity="note")


def _passed_over(view: View, versions: Mapping[str, Version]) -> Iterator[Problem]:
    """Name what the spec asks for and is old: for want of source code, or by far for another reason."""
    preferred = view.question.preferred or {}
    # To look for what stands in the way of a version takes 40 ms. Most that does was asked for in vain.
    in_vain = any(_is_withheld(view, name, None) for name in view.pages.keys() - versions.keys())
    for wanted in view.needs:
        name, admits = wanted.requires.name, wanted.requires.specifier.contains
        chosen = versions[name]
        if chosen != preferred.get(name):  # of a pin that was kept it was said when that was made
            newest = max(filter(admits, view.page(name).files), default=chosen)
            known = list(_for_want_of_source(view, wanted.requires, chosen, newest, of_others=in_vain))
            yield from known or _far_behind(name, chosen, newest)


def _is_withheld(view: View, name: str, chosen: Version | None) -> bool:
    """Whether there is newer source code of a name, as far as the end of its page tells."""
    last = next(view.withheld(name), None)
    return last is not None and (chosen is None or last.version > chosen)


def _for_want_of_source(
    view: View, requires: Requires, chosen: Version, newest: Version, *, of_others: bool
) -> Iterator[Problem]:
    name, admits = requires.name, requires.specifier.contains
    if _is_withheld(view, name, newest) and (
        source := _only_source(view, name, lambda version: version > newest and admits(version))
    ):
        yield _old(view, source, name, chosen, source.version)
        return
    found = clash(view, {name: SpecifierSet(f"=={newest}")}) if of_others and newest > chosen else None
    if found and (source := _only_source(view, found.name, found.admits)):
        why = tuple(Said(one.text, "its metadata") for one in found.demands)
        yield _old(view, source, name, chosen, newest, why)


def _far_behind(name: str, chosen: Version, newest: Version) -> Iterator[Problem]:
    """Say so where a newest release of another first number was left: solvers go back ten years unasked."""
    if (newest.epoch, newest.release[0]) > (chosen.epoch, chosen.release[0]):
        why = Said("what else the spec asks for, or what that needs, does not go with a newer one")
        cure = f'{name} = ">={newest.release[0]}"   (then envplan lock says what is in the way)'
        title = f"{name} {chosen} is taken, though {newest} is newer"
        yield Problem(PASSED_OVER, title, why=(why,), cures=(cure,), severity="note")


def _only_source(view: View, name: str, admits: Callable[[Version], bool]) -> File | None:
    """Return the newest source archive that would do, where no wheel of that version comes closer."""
    sources = {file.version: file for file in view.withheld(name) if admits(file.version)}
    if not sources:
        return None
    newest = max(sources)
    (closest_one,) = closest(view.page(name).hidden, lambda version: version == newest)
    return sources[newest] if closest_one.unfit.kind == "sdist" else None


def _old(
    view: View, source: File, name: str, chosen: Version, newest: Version, why: tuple[Said, ...] = ()
) -> Problem:
    from envplan.solver.cures import allowing  # takes 10 ms that most locks need not spend

    target = view.question.target
    only = f"of {source.project} {source.version} there is only source code for"
    then = f"(under [options]; then envplan lock --upgrade-package {name})"
    return Problem(
        PASSED_OVER,
        f"{name} {chosen} is taken, though {newest} is newer",
        found=(Said(f"{only} {target.platform}, Python {target.python}", source.name),),
        why=why,
        cures=(f"{allowing(view, [source.project])}   {then}",),
        severity="note",
    )

"""Bundle: a lock and the files that some of its targets take, in one file for machines without a network."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from shlex import quote

from envplan.documents.reading import shown
from envplan.index.cache import cache_folder
from envplan.index.indexes import Indexes
from envplan.index.model import File
from envplan.lockfile.choose import NO_TARGET, Wanted
from envplan.lockfile.model import ArchiveSource
from envplan.lockfile.selection import Selected, for_any_machine, refuse_unknown
from envplan.problems import EnvplanError, Problem, Said
from envplan.store.bundle import README, Bundle, Contents, packed, refuse_unwritable, write_bundle
from envplan.store.fetch import fetch
from envplan.store.gathering import announce, as_file, told
from envplan.store.model import Tell
from envplan.store.trees import Store
from envplan.values.records import dataclass
from envplan.values.targets import Target
from envplan.verbs.intent import Held, chosen, held_lock, machine_here, python_asked
from envplan.verbs.places import source_of
from envplan.verbs.project import Project, find_project

OUTSIDE, TAKEN = "EP483", "EP484"

_COMMAND = "envplan bundle"


@dataclass(frozen=True)
class BundleRequest:
    """What `envplan bundle` is asked to do."""

    spec_file: Path | None = None
    lock_file: Path | None = None
    profile: str | None = None
    variants: tuple[str, ...] = ()  # none: the one that the machine takes
    python: str | None = None  # none: all that the lock has
    groups: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()  # of these groups, those that were asked for as extras
    output: Path | None = None


@dataclass(frozen=True)
class Bundled:
    """The bundle that was written."""

    file: Path
    size: int
    contents: Contents
    problems: tuple[Problem, ...]


def make_bundle(request: BundleRequest, tell: Tell) -> Bundled:
    """Write a bundle, whole or not at all."""
    where = find_project(request.spec_file, request.lock_file)
    held = held_lock(where, request.spec_file)
    refuse_unknown(held.lock, request.groups, request.extras, _COMMAND)
    targets = _targets(held, where, request)
    output = request.output or Path(f"{held.lock.name}-{_named(targets)}.zip")
    refuse_unwritable(output)
    _refuse_taken(output)
    selected = dict.fromkeys(
        one for target in targets for one in for_any_machine(held.lock, target, request.groups)
    )
    beside = _beside(selected, where)
    with Store(cache_folder().parent, tell=tell) as store:
        paths = _fetched(_files(selected), held, store, tell) | beside
        files = packed({(name, sha256): paths[sha256] for name, sha256 in _hashes(selected)})
        told = tuple(target.as_json for target in targets)
        contents = Contents(where.lock.name, told, request.groups, files)
        texts = {where.lock.name: held.data, README: _readme(output.name, contents).encode()}
        write_bundle(output, contents, texts, paths, tell)
    return Bundled(output, output.stat().st_size, contents, tuple(_outside(selected)))


def _targets(held: Held, where: Project, request: BundleRequest) -> list[Target]:
    """List the targets that were asked for, on the platform of this machine or of the profile."""
    here = machine_here(where, request.profile, installing=False)
    python = python_asked(request.python, held.lock, _COMMAND)
    variants = request.variants
    if not variants:
        wanted = Wanted(None, python, request.profile, _COMMAND)
        variants = (chosen(held, here, wanted).target.variant.name,)
    found: list[Target] = []
    for variant in variants:
        mine = [
            target
            for offer in held.lock.offers
            for target in offer.targets
            if target.platform == here.machine.platform
            and variant in (target.variant.name, target.variant.group)
            and python in (None, target.python)
        ]
        if not mine:
            wanted = Wanted(variant, python, request.profile, _COMMAND)
            chosen(held, here, wanted)  # says why
            raise EnvplanError(_no_target(variant, held))
        found += mine
    return sorted(set(found))


def _no_target(variant: str, held: Held) -> Problem:
    there = sorted({target for offer in held.lock.offers for target in offer.targets})
    return Problem(
        NO_TARGET,
        f"the lock has no such target with {shown(variant)}",
        found=tuple(Said(str(target), held.name) for target in there),
        cures=("envplan bundle",),
    )


def _named(targets: Iterable[Target]) -> str:
    return "-".join(dict.fromkeys(target.variant.group for target in targets))


def _files(selected: Iterable[Selected]) -> list[File]:
    return [as_file(one.pinned, one.file) for one in selected if one.file]


def _hashes(selected: Iterable[Selected]) -> Iterator[tuple[str, str]]:
    """Name each file that is to be inside, with its sha256."""
    for one in selected:
        if one.file:
            yield one.file.name, one.file.sha256
        elif isinstance(one.pinned.source, ArchiveSource):
            yield one.pinned.source.name, one.pinned.source.sha256


def _fetched(files: list[File], held: Held, store: Store, tell: Tell) -> dict[str, Path]:
    """Fetch what indexes publish, into a folder of our own: the store itself holds wheels only unpacked."""
    if not files:
        return {}
    announce(files, tell)
    names = {index.name: index.url for index in held.spec.indexes} if held.spec else {}
    found: dict[str, Path] = {}
    with told(store, "a folder for the files of the bundle"):
        folder = store.session().folder
    with Indexes(names=names) as indexes:
        for file, path in fetch(files, store.home.folder, indexes.web(), indexes.place, tell):
            assert file.sha256 is not None
            if file.sha256 not in found:
                with told(store, file.name):
                    found[file.sha256] = path.rename(folder / file.sha256)
    return found


def _beside(selected: Iterable[Selected], where: Project) -> dict[str, Path]:
    return {
        one.pinned.source.sha256: source_of(one, where.lock.parent)
        for one in selected
        if isinstance(one.pinned.source, ArchiveSource)
    }


def _outside(selected: Iterable[Selected]) -> Iterator[Problem]:
    """Say which packages a bundle cannot hold, because nobody has pinned their bytes."""
    names = sorted(
        {
            one.pinned.name
            for one in selected
            if not one.file and not isinstance(one.pinned.source, ArchiveSource)
        }
    )
    if names:
        yield Problem(
            OUTSIDE,
            f"{', '.join(names)} cannot be in a bundle, and must be where it is installed",
            why=(
                Said(
                    "folders and repositories are no files with a hash; apply looks for them beside the lock"
                ),
            ),
            severity="warning",
        )


def _refuse_taken(output: Path) -> None:
    """Replace no file that is not a bundle."""
    if not output.exists():
        return
    try:
        with Bundle(output):
            return
    except EnvplanError:
        pass
    raise EnvplanError(
        Problem(
            TAKEN,
            f"{shown(str(output))} is there already, and is no bundle",
            why=(Said("nothing was changed"),),
            cures=("envplan bundle --output another.zip",),
        )
    )


def _readme(name: str, contents: Contents) -> str:
    targets = [
        f"  {one['variant']} for {one['platform']}, Python {one['python']}" for one in contents.targets
    ]
    groups = f"with the groups {', '.join(contents.groups)}\n" if contents.groups else ""
    return f"""What {contents.lock} pinned, for machines without a network:

{chr(10).join(targets)}
{groups}
Beside the lock, or in an empty folder (then the lock is taken from here):

  envplan apply --offline --bundle {quote(name)}
{_without_envplan(contents)}"""


def _without_envplan(contents: Contents) -> str:
    if len(contents.targets) != 1:
        return ""
    return (
        "\nWithout envplan, in an environment of its own, once this file is unpacked:\n\n"
        "  pip install --no-deps --no-index wheels/*\n"
    )

"""Looking after the store: what is in it, whether it is whole, and what may go."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Collection, Iterator
from pathlib import Path

from envplan.problems import EnvplanError, Problem, Said
from envplan.processes.parallel import in_parallel
from envplan.store.checking import Change, first_difference
from envplan.store.disk import Refused, refused
from envplan.store.holding import Busy
from envplan.store.home import Home
from envplan.store.manifest import NAME, read_manifest
from envplan.store.model import Progress, Tell, Tree, untold
from envplan.store.paths import discard, within
from envplan.store.roots import roots
from envplan.store.session import Session, clear_locks, nobody_else
from envplan.store.trees import Store
from envplan.store.unpack import cores
from envplan.values.records import dataclass, replace

ABANDONED = 24 * 3600.0  # seconds after which nobody comes back for half a download
GRACE = 600.0  # seconds for which a tree is kept that nobody uses; whoever fetched it may be about to


@dataclass(frozen=True)
class Usage:
    """One wheel of the store, and who uses it."""

    sha256: str
    wheel: str
    project: str
    version: str
    size: int  # bytes, unpacked
    files: int
    environments: tuple[Path, ...]
    linked: bool  # some environment shares its files, noted or not


@dataclass(frozen=True)
class Freed:
    """What `gc` deleted."""

    wheels: tuple[str, ...]
    size: int  # bytes of those
    aside: int = 0  # how many trees were deleted that were damaged
    partial: int = 0  # bytes of downloads that nobody came back for


def usage(store: Store) -> tuple[Usage, ...]:
    """List all wheels of the store, the largest first; what is damaged is for `verify` to say."""
    try:
        next(store.home.trees.iterdir(), None)
    except FileNotFoundError:
        return ()  # nothing was ever unpacked here
    except OSError as error:
        raise refused(store.home.folder, error, "a look at what it has", cannot="read") from None
    users = _users(store.home)
    found = []
    for tree, _ in _trees(store.home):
        count = sum(len(files.paths) for files in tree.files)
        environments = tuple(users.get(tree.sha256, ()))
        found.append(
            Usage(
                tree.sha256,
                tree.wheel,
                tree.project,
                tree.version,
                tree.size,
                count,
                environments,
                bool(environments) or _linked(tree),
            )
        )
    return tuple(sorted(found, key=lambda one: (-one.size, one.wheel)))


def verify(store: Store, *, deep: bool = False, tell: Tell = untold) -> tuple[Problem, ...]:
    """Look at every tree, `deep`: at every byte; those that changed are set aside, and said."""
    with contextlib.suppress(Refused):
        store.session()
    before = len(store.notes)
    known = list(store.home.visible())
    total = sum(tree.size for tree, _ in _trees(store.home)) if deep else len(known)
    done = 0

    def one(seen: tuple[str, Path]) -> None:
        nonlocal done
        sha256, folder = seen
        tree, change = store.look(sha256)
        if folder != store.home.tree(sha256):
            tree, change = None, Change("", "no wheel belongs there")

        def read(count: int) -> None:
            nonlocal done
            done += count
            tell(Progress("verify", "the store", done, total))

        if tree is not None and change is None and deep:
            change = first_difference(tree, read)
        if not deep:
            read(1)
        if change is not None:
            store.set_aside(sha256, tree, change, folder)

    in_parallel(one, known, cores() if deep else 1)
    return tuple(store.notes[before:])


def gc(store: Store, keep: Collection[str] = (), *, grace: float = GRACE) -> Freed:
    """Delete trees that no environment uses, those that are damaged, and downloads that were never completed.

    Kept are those of `keep`, of environments that were noted and still are, those whose files some
    environment shares (to delete them would free nothing), and those used in the last `grace` seconds. While
    another process is at work in the store, it is an error that says so: nothing is deleted that somebody is
    about to link.
    """
    from envplan.store.fetch.leftovers import drop_old

    own = store.session()
    try:
        with nobody_else(store.home, own):
            freed, doomed = _condemned(store.home, set(keep), grace, own)
            freed = replace(freed, partial=drop_old(store.home.folder, time.time() - ABANDONED))
            clear_locks(store.home)
    except Busy as busy:
        raise EnvplanError(
            Problem(
                "EP434",
                "the store is in use, so nothing is deleted now",
                found=(Said(busy.holder.said, str(store.home.folder)),),
                why=(Said("it may be about to use what nobody uses yet"),),
                cures=("envplan cache gc",),
            )
        ) from None
    except OSError as error:
        raise refused(store.home.folder, error, "room, by deleting what nobody uses") from None
    for folder in doomed:  # out of sight already; deleting takes its time
        discard(folder)
    return freed


def _condemned(home: Home, keep: set[str], grace: float, own: Session) -> tuple[Freed, list[Path]]:
    """Take out of sight what nobody uses."""
    kept = keep | _users(home).keys()
    for root in roots(home):
        if root.gone:
            with contextlib.suppress(OSError):
                root.note.unlink()
    young = time.time() - grace
    doomed: list[Path] = []
    wheels: list[str] = []
    size = 0
    for tree, used in _trees(home):
        if tree.sha256 in kept or used > young or _linked(tree):
            continue
        doomed.append(_moved(tree.folder, own))
        wheels.append(tree.wheel)
        size += tree.size
    useless = [*_unreadable(home), *sorted(home.aside.glob("*"))]
    aside = [_moved(folder, own) for folder in useless]
    return Freed(tuple(sorted(wheels)), size, len(aside)), doomed + aside


def _moved(folder: Path, own: Session) -> Path:
    to = own.folder / f"gone-{os.urandom(8).hex()}"
    folder.rename(to)
    return to


def _users(home: Home) -> dict[str, list[Path]]:
    """Give the environments that are there, by the trees they use."""
    found: dict[str, list[Path]] = {}
    for root in roots(home):
        if not root.gone:
            for sha256 in root.trees:
                found.setdefault(sha256, []).append(root.environment)
    return found


def _trees(home: Home) -> Iterator[tuple[Tree, float]]:
    """Give all trees whose manifest can be read, and when they were last used."""
    for sha256, folder in home.visible():
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            used = (folder / NAME).stat().st_mtime
            yield read_manifest(folder, sha256), used


def _unreadable(home: Home) -> list[Path]:
    """List what is among the trees and can be used by nobody: without its manifest, or under another name."""
    found = []
    for sha256, folder in home.visible():
        try:
            whole = folder == home.tree(sha256) and bool(read_manifest(folder, sha256))
        except (OSError, ValueError, KeyError, TypeError):
            whole = False
        if not whole:
            found.append(folder)
    return found


def _linked(tree: Tree) -> bool:
    """Whether any file of a tree has another name elsewhere."""
    for files in tree.files:
        root = str(files.root)
        for path in files.paths:
            with contextlib.suppress(OSError):
                if os.lstat(within(root, path)).st_nlink > 1:
                    return True
    return False

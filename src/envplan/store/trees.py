"""The store of unpacked wheels: a tree for each, named by the wheel's sha256, which environments share."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Collection
from pathlib import Path

from envplan.documents.folders import make_folder
from envplan.documents.reading import printable
from envplan.index.model import File
from envplan.problems import EnvplanError, Problem, Said
from envplan.store.checking import Change, first_change
from envplan.store.disk import Refused, refused
from envplan.store.durable import settle
from envplan.store.home import home
from envplan.store.manifest import NAME, read_manifest
from envplan.store.model import Progress, Scheme, Tell, Tree, untold
from envplan.store.paths import discard
from envplan.store.roots import register, roots
from envplan.store.session import Session, sweep
from envplan.values.records import dataclass

_ENOUGH = 512 << 20  # bytes of unpacked wheels; then they are made to last, so that the wheels can go


@dataclass(frozen=True)
class _Made:
    """A tree that is complete, and that nobody sees yet."""

    tree: Tree
    folder: Path
    wheel: Path | None  # to delete once the tree is visible
    size: int  # of the wheel, in bytes


class Store:
    """Trees by the sha256 of their wheels. Use it in a `with`: what is handed out stays there until its end.

    `notes` are what a user should know of: trees that had changed, and were set aside.
    """

    def __init__(self, folder: Path, enough: int = _ENOUGH, tell: Tell = untold) -> None:
        self.home = home(folder)
        self._tell = tell
        self._enough = enough
        self.notes: list[Problem] = []
        self._made: dict[str, _Made] = {}
        self._session: Session | None = None
        self._refusal: EnvplanError | None = None
        self._turn = threading.RLock()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Leave what was committed, and nothing else."""
        with self._turn:
            self._made.clear()
            if self._session is not None:
                self._session.end()
                self._session = None

    def have(self, sha256: str, passed_over: Collection[Scheme] = ()) -> Tree | None:
        """Give a tree that is as it was unpacked; one that changed is set aside, noted, and not given.

        Files of schemes that are passed over are for the caller to look at, when it links them.
        """
        try:
            if not self.home.tree(sha256).is_dir():
                return None
        except OSError as error:  # no right to look there, or a name too long
            raise refused(self.home.folder, error, "a look at what it has", cannot="read") from None
        with contextlib.suppress(Refused):  # what is there can be used, though nothing can be added
            self.session()
        with contextlib.suppress(OSError):
            os.utime(self.home.tree(sha256) / NAME)  # when it was last used
        tree, change = self.look(sha256, passed_over)
        if tree is not None and change is None:
            return tree
        if change is not None:
            self.set_aside(sha256, tree, change)
        return None

    def add(
        self, file: File, wheel: Path, tell: Tell = untold, *, hashed: bool = False, keep: bool = False
    ) -> Tree:
        """Check a wheel, and unpack it. The tree that is returned can be used once `commit` was called.

        `hashed` says that the caller has just seen the sha256 of the wheel to be right, `keep` that the wheel
        is not ours to delete. Several threads may add at once.
        """
        assert file.sha256 is not None
        if made := self._made.get(file.sha256):
            return made.tree
        try:
            return self._add(file, wheel, tell, hashed=hashed, keep=keep)
        except FileNotFoundError as error:
            # Another process was quicker, and needed the wheel no longer.
            if not wheel.exists() and (tree := self.have(file.sha256)):
                return tree
            raise refused(self.home.folder, error, f"{printable(file.name)}, unpacked") from None
        except OSError as error:
            raise refused(self.home.folder, error, f"{printable(file.name)}, unpacked") from None

    def commit(self, tell: Tell = untold) -> None:
        """Make what was added last, on the disk and in sight of all; then its wheels are no longer needed."""
        if self._made:
            tell(Progress("sync", "the store", 0, None))
            self._commit()

    def register(self, environment: Path, trees: Collection[str]) -> None:
        """Note that an environment uses trees; call it before the environment itself is synced.

        A store that can only be read is done without: whoever may clean it cannot know of all who use it.
        """
        try:
            making = self.session().folder
        except Refused as refusal:
            if not refusal.closed:
                raise
        else:
            register(self.home, making, environment, trees)

    def session(self) -> Session:
        """Begin to work in the store, if not begun; what others left when they were killed is deleted.

        Where it cannot be written that is said each time, and tried once.
        """
        with self._turn:
            if self._refusal is not None:
                raise self._refusal
            if self._session is None:
                try:
                    self._session = Session(self.home, self._tell)
                except EnvplanError as refusal:
                    self._refusal = refusal
                    raise
                sweep(self.home, self._session)
            return self._session

    def look(self, sha256: str, passed_over: Collection[Scheme] = ()) -> tuple[Tree | None, Change | None]:
        """Read a manifest and look at all its files; neither, where there is no such tree."""
        folder = self.home.tree(sha256)
        try:
            tree = read_manifest(folder, sha256)
        except (OSError, ValueError, KeyError, TypeError) as error:
            if not folder.is_dir():
                return None, Change("", "it is no folder") if os.path.lexists(folder) else None
            how = "it is gone" if isinstance(error, FileNotFoundError) else "it is damaged"
            return None, Change(NAME, how)
        change = first_change(tree, passed_over)
        if change is not None and not folder.is_dir():  # deleted while we looked
            return None, None
        return tree, change

    def set_aside(self, sha256: str, tree: Tree | None, change: Change, folder: Path | None = None) -> None:
        """Take a tree that changed out of use, and say so; `folder` is where it lies, if not at its place."""
        folder = folder or self.home.tree(sha256)
        aside = self.home.aside / folder.name
        try:
            make_folder(self.home.aside)
            discard(aside)
            folder.rename(aside)
        except OSError:  # it cannot be moved, so nothing can be put in its place either
            stays = "it stays where it is, because nothing in this store can be moved"
        else:
            stays = f"what was there lies in {printable(str(aside))} until `envplan cache gc`"
        note = self._changed(sha256, tree, change, folder, stays)
        if note not in self.notes:
            self.notes.append(note)

    def _add(self, file: File, wheel: Path, tell: Tell, *, hashed: bool, keep: bool) -> Tree:
        from envplan.store.making import ALTERED, make

        assert file.sha256 is not None
        folder, size = self.session().folder / os.urandom(8).hex(), wheel.stat().st_size
        try:
            tree = make(file, wheel, folder, self.home.tree(file.sha256), tell, hashed=hashed)
        except BaseException as error:
            discard(folder)
            if isinstance(error, EnvplanError) and error.problems[0].code == ALTERED and not keep:
                with contextlib.suppress(OSError):  # so that it is fetched again
                    wheel.unlink()
            raise
        with self._turn:
            self._made[file.sha256] = _Made(tree, folder, None if keep else wheel, size)
            waiting = sum(made.size for made in self._made.values())
        if waiting >= self._enough:
            self._commit()
        return tree

    def _commit(self) -> None:
        """Sync while others go on adding, which is not seen by this."""
        ready = dict(self._made)
        try:
            settle(self.session().folder)
            with self._turn:
                for sha256, made in ready.items():
                    if self._made.get(sha256) is made:
                        self._show(sha256, made)
                        del self._made[sha256]
        except OSError as error:
            raise refused(self.home.folder, error, f"{len(ready):,} unpacked wheels") from None

    def _show(self, sha256: str, made: _Made) -> None:
        final = self.home.tree(sha256)
        make_folder(final.parent)
        if not self._is_there(sha256):
            try:
                made.folder.rename(final)
            except OSError:
                if not self._is_there(sha256):
                    raise
        discard(made.folder)  # another process made it in the meantime
        if made.wheel is not None:
            with contextlib.suppress(OSError):
                made.wheel.unlink()

    def _is_there(self, sha256: str) -> bool:
        """Whether there is such a tree, as it was unpacked; one that changed makes room."""
        tree, change = self.look(sha256)
        if change is not None:
            self.set_aside(sha256, tree, change)
        return tree is not None and change is None

    def _changed(self, sha256: str, tree: Tree | None, change: Change, folder: Path, stays: str) -> Problem:
        named = tree.wheel if tree else f"the wheel with sha256 {sha256}"
        users = [str(root.environment) for root in roots(self.home) if sha256 in root.trees and not root.gone]
        named_path = f"{printable(change.path)}: " if change.path else ""
        why = "environments share the files of the store, so an edit in one of them reaches it"
        return Problem(
            "EP433",
            f"{printable(named)} was changed in the store, and is not used any more",
            found=(Said(f"{named_path}{change.how}", printable(str(folder))),),
            why=(
                Said(f"{why}; these use this one: {printable(', '.join(users))}" if users else why),
                Said(stays),
            ),
            severity="warning",
        )

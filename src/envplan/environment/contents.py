"""What a generation will hold, before any of it is there: whose file goes where."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from hashlib import sha256
from itertools import chain
from pathlib import Path, PurePosixPath

from envplan.environment.commands import given_up
from envplan.environment.metadata import described
from envplan.environment.model import Part
from envplan.environment.scripts import adapted, command
from envplan.environment.skeletons import Layout, Skeleton
from envplan.store.model import Files
from envplan.values.records import dataclass, replace


@dataclass(frozen=True)
class Batch:
    """Files of one wheel that go into one folder as they are, but for those that lie there already."""

    owner: str
    target: str  # relative to the generation; empty for itself
    files: Files
    moment: int  # when its files were last changed, as they say themselves
    modes: tuple[int, int]  # of plain files, and of those that can be run

    @cached_property
    def paths(self) -> tuple[str, ...]:
        """Where they go, relative to the generation."""
        return _below(self.target, self.files.paths)

    @property
    def programs(self) -> frozenset[str]:
        """Those of them that can be run."""
        return frozenset(_below(self.target, tuple(self.files.executable)))

    @property
    def folders(self) -> tuple[str, ...]:
        """The folders below that they need, relative to the generation."""
        return _below(self.target, self.files.folders)


@dataclass(frozen=True)
class Made:
    """One file that no wheel holds: written, not linked."""

    owner: str
    path: str  # relative to the generation
    data: bytes
    program: bool = False

    @cached_property
    def sha256(self) -> str:
        """The hash of what it holds."""
        return sha256(self.data).hexdigest()


@dataclass(frozen=True)
class Contents:
    """All of a generation, but for its receipt and its list of files."""

    tops: tuple[str, ...]  # folders that must be there before any file is brought, parents first
    links: dict[str, str]
    batches: tuple[Batch, ...]
    made: tuple[Made, ...]

    @property
    def folders(self) -> tuple[str, ...]:
        """All folders, parents first."""
        return tuple(sorted({*self.tops, *chain.from_iterable(batch.folders for batch in self.batches)}))

    @property
    def count(self) -> int:
        """How many files come from the store."""
        return sum(len(batch.files.paths) for batch in self.batches)

    @property
    def size(self) -> int:
        """Their bytes."""
        return sum(sum(batch.files.sizes) for batch in self.batches)


def gathered(skeleton: Skeleton, place: Path, own: dict[str, bytes], parts: Sequence[Part]) -> Contents:
    """Say what an environment of these packages holds at its final place; `own` are its files without any."""
    layout = skeleton.layout
    python = place / layout.python
    batches: list[Batch] = []
    made = [Made("", path, data, path in skeleton.programs) for path, data in own.items()]
    lost = {(one.other, one.entry) for one in given_up([part.tree for part in parts])}
    for part in parts:
        entries = [one for one in part.tree.entry_points if (part.tree.project, one) not in lost]
        placed, written = _placed(part, layout, dict(command(one, python) for one in entries), python)
        batches += placed
        made += written
        made += described(part, placed, written)
    tops = set(skeleton.folders)
    parents = {one.path.rpartition("/")[0] for one in made} | {batch.target for batch in batches}
    for parent in map(PurePosixPath, parents):
        tops.update(map(str, (parent, *parent.parents)))
    return Contents(tuple(sorted(tops - {"."})), skeleton.links, tuple(batches), tuple(made))


def _below(folder: str, paths: Sequence[str]) -> tuple[str, ...]:
    head = f"{folder}/" if folder else ""
    return tuple([head + path for path in paths])


def _placed(
    part: Part, layout: Layout, commands: dict[str, bytes], python: Path
) -> tuple[list[Batch], list[Made]]:
    """Divide a package's files into those that are linked as they are, and those that are written."""
    tree = part.tree
    made = [Made(tree.project, f"{layout.scripts}/{name}", data, True) for name, data in commands.items()]
    batches = []
    for files in tree.files:
        target = layout.of(files.scheme, tree.project)
        if files.scheme == "scripts":
            # As pip does: where a wheel has a script and a command of one name, the command is newer.
            rows = [row for row, path in enumerate(files.paths) if path not in commands]
            written = [(row, data) for row in rows if (data := _rewritten(files, row, python)) is not None]
            made += [Made(tree.project, f"{target}/{files.paths[row]}", data, True) for row, data in written]
            files = _rows(files, [row for row in rows if row not in dict(written)])
        batches.append(Batch(tree.project, target, files, tree.moment, tree.modes))
    return batches, made


def _rewritten(files: Files, row: int, python: Path) -> bytes | None:
    """Return a script as it must be here; none where it is right as it lies in the store."""
    path = files.paths[row]
    with (files.root / path).open("rb") as script:
        start = script.read(8)
        if not start.startswith(b"#!python") and path in files.executable:
            return None  # also programs of 50 MB
        data = start + script.read()
    return adapted(data, python) or data


def _rows(files: Files, rows: Sequence[int]) -> Files:
    """Take some rows of all columns."""
    if len(rows) == len(files.paths):
        return files
    return replace(
        files,
        paths=tuple(files.paths[row] for row in rows),
        sizes=tuple(files.sizes[row] for row in rows),
        sha256=tuple(files.sha256[row] for row in rows),
    )


def without(batch: Batch, rows: frozenset[int]) -> Batch:
    """Leave out some rows of a batch."""
    kept = [row for row in range(len(batch.files.paths)) if row not in rows]
    return replace(batch, files=_rows(batch.files, kept))

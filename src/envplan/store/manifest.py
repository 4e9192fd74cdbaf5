"""The manifest of an unpacked wheel: every file with its size and hash, bound to the wheel's own sha256."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from envplan.store.columns import joined, lines, numbers, parted, read_lines, read_numbers
from envplan.store.model import EntryPoint, Files, Scheme, Tree
from envplan.store.paths import write_new
from envplan.values.records import dataclass

NAME = "manifest"

_MARK = b"envplan-tree-1\n"
_DIGEST = 32  # bytes


@dataclass(frozen=True)
class Row:
    """One file, as it was unpacked."""

    scheme: Scheme
    path: str
    size: int
    sha256: bytes
    executable: bool


def assembled(rows: Iterable[Row], folder: Path) -> tuple[Files, ...]:
    """Sort files into columns, scheme by scheme, as they lie below a folder."""
    ordered = sorted(rows, key=lambda row: (row.scheme, row.path))
    return tuple(
        _files(scheme, list(of_scheme), folder)
        for scheme, of_scheme in itertools.groupby(ordered, key=lambda row: row.scheme)
    )


def write_manifest(folder: Path, tree: Tree) -> None:
    """Write the manifest of a tree into the folder where it is still being made."""
    head = {
        "sha256": tree.sha256,
        "wheel": tree.wheel,
        "project": tree.project,
        "version": tree.version,
        "info": tree.info,
        "moment": tree.moment,
        "size": tree.size,
        "modes": tree.modes,
        "entry points": [[point.name, point.target, point.gui] for point in tree.entry_points],
        "startup": tree.startup,
        "schemes": [
            [files.scheme, len(files.folders), len(files.paths), sorted(files.executable)]
            for files in tree.files
        ],
    }
    sections = (
        lines(_through(files.folders for files in tree.files)),
        lines(_through(files.paths for files in tree.files)),
        numbers(_through(files.sizes for files in tree.files)),
        bytes.fromhex("".join(_through(files.sha256 for files in tree.files))),
    )
    write_new(folder / NAME, joined(_MARK, head, sections))


def read_manifest(folder: Path, sha256: str) -> Tree:
    """Read the manifest of a tree; ValueError where it is damaged, or another tree's."""
    head, (folders, paths, sizes, digests) = parted(_MARK, (folder / NAME).read_bytes())
    if head["sha256"] != sha256:
        raise ValueError("it is the manifest of another wheel")
    columns = _Columns(read_lines(folders), read_lines(paths), tuple(read_numbers(sizes)), digests.hex())
    return Tree(
        sha256=sha256,
        wheel=head["wheel"],
        project=head["project"],
        version=head["version"],
        info=head["info"],
        folder=folder,
        files=tuple(columns.taken(folder, head["schemes"])),
        entry_points=tuple(EntryPoint(*point) for point in head["entry points"]),
        startup=tuple(head["startup"]),
        moment=head["moment"],
        modes=(int(head["modes"][0]), int(head["modes"][1])),
    )


@dataclass(frozen=True)
class _Columns:
    """The files of all schemes, one after the other."""

    folders: tuple[str, ...]
    paths: tuple[str, ...]
    sizes: tuple[int, ...]
    hexadecimal: str

    def taken(self, folder: Path, schemes: Iterable[list[Any]]) -> Iterator[Files]:
        """Cut them into schemes again."""
        folder_at = file_at = 0
        width = 2 * _DIGEST
        for scheme, folder_count, count, executable in schemes:
            end = file_at + count
            yield Files(
                scheme=scheme,
                root=folder / scheme,
                folders=self.folders[folder_at : folder_at + folder_count],
                paths=self.paths[file_at:end],
                sizes=self.sizes[file_at:end],
                sha256=tuple(
                    [self.hexadecimal[at : at + width] for at in range(file_at * width, end * width, width)]
                ),
                executable=frozenset(executable),
            )
            folder_at, file_at = folder_at + folder_count, end


def _files(scheme: Scheme, rows: list[Row], folder: Path) -> Files:
    parents: set[str] = set()
    for row in rows:
        parent = row.path.rpartition("/")[0]
        while parent and parent not in parents:
            parents.add(parent)
            parent = parent.rpartition("/")[0]
    return Files(
        scheme=scheme,
        root=folder / scheme,
        folders=tuple(sorted(parents)),
        paths=tuple(row.path for row in rows),
        sizes=tuple(row.size for row in rows),
        sha256=tuple(row.sha256.hex() for row in rows),
        executable=frozenset(row.path for row in rows if row.executable),
    )


def _through(columns: Iterable[Iterable[Any]]) -> Iterator[Any]:
    return itertools.chain.from_iterable(columns)

"""The files of a page in columns: a File is made when somebody looks at it.

The pages of a hundred packages list a hundred thousand files, of which a target can run one in ten and takes
one in a thousand. To make all of them took longer than the solver.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import overload

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from envplan.index.model import File
from envplan.index.specifiers import specifiers

NAMES = ("names", "versions", "urls", "sha256", "sizes", "uploaded", "requires", "yanked", "metadata")

# What decides which targets run a file: the tags of a wheel ("" for a source archive), and Requires-Python.
Kind = tuple[str, str]


class Columns(Sequence[File]):
    """Files of one project on one index. Text in every column; "" stands for what is not said.

    `yanked` and `metadata` begin with "=" where they are said, since what is said may be empty.
    """

    def __init__(
        self,
        index: str,
        project: str,
        columns: Sequence[list[str]],
        kinds: Mapping[Kind, str] | None = None,
    ) -> None:
        """`kinds`: the places of each kind, in text as they were kept; else they are found when asked for."""
        self._index, self._project = index, project
        self.columns = columns
        self.names, self.versions, self.urls, self.sha256 = columns[:4]
        self.sizes, self.uploaded, self.requires, self.yanked, self.metadata = columns[4:9]
        self._made: dict[int, File] = {}
        self._versions: dict[str, Version] = {}
        self._specifiers: dict[str, SpecifierSet | None] = {"": None}
        self._kept = kinds
        self._kinds: dict[Kind, list[int]] | None = None

    def __len__(self) -> int:
        return len(self.names)

    @overload
    def __getitem__(self, place: int) -> File: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[File, ...]: ...
    def __getitem__(self, place: int | slice) -> File | tuple[File, ...]:
        if isinstance(place, slice):
            return tuple(self[one] for one in range(*place.indices(len(self))))
        if place < 0:
            place += len(self)
        file = self._made.get(place)
        if file is None:
            file = self._made[place] = self._file(place)
        return file

    def __iter__(self) -> Iterator[File]:
        return (self[place] for place in range(len(self)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash((self._index, self._project, len(self)))

    def kinds(self) -> dict[Kind, list[int]]:
        """Find the places of the files of each kind."""
        if self._kinds is None and self._kept is not None:
            self._kinds = {kind: list(map(int, places.split())) for kind, places in self._kept.items()}
        elif self._kinds is None:
            self._kinds = _grouped(zip(self.names, self.requires, strict=True))
        return self._kinds

    def _file(self, place: int) -> File:
        size, yanked, metadata = self.sizes[place], self.yanked[place], self.metadata[place]
        return File(
            index=self._index,
            project=self._project,
            name=self.names[place],
            version=self._version(self.versions[place]),
            url=self.urls[place],
            sha256=self.sha256[place] or None,
            size=int(size) if size else None,
            uploaded=self.uploaded[place] or None,
            requires_python=self._specifier(self.requires[place]),
            yanked=yanked[1:] if yanked else None,
            metadata=metadata[1:] if metadata else None,
        )

    def _version(self, text: str) -> Version:
        version = self._versions.get(text)
        if version is None:
            version = self._versions[text] = Version(text)
        return version

    def _specifier(self, text: str) -> SpecifierSet | None:
        if text not in self._specifiers:
            self._specifiers[text] = specifiers(text)
        return self._specifiers[text]


def kinds(files: Sequence[File]) -> dict[Kind, list[int]]:
    """Find the places of the files of each kind."""
    if isinstance(files, Columns):
        return files.kinds()
    return _grouped((file.name, str(file.requires_python or "")) for file in files)


def _grouped(files: Iterator[tuple[str, str]]) -> dict[Kind, list[int]]:
    found: dict[Kind, list[int]] = {}
    for place, (name, requires) in enumerate(files):
        tags = "-".join(name[:-4].rsplit("-", 3)[1:]) if name.endswith(".whl") else ""
        places = found.get((tags, requires))
        if places is None:
            found[tags, requires] = [place]
        else:
            places.append(place)
    return found

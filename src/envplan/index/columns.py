"""The files of a page in columns, as the page wrote them: a link is judged when somebody looks at it.

The pages of a hundred packages list a hundred thousand files, of which a target can run one in ten and takes
one in a thousand. To judge all of them took longer than everything else.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from typing import overload

from envplan.index.model import File, Refused
from envplan.index.pages.links import Links

# What decides which targets run a file: the tags of a wheel ("" for a source archive), and Requires-Python.
Kind = tuple[str, str]


BETWEEN = "\x1e"  # of columns, where they are kept


class Lines:
    """One column: a line a file. As a list of texts it would take twice the memory."""

    def __init__(self, text: str, count: int) -> None:
        """`text` holds so many lines."""
        self.text, self.count = text, count
        self._ends: array[int] | None = None

    @classmethod
    def of(cls, texts: Sequence[str]) -> Lines:
        """Join lines. What would end one, or a column, stands in no link that could be used."""
        joined = "\n".join(texts)
        if joined.count("\n") >= max(len(texts), 1) or BETWEEN in joined:
            joined = "\n".join(text.replace("\n", " ").replace(BETWEEN, " ") for text in texts)
        return cls(joined, len(texts))

    def all(self) -> list[str]:
        """Take all of them apart."""
        return self.text.split("\n") if self.count else []

    def at(self, place: int) -> str:
        """Take out one."""
        if self._ends is None:
            self._ends = array("I", accumulate(map(len, self.all())))
        start = self._ends[place - 1] + place if place else 0
        return self.text[start : self._ends[place] + place]

    def places(self, line: str) -> Iterator[int]:
        """Find the places of a line."""
        text, at = f"\n{self.text}\n", -1
        while (at := text.find(f"\n{line}\n", at + 1)) >= 0:
            yield text.count("\n", 0, at)


class Columns(Sequence[File]):
    """What a page lists: `columns` are those that `Links.file` takes, with text in every one of them.

    As a sequence these are the files that may be used; who does not need all goes by `kinds` and `at`.
    """

    def __init__(
        self, links: Links, columns: Sequence[Lines], kinds: Mapping[Kind, str] | None = None
    ) -> None:
        """`kinds`: the places of each kind, in text as they were kept; else they are found when asked for."""
        self.links, self.columns = links, columns
        self.names, self.requires = columns[0], columns[5]
        self._found: dict[int, tuple[File, str] | Refused | None] = {}
        self._kept = kinds
        self._kinds: dict[Kind, list[int]] | None = None

    def at(self, place: int) -> File | None:
        """Return the file at a place of the page, if what stands there is one."""
        found = self._look(place)
        return found[0] if isinstance(found, tuple) else None

    def find(self, name: str, sha256: str | None) -> tuple[File, str] | None:
        """Find a file by its name and hash, and where to ask for it; none: it is not listed."""
        for place in self.names.places(name):
            if isinstance(found := self._look(place), tuple):
                known = found[0].sha256
                if not (known and sha256) or known == sha256:
                    return found
        return None

    def kinds(self) -> dict[Kind, list[int]]:
        """Find the places of each kind of file."""
        if self._kinds is None and self._kept is not None:
            self._kinds = {kind: list(map(int, places.split())) for kind, places in self._kept.items()}
        elif self._kinds is None:
            self._kinds = _grouped(zip(self.names.all(), self.requires.all(), strict=True))
        return self._kinds

    @property
    def refused(self) -> tuple[Refused, ...]:
        """List the links that look like files of the project and are none."""
        every = (self._look(place) for place in range(self.names.count))
        return tuple(one for one in every if isinstance(one, Refused))

    def __iter__(self) -> Iterator[File]:
        return (file for place in range(self.names.count) if (file := self.at(place)) is not None)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    @overload
    def __getitem__(self, place: int) -> File: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[File, ...]: ...
    def __getitem__(self, place: int | slice) -> File | tuple[File, ...]:
        return tuple(self)[place]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(self.names.text)

    def _look(self, place: int) -> tuple[File, str] | Refused | None:
        if place not in self._found:
            self._found[place] = self.links.file(*(column.at(place) for column in self.columns))
        return self._found[place]


def kinds(files: Sequence[File]) -> dict[Kind, list[int]]:
    """Find the places of each kind of file."""
    if isinstance(files, Columns):
        return files.kinds()
    return _grouped((file.name, str(file.requires_python or "")) for file in files)


def at(files: Sequence[File], place: int) -> File | None:
    """Return the file at a place that `kinds` gave, if what stands there is one."""
    return files.at(place) if isinstance(files, Columns) else files[place]


def refused(files: Sequence[File]) -> tuple[Refused, ...]:
    """List the links that look like files of the project and are none."""
    return files.refused if isinstance(files, Columns) else ()


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

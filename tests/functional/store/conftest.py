"""A store on the disk, and wheels to put into it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from packaging.version import Version

from envplan.index.model import File
from envplan.problems import EnvplanError, Problem
from envplan.store.model import Tree
from envplan.store.trees import Store
from tests.support.hostile import Archive, Entry


class Shelf:
    """A folder with a store and with wheels as `fetch` leaves them: whole, and with the right sha256."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = Store(folder / "store")

    def wheel(
        self, body: bytes, project: str = "demo", version: str = "1.0", tags: str = "py3-none-any"
    ) -> tuple[File, Path]:
        """Lay down a wheel."""
        name = f"{project.replace('-', '_')}-{version}-{tags}.whl"
        sha256 = hashlib.sha256(body).hexdigest()
        path = self.folder / f"{sha256}.whl"
        path.write_bytes(body)
        index = "https://index.example/simple"
        file = File(index, project, name, Version(version), f"{index}/{name}", sha256, len(body))
        return file, path

    def added(self, body: bytes | Archive | Sequence[Entry], **named: str) -> Tree:
        """Add and commit a wheel."""
        file, path = self.wheel(as_bytes(body), **named)
        tree = self.store.add(file, path)
        self.store.commit()
        return tree

    def refused(self, body: bytes | Archive | Sequence[Entry], **named: str) -> Problem:
        """Add a wheel that is refused; nothing of it is left."""
        file, path = self.wheel(as_bytes(body), **named)
        with pytest.raises(EnvplanError) as caught:
            self.store.add(file, path)
        assert len(caught.value.problems) == 1
        self.store.commit()
        assert file.sha256 is not None
        assert self.store.have(file.sha256) is None
        session = self.store.session().folder
        assert not list(session.iterdir())
        return caught.value.problems[0]


def as_bytes(body: bytes | Archive | Sequence[Entry]) -> bytes:
    if isinstance(body, bytes):
        return body
    return (body if isinstance(body, Archive) else Archive(body)).bytes()


def contents(folder: Path) -> dict[str, bytes]:
    """All files below a folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    shelf = Shelf(tmp_path)
    yield shelf
    shelf.store.close()
    left = [os.fspath(path) for path in (tmp_path / "store" / "building").glob("*")]
    assert not left, "a session leaves nothing behind"

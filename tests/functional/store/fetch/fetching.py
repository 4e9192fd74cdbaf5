"""A server with wheels, a store, and what it takes to fetch them."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from packaging.version import Version

from envplan.index.model import File
from envplan.index.web.client import Web
from envplan.index.web.connections import Connections
from envplan.index.web.logins import Logins
from envplan.index.web.patience import Patience
from envplan.problems import Problem
from envplan.store.fetch import fetch
from envplan.store.fetch.manner import Manner
from envplan.store.fetch.part import Part
from envplan.store.model import Progress
from tests.support.answers import problem_of
from tests.support.local_index import LocalIndex
from tests.support.wheels import wheel

ROOT = Path(__file__).parents[4]
KIB, MIB = 1 << 10, 1 << 20
CALM = Patience(connect=5, first_byte=5, pause=0.01, longest_pause=0.1)
QUICK = Patience(connect=1, first_byte=0.4, page=5, slowest=4000, window=0.3, pause=0.01, longest_pause=0.1)
# A wheel of 128 KiB and more is large, and is fetched in pieces of 64 KiB.
PIECES = Manner(lanes=8, large_lanes=6, a_file=4, a_lane=64 * KIB, piece=64 * KIB, pieces=100)

SMALL, LARGE = 20 * KIB, 512 * KIB
SIZES = pytest.mark.parametrize("size", [SMALL, LARGE], ids=["small", "in-pieces"])


@dataclass
class Shop:
    """Wheels on a server, and the store they are fetched into."""

    web: LocalIndex
    store: Path
    patience: Patience = CALM
    manner: Manner = PIECES
    heard: list[Progress] = field(default_factory=list)
    bodies: dict[str, bytes] = field(default_factory=dict)

    def put(self, name: str = "torch", size: int = SMALL, *, sized: bool = True, **how: Any) -> File:
        """Serve a wheel; what the lock says of it."""
        filename, body = wheel(name, "2.2.0", size=size)
        url = self.web.put(f"/files/{filename}", body, **how)
        self.bodies[filename] = body
        return self.locked(filename, body, url, sized=sized)

    def locked(self, filename: str, body: bytes, url: str, *, sized: bool = True) -> File:
        sha256 = hashlib.sha256(body).hexdigest()
        project = filename.partition("-")[0]
        index = f"{self.web.url}/simple"
        size = len(body) if sized else None
        return File(index, project, filename, Version("2.2.0"), url, sha256, size)

    def client(self) -> Web:
        return Web(Connections({}), Logins({}, {}), self.patience)

    def get(self, *files: File, **how: Any) -> list[str]:
        """Fetch, compare each byte, take them away; their names in the order they came."""
        came = []
        web = self.client()
        place = how.pop("place", lambda file: file.url)
        for file, path in fetch(files, self.store, web, place, self.heard.append, manner=self.manner, **how):
            assert path.read_bytes() == self.bodies[file.name]
            path.unlink()
            came.append(file.name)
        web.close()
        assert not list((self.store / "parts").iterdir()), "something was left behind"
        return came

    def refused(self, *files: File, **how: Any) -> Problem:
        """Fetch in vain; why."""
        return problem_of(lambda: self.get(*files, **how))

    def sent(self, file: File) -> int:
        """How many of its bytes the server has sent."""
        return self.web.sent[f"/files/{file.name}"]

    def ranges(self) -> list[str]:
        """The ranges asked for."""
        return [one.headers["range"] for one in self.web.requests() if "range" in one.headers]


def asked(shop: Shop, file: File) -> int:
    """How many of its bytes were asked for."""
    total = 0
    for one in shop.web.requests(f"/files/{file.name}"):
        start, _, last = one.headers.get("range", "bytes=0-").removeprefix("bytes=").partition("-")
        total += (int(last) + 1 if last else len(shop.bodies[file.name])) - int(start)
    return total


class EnoughError(Exception):
    """Ends a run in the middle."""


def leave_half(shop: Shop, file: File) -> int:
    """A run that ends in the middle; the bytes that are on disk then."""
    assert file.size

    def tell(progress: Progress) -> None:
        if progress.done * 3 > file.size:  # type: ignore[operator]
            raise EnoughError

    shop.web.fault("/files/*", "slow", rate=file.size * 3)
    with pytest.raises(EnoughError):
        list(fetch([file], shop.store, shop.client(), lambda one: one.url, tell, manner=shop.manner))
    shop.web.heal()
    shop.web.forget()
    state = Part(shop.store / "parts", str(file.sha256)).read()
    assert state is not None
    there = sum(piece.done for piece in state.pieces)
    assert 0 < there < file.size
    return there


def words(problem: Problem) -> str:
    return json.dumps(problem.as_json())


def fetchers() -> list[str]:
    """The threads of fetching that are alive."""
    return [one.name for one in threading.enumerate() if "(work)" in one.name]


def child(shop: Shop, *files: File, **how: Any) -> subprocess.Popen[str]:
    """Start a process that fetches."""
    asked = {
        "store": str(shop.store),
        "files": [(one.name, one.url, one.sha256, one.size) for one in files],
        "patience": vars(shop.patience),
        "manner": vars(shop.manner),
        **how,
    }
    command = [sys.executable, "-m", "tests.functional.store.fetch.child", json.dumps(asked)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

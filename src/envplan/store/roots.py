"""Which environments use which trees: a small file for each, so that `cache` can say so, and `gc` knows."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Collection
from pathlib import Path

from envplan.documents.folders import make_folder
from envplan.documents.reading import printable
from envplan.store.disk import refused
from envplan.store.home import Home
from envplan.store.paths import write_new
from envplan.values.numbers import counted
from envplan.values.records import dataclass


@dataclass(frozen=True)
class Root:
    """One environment, and the trees it was made of."""

    environment: Path
    trees: frozenset[str]
    note: Path  # the file that says so

    @property
    def gone(self) -> bool:
        """Whether the environment was deleted, as far as can be seen from here."""
        return not self.environment.is_dir()


def register(home: Home, making: Path, environment: Path, trees: Collection[str]) -> None:
    """Note that an environment uses trees; `making` is where it is written before it is seen.

    It lasts once the disk is synced, as the environment does.
    """
    beside = making / f"root-{os.urandom(8).hex()}"
    text = json.dumps({"environment": str(environment), "trees": sorted(trees)})
    try:
        make_folder(home.roots)
        write_new(beside, text.encode())
        beside.replace(_note(home, environment))
    except OSError as error:
        what = f"a note that {printable(environment.name)} uses {counted(len(trees), 'wheel')}"
        raise refused(home.roots, error, what) from None


def roots(home: Home) -> tuple[Root, ...]:
    """Give all environments that were noted, also those that are gone since."""
    found = []
    with contextlib.suppress(OSError):
        for note in sorted(home.roots.glob("*.json")):
            with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
                said = json.loads(note.read_text(encoding="utf-8"))
                found.append(Root(Path(said["environment"]), frozenset(said["trees"]), note))
    return tuple(found)


def _note(home: Home, environment: Path) -> Path:
    return home.roots / f"{hashlib.sha256(os.fsencode(environment)).hexdigest()[:32]}.json"

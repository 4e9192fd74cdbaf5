"""An environment of so many files that copies of the process link parts of it; test_large.py runs it."""

from __future__ import annotations

import json
import pickle
import sys
from pathlib import Path

from envplan.environment.listing import read_listing
from envplan.environment.skeletons import skeleton
from envplan.environment.untouched import untouched
from envplan.problems import EnvplanError
from envplan.processes.forking import portions
from envplan.store.model import Tree
from tests.functional.environment.conftest import HERE, Project
from tests.support.trees import tree

FILES = 4_000  # in each of two packages


def made(name: str, store: Path, count: int = FILES) -> Tree:
    """A package of many files."""
    files = {f"{name}/part{n % 50}/file{n}.py": f"x = {n}" for n in range(count)}
    return tree(name, "1.0", store, files=files)


def build(folder: Path, trees: Path) -> object:
    """Build it of pickled trees; say how many files it has, and how many are links, or what went wrong."""
    project = Project(folder, skeleton(HERE, folder.parent / "store"))
    print("begins", flush=True)
    try:
        now = project.build(*pickle.loads(trees.read_bytes()))
    except EnvplanError as error:
        return [one.code for one in error.problems]
    listing = read_listing(now.folder)
    assert listing
    links = [(now.folder / path).stat().st_nlink for path in listing.paths if path.endswith(".py")]
    return [len(links), sum(number > 1 for number in links)]


def look(generation: Path) -> object:
    """Say whether it is as it was built."""
    listing = read_listing(generation)
    return listing is not None and untouched(generation, listing)


def main() -> None:
    """Do one or the other."""
    assert len(portions(2 * FILES, FILES)) == 2, "a process of one thread, on more than one processor"
    folder, *trees = map(Path, sys.argv[1:])
    print(json.dumps(build(folder, *trees) if trees else look(folder)))


if __name__ == "__main__":
    main()

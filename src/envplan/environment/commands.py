"""Commands that two packages ask for: who is called like the command has it (decision 0034)."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from envplan.problems import Problem, Said
from envplan.store.model import EntryPoint, Tree
from envplan.values.names import normal
from envplan.values.records import dataclass


@dataclass(frozen=True)
class GivenUp:
    """A command that a package asks for and does not get."""

    other: str  # the project that asks
    entry: EntryPoint
    owner: str  # the project that has it
    kept: EntryPoint


def given_up(trees: Collection[Tree]) -> tuple[GivenUp, ...]:
    """Find them; where nobody is called like a command, two that ask for it cannot be together."""
    owned = {entry.name: (tree.project, entry) for tree, entry in _commands(trees) if _owns(tree, entry)}
    found = []
    for tree, entry in _commands(trees):
        owner, kept = owned.get(entry.name, (tree.project, entry))
        if owner != tree.project and kept != entry:
            found.append(GivenUp(tree.project, entry, owner, kept))
    return tuple(found)


def told(lost: GivenUp) -> Problem:
    """Say who has a command, and who has not."""
    return Problem(
        "EP444",
        f"the command {lost.entry.name} is that of {lost.owner}, not that of {lost.other}",
        found=(Said(lost.kept.target, lost.owner), Said(lost.entry.target, lost.other)),
        why=(Said("both ask for it, and a command belongs to the package that is called like it"),),
        severity="note",
    )


def _commands(trees: Collection[Tree]) -> Iterator[tuple[Tree, EntryPoint]]:
    return ((tree, entry) for tree in trees for entry in tree.entry_points)


def _owns(tree: Tree, entry: EntryPoint) -> bool:
    return normal(entry.name) == tree.project

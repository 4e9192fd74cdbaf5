"""From the answers of all targets to the entries of one lock."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from packaging.version import Version

from envplan.index.model import File
from envplan.lockfile.model import LocalSource, LockedFile, Pinned
from envplan.solver.model import Solved
from envplan.sources.model import Given
from envplan.spec.model import Spec
from envplan.values.targets import Target


def assemble(
    spec: Spec,
    answers: Sequence[Solved],
    hashed: Mapping[File, File],
    given: Iterable[Given],
) -> tuple[Pinned, ...]:
    """Join what the targets share: one entry for each name, version and index."""
    entries: dict[tuple[str, Version, str], list[Solved]] = defaultdict(list)
    for answer in answers:
        for name, file in answer.files.items():
            entries[name, file.version, file.index].append(answer)
    groups = _Groups(spec, answers)
    found = [_entry(groups, key, those, hashed) for key, those in entries.items()]
    return (*found, *(_elsewhere(groups, one, answers) for one in given))


def _entry(
    groups: _Groups, key: tuple[str, Version, str], answers: Sequence[Solved], hashed: Mapping[File, File]
) -> Pinned:
    name, version, index = key
    files = dict.fromkeys(hashed[answer.files[name]] for answer in answers)
    dependencies = {needed for answer in answers for needed in answer.dependencies.get(name, ())}
    return Pinned(
        name,
        version,
        index,
        files=tuple(_file(file) for file in files),
        targets=frozenset(answer.target for answer in answers),
        groups=groups.of(name, answers),
        requires_python=answers[0].metadata[name].requires_python if name in answers[0].metadata else None,
        dependencies=tuple(sorted(dependencies)),
    )


def _file(file: File) -> LockedFile:
    assert file.sha256
    return LockedFile(file.name, file.url, file.sha256, file.size, file.uploaded)


class _Groups:
    """Which groups of the spec ask for what: walked once for each answer."""

    def __init__(self, spec: Spec, answers: Iterable[Solved]) -> None:
        grouped = {one.name for _, group in spec.groups for one in group}
        main = {one.name for one in spec.packages}
        self._plain: dict[Target, set[str]] = {}
        self._grouped: dict[Target, dict[str, set[str]]] = {}
        for answer in answers:
            needed = {one for several in answer.dependencies.values() for one in several}
            # A package that nobody in the graph needs, and nobody in the spec asks for, came with the plan.
            implied = answer.versions.keys() - main - grouped - needed
            self._plain[answer.target] = reached(answer.dependencies, answer.versions.keys() & main | implied)
            self._grouped[answer.target] = {
                group: reached(answer.dependencies, {one.name for one in wanted})
                for group, wanted in spec.groups
            }

    def of(self, name: str, answers: Iterable[Solved]) -> frozenset[str]:
        """The groups that alone ask for a package; none where the packages themselves do."""
        targets = [answer.target for answer in answers]
        if any(name in self._plain[target] for target in targets):
            return frozenset()
        return frozenset(
            group for target in targets for group, names in self._grouped[target].items() if name in names
        )


def reached(dependencies: Mapping[str, Iterable[str]], roots: Iterable[str]) -> set[str]:
    """Everything that the roots need, themselves included."""
    found: set[str] = set()
    waiting = list(roots)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += dependencies.get(name, ())
    return found


def _elsewhere(groups: _Groups, given: Given, answers: Sequence[Solved]) -> Pinned:
    """Pin a package that no index serves; what lies in a folder has the version it has that day."""
    name = given.metadata.name
    those = [answer for answer in answers if name in answer.versions]
    dependencies = {needed for answer in those for needed in answer.dependencies.get(name, ())}
    pinned = given.versioned and not isinstance(given.source, LocalSource)
    return Pinned(
        name,
        given.metadata.version if pinned else None,
        None,
        (),
        frozenset(answer.target for answer in those),
        groups=groups.of(name, those),
        requires_python=given.metadata.requires_python,
        dependencies=tuple(sorted(dependencies)),
        source=given.source,
    )

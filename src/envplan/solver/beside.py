"""What a target is shown of a package that no index serves: the one there is, where it runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from envplan.documents.reading import shown
from envplan.index.model import File
from envplan.lockfile.model import ArchiveSource
from envplan.problems import EnvplanError, Problem, Said
from envplan.values.fitting import Ground, Rank, Unfit, judge
from envplan.values.platforms import PLATFORM_NAMES, Platform
from envplan.values.records import replace
from envplan.values.versions import Python

if TYPE_CHECKING:  # reading them takes modules that few locks need
    from envplan.sources.model import Given

FILE = "EP364"
_NEWEST_MINOR = 20  # of the Pythons that a wheel is tried with to say which it is for


def file_of(given: Given, ground: Ground) -> File:
    """Name the file that stands for the package; a wheel that the target cannot run is refused."""
    name, version = given.metadata.name, given.metadata.version
    if not isinstance(given.source, ArchiveSource):
        return File("", name, f"{name}-{version}", version, "")
    file = File("", name, given.source.name, version, "")
    if file.is_wheel and isinstance(fit := _judged(file, ground), Unfit):
        raise EnvplanError(_refusal(given.source, file, fit, ground))
    return file


def _judged(file: File, ground: Ground) -> Rank | Unfit:
    return judge("-".join(file.name.removesuffix(".whl").split("-")[-3:]), ground)


def _refusal(source: ArchiveSource, file: File, fit: Unfit, ground: Ground) -> Problem:
    return Problem(
        FILE,
        f"{file.name} does not run on {ground.platform} with Python {ground.python}",
        found=(Said(fit.text, shown(source.path)),),
        why=(Said(f"it is the only file of {file.project}: no index is asked for a package with a path"),),
        cures=(
            *_narrower(file, fit, ground),
            f'{file.project} = {{ path = "FOLDER" }}     (the folder that the wheel was built from)',
        ),
    )


def _narrower(file: File, fit: Unfit, ground: Ground) -> Iterator[str]:
    """Say which targets the wheel would do for."""

    def fits(one: Ground) -> bool:
        return not isinstance(_judged(file, one), Unfit)

    if fit.kind == "platform":
        elsewhere = [replace(ground, platform=Platform.parse(name), libc=None) for name in PLATFORM_NAMES]
        if named := [f'"{one.platform}"' for one in elsewhere if fits(one)]:
            yield f"platforms = [{', '.join(named)}]     (under [targets])"
    if fit.kind == "python":
        newest = [replace(ground, python=Python(3, minor)) for minor in range(_NEWEST_MINOR, 0, -1)]
        if named := [f'"{one.python}"' for one in newest if fits(one)]:
            yield f"python = {named[0]}     (under [env])"

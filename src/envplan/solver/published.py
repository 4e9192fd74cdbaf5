"""What shipped listings promise, held against what indexes have: a plan must not name what is gone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from functools import partial

from packaging.version import Version

from envplan.catalog.model import Catalog, Listing
from envplan.catalog.places import DEFAULT_INDEX
from envplan.index.addresses import canonical_index
from envplan.planner.targets import Served
from envplan.problems import EnvplanError
from envplan.processes.parallel import in_parallel
from envplan.solver.source import Source
from envplan.values.records import replace

ABSENT = "EP330"  # the one refusal that says something of the project
_Place = tuple[str, str]  # index, project


def as_published(catalog: Catalog, served: Iterable[Served], source: Source) -> Catalog | None:
    """Leave out versions that a plan chose from and its index does not have; none where it has all it chose.

    An index that gives no answer is no smaller choice but an error, told by solving. One that does not know
    the project is an error too, unless no index of that version has it: then the listing was wrong.
    """
    wanted: dict[_Place, set[Version]] = defaultdict(set)
    for pin in (pin for one in served for pin in one.pins if pin.exact and pin.index != "local"):
        wanted[pin.index, pin.name].add(Version(pin.version))
    found = _asked(source, wanted)
    smaller = catalog.listing
    for place, there in found.items():
        versions = wanted[place]
        if there is not None and not versions <= there:
            smaller = _reduced(smaller, place, there.__contains__)
        elif there is None:
            for version in versions:
                others = _others(catalog.listing, place, version)
                asked = _asked(source, others)
                if others and len(asked) == len(others) and not _is_among(asked, version):
                    for other in (place, *others):
                        smaller = _reduced(smaller, other, partial(_is_another, version))
    return None if smaller is catalog.listing else replace(catalog, listing=smaller)


def _asked(source: Source, places: Iterable[_Place]) -> dict[_Place, set[Version] | None]:
    """List the versions in each place, none where it is unknown; places without an answer are left out."""

    def ask(place: _Place) -> tuple[_Place, set[Version] | None] | None:
        try:
            project = source.project(canonical_index(place[0]), place[1])
        except EnvplanError as error:
            unknown = [problem.code for problem in error.problems] == [ABSENT]
            return (place, None) if unknown else None
        return place, {file.version for file in project.files if file.is_wheel}

    return dict(one for one in in_parallel(ask, list(places), workers=8) if one is not None)


def _others(listing: Listing, place: _Place, wanted: Version) -> list[_Place]:
    """The framework's other indexes that are said to have a version; never the default index, open to all."""
    index, name = place
    return [
        (other, name)
        for other, projects in listing.items()
        if other not in (index, DEFAULT_INDEX)
        and any(Version(one).public == wanted.public for one in projects.get(name, ()))
    ]


def _is_among(found: Mapping[_Place, set[Version] | None], wanted: Version) -> bool:
    return any(one.public == wanted.public for versions in found.values() for one in versions or ())


def _is_another(version: Version, one: Version) -> bool:
    return one.public != version.public


def _reduced(listing: Listing, place: _Place, stays: Callable[[Version], bool]) -> Listing:
    """Leave versions of one project out of one index; the same listing where none does."""
    index, name = place
    versions = listing.get(index, {}).get(name, {})
    kept = {version: wheels for version, wheels in versions.items() if stays(Version(version))}
    if len(kept) == len(versions):
        return listing
    return {**listing, index: {**listing[index], name: kept}}

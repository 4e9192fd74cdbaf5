"""What indexes publish, as listed on a day: one JSON file a snapshot."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from functools import cache
from typing import Any

from envplan.catalog import rows
from envplan.catalog.decode import Published
from envplan.catalog.model import Snapshot, Wheel
from envplan.values.evidence import Evidence
from envplan.values.tags import PythonTag, python_tag

SCHEMA = 1

Wheels = dict[str, dict[str, dict[str, tuple[Wheel, ...]]]]  # index, project, version


class Shelf:
    """Collects what several snapshots and rows say of the projects that are asked for."""

    def __init__(self, projects: Set[str]) -> None:
        self.projects = projects
        self.wheels: Wheels = {}
        self.snapshots: list[Snapshot] = []

    def take(self, data: Mapping[str, Any]) -> None:
        """Take the wanted projects from one snapshot."""
        assert data["schema"] == SCHEMA, data["schema"]
        evidence = Evidence(data["source"], data["seen"], data["method"])
        wanted = False
        for index, projects in data["indexes"].items():
            for project in self.projects & projects.keys():
                wanted = True
                for version, files in projects[project].items():
                    self.put(index, project, version, _wheels(files, evidence))
        if wanted:
            self.snapshots.append(Snapshot(evidence.source, evidence.seen, evidence.method))

    def add(self, published: Iterable[Published]) -> None:
        """Take what single rows say."""
        for row in published:
            if row.project in self.projects:
                for index, version in row.places():
                    self.put(index, row.project, version, (row.wheel,))

    def put(self, index: str, project: str, version: str, wheels: tuple[Wheel, ...]) -> None:
        """Put wheels beside those that are there already."""
        versions = self.wheels.setdefault(index, {}).setdefault(project, {})
        versions[version] = (*versions.get(version, ()), *wheels)


def _wheels(files: Mapping[str, str], evidence: Evidence) -> tuple[Wheel, ...]:
    found = ((rows.tags(tag), _pythons(pythons)) for tag, pythons in files.items())
    return tuple(Wheel(tags, pythons, evidence) for tags, pythons in found if tags and pythons)


@cache
def _pythons(text: str) -> tuple[PythonTag, ...]:
    return tuple(tag for one in text.split() if (tag := python_tag(one)))

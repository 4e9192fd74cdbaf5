"""Which indexes a name may come from, told in two milliseconds: for checks that run at every start."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterator
from functools import cache
from pathlib import Path

# Stands for the default index, wherever the user's configuration puts it.
DEFAULT_INDEX = "default"
_DATA = Path(__file__).parent / "data"
# To parse the catalog of one framework takes 20 ms, and these lines are all that is needed of it here.
_INDEX = re.compile(r"""^index\s*=\s*["']([^"'\n]+)["']""", re.MULTILINE)


class Places:
    """The indexes of the catalog that ships, and of the user's own rows."""

    def __init__(self, variants: Collection[str], overlay: Path | None = None) -> None:
        self._variants = variants
        self._overlay = overlay
        self._known: dict[str, frozenset[str]] = {}
        self._framework = {**_framework_of(_DATA / "indexes.toml")}
        for file in self._added():
            self._framework |= _framework_of(file)

    def of(self, name: str) -> frozenset[str]:
        """List the indexes that a name may come from: those of its framework, and the default index."""
        framework = self._framework.get(name)
        return self._of(framework) if framework else frozenset({DEFAULT_INDEX})

    def decides(self, name: str) -> bool:
        """Whether a framework decides about a name: which build of it, on which index, for whom."""
        return name in self._framework

    def all(self) -> frozenset[str]:
        """List every index that any name may come from."""
        return frozenset({DEFAULT_INDEX}).union(*map(self._of, set(self._framework.values())))

    def _of(self, framework: str) -> frozenset[str]:
        if framework not in self._known:
            self._known[framework] = self._read(framework)
        return self._known[framework]

    def _read(self, framework: str) -> frozenset[str]:
        shipped = _DATA / f"{framework}.toml"
        files = ([shipped] if shipped.is_file() else []) + self._added()
        found = {place for file in files for place in _INDEX.findall(_text(file))}
        return frozenset(
            {place.replace("{variant}", variant) for place in found for variant in self._variants}
            | {DEFAULT_INDEX}
        )

    def _added(self) -> list[Path]:
        if self._overlay is None or not self._overlay.is_dir():
            return []
        return sorted(one for one in self._overlay.iterdir() if one.suffix == ".toml" and one.name[0] != ".")


def _framework_of(file: Path) -> dict[str, str]:
    """Say which framework decides about each name that a document lists."""
    return dict(_named(tomllib.loads(_text(file))))


def _named(document: dict[str, object]) -> Iterator[tuple[str, str]]:
    families = document.get("family", [])
    for family in families if isinstance(families, list) else []:
        for name in (*family.get("names", ()), *family.get("bound", ())):
            yield name, family["framework"]
    match document.get("framework"):
        case {"name": str(framework), "packages": [*packages]}:
            for name in packages:
                yield str(name), framework


@cache
def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8")

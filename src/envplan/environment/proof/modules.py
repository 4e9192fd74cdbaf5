"""Which modules a package brings that a program would import, told by its files."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable, Iterator

from envplan.environment.listing import Listing
from envplan.values.records import dataclass

# An extension module: name.so, name.abi3.so, name.cpython-311-x86_64-linux-gnu.so, name.cp311-win_amd64.pyd
_EXTENSION = re.compile(r"([^/.]+)(?:\.(?:abi3|cpython-[\w-]+|cp3[\w-]+|pypy[\w-]+))?\.(?:so|pyd)")

# What many wheels ship by mistake beside their package.
STRAY = frozenset(
    [
        "benchmark",
        "benchmarks",
        "build",
        "conftest",
        "dist",
        "doc",
        "docs",
        "example",
        "examples",
        "script",
        "scripts",
        "setup",
        "test",
        "testing",
        "tests",
        "tools",
    ]
)
_POINTING = "__editable__"  # what setuptools writes in the place of a package that lies elsewhere
_DEEP = 3  # google.cloud.storage: a namespace in a namespace


@dataclass(frozen=True)
class Module:
    """One module of a package; a lesser one may need what is not installed, as `blackd` of black does."""

    name: str
    package: str
    lesser: bool = False


def modules(listing: Listing, packages: Iterable[str]) -> tuple[Module, ...]:
    """List the modules of some packages, package by package."""
    wanted = {name: index for index, name in enumerate(listing.packages) if name and name in set(packages)}
    files: dict[int, list[str]] = {index: [] for index in wanted.values()}
    for row, owner in enumerate(listing.owners):
        if owner in files and (below := _below_site(listing.paths[row])):
            files[owner].append(below)
    return tuple(module for name, index in wanted.items() for module in of_files(name, files[index]))


def brings(listing: Listing, module: str) -> bool:
    """Whether any package has a module of this name, as far as files tell."""
    start = module.replace(".", "/")
    rests = (below[len(start) :] for below in map(_below_site, listing.paths) if below.startswith(start))
    return any(rest.startswith("/") or _module(f"x{rest}") == "x" for rest in rests)


def _below_site(path: str) -> str:
    return path.partition("site-packages/")[2]


def of_files(package: str, files: Iterable[str]) -> Iterator[Module]:
    """List the modules that these files, relative to site-packages, make importable."""
    names = sorted({name for name in _tops(list(files)) if not name.startswith(_POINTING)})
    public = [name for name in names if not any(part.startswith("_") for part in name.split("."))]
    kept = [name for name in public if name.lower().split(".")[0] not in STRAY] or public or names
    main = [name for name in kept if plain(name) == plain(package)]
    for name in (*main, *(one for one in kept if one not in main)):
        yield Module(name, package, lesser=bool(main) and name not in main)


def plain(name: str) -> str:
    """Write it so that a package and the module of its name are alike."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _tops(files: list[str]) -> Iterator[str]:
    """Name the topmost modules: files, packages, and what lies inside namespaces, which have no __init__."""
    packages = {path.rpartition("/")[0] for path in files if path.endswith(("/__init__.py", "/__init__.pyc"))}
    packages |= {path.rpartition("/")[0] for path in files if _is_extension(path, "__init__")}
    for path in files:
        *folders, file = path.split("/")
        for depth in range(1, min(len(folders), _DEEP) + 1):
            if "/".join(folders[:depth]) in packages:
                yield from _named(folders[:depth])
                break
        else:
            if len(folders) < _DEEP and (name := _module(file)):
                yield from _named([*folders, name])


def _is_extension(path: str, name: str) -> bool:
    found = _EXTENSION.fullmatch(path.rpartition("/")[2])
    return bool(found) and found is not None and found[1] == name


def _module(file: str) -> str:
    if file.endswith(".py"):
        return file.removesuffix(".py")
    found = _EXTENSION.fullmatch(file)
    return found[1] if found else ""


def _named(parts: list[str]) -> Iterator[str]:
    """Give the dotted name, if every part of it can be written in an import statement."""
    if all(part.isidentifier() and not keyword.iskeyword(part) for part in parts):
        yield ".".join(parts)

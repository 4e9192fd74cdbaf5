"""Where the files of a wheel would lie in an environment, and where none may."""

from __future__ import annotations

import re
from typing import get_args

from packaging.utils import canonicalize_name

from envplan.store.archive.names import key
from envplan.store.archive.refusal import PLACE, Refusal
from envplan.store.model import Scheme

_SCHEMES: frozenset[str] = frozenset(get_args(Scheme))
# How Windows finds a program that was named without its ending, and what lies beside one and steers it.
_ENDING = r"(\.(exe|com|bat|cmd|ps1|py|pyw|pth|_pth|dll|so|zip|fish|csh|nu|xsh|sh))?"
_PYTHON = re.compile(rf"(python|pypy)w?(\d[\d.]*t?)?(_d)?(-config)?{_ENDING}")
_SHELLS = re.compile(rf"((de)?activate|activate_this|pydoc){_ENDING}|pyvenv\.cfg")
_PIP = re.compile(rf"pip(\d[\d.]*)?{_ENDING}")
_OLD_METADATA = re.compile(r"([^-]*)(?:-.*)?\.egg-(?:info|link)")
_SITE = re.compile(r"(lib(64)?/(python|pypy)[^/]*/|lib/)?(site|dist)-packages(/.*)?")
_PROGRAMS = ("bin", "scripts")
_FOLDERS = (*_PROGRAMS, "lib", "lib64", "include")


def placed(name: str, root: Scheme, data: str) -> tuple[Scheme, str]:
    """Give the scheme of a file and its path there; `data` is the folder for schemes other than `root`."""
    first, _, rest = name.partition("/")
    if key(first) != key(data):
        if rest and key(first).endswith(".data"):
            why = f"{first} is not the folder this wheel keeps its data in, which is {data}"
            raise Refusal(PLACE, why, name)
        return root, name
    scheme, _, path = rest.partition("/")
    if first != data or scheme not in _SCHEMES or not path:
        raise Refusal(PLACE, f"{data} has folders for {', '.join(sorted(_SCHEMES))}, and nothing else", name)
    return _scheme(scheme), path


def check_place(scheme: Scheme, path: str, name: str, info: str, project: str) -> None:
    """Refuse what would replace a part of the environment itself, or pass for another project."""
    at = key(path)
    first, _, rest = at.partition("/")
    match scheme:
        case "scripts":
            check_command(at, name, project)
        case "data" if first in _PROGRAMS and rest:
            check_command(rest, name, project)
        case "data" if first == "pyvenv.cfg" or first.startswith((".envplan", "envplan.")):
            raise Refusal(PLACE, "it would replace a file by which the environment is one", name)
        case "data" if at in _FOLDERS:
            raise Refusal(PLACE, "it would replace a folder of the environment", name)
        case "data" if _SITE.fullmatch(at):
            raise Refusal(
                PLACE, "it would be put among the modules of others, unseen by its own scheme", name
            )
        case "purelib" | "platlib":
            _check_site(first, name, info, project)


def check_command(at: str, name: str, project: str) -> None:
    """Refuse a program that would take the place of the environment's own; `at` is its path, folded."""
    if _PYTHON.fullmatch(at) or _SHELLS.fullmatch(at):
        raise Refusal(PLACE, "it would replace a program of the environment", name)
    if _PIP.fullmatch(at) and project != "pip":
        raise Refusal(PLACE, "it would be run in pip's name, and is not pip's", name)


def _check_site(first: str, name: str, info: str, project: str) -> None:
    old = _OLD_METADATA.fullmatch(first)
    other = (
        canonicalize_name(old[1]) != project if old else first.endswith(".dist-info") and first != key(info)
    )
    if other:
        raise Refusal(PLACE, "it would pass for the metadata of another project", name)
    if first in ("_virtualenv.py", "_virtualenv.pth"):
        raise Refusal(PLACE, "it would replace a file of the environment", name)


def _scheme(name: str) -> Scheme:
    for scheme in get_args(Scheme):
        if scheme == name:
            return scheme  # type: ignore[no-any-return]
    raise AssertionError(name)

"""The Pythons of this machine, by minor version: what wheels are chosen by.

Found by name, on PATH and where pyenv, uv and conda keep theirs. virtualenv's discovery answers one
version at a time and takes 0.2 s to import, so it is left to the verb that builds an environment.
"""

from __future__ import annotations

import os
import re
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

from envplan.machine.probe.host import Host
from envplan.values.evidence import Fact
from envplan.values.records import dataclass
from envplan.values.versions import Python

_NAME = re.compile(r"python(?:3(?:\.[0-9]{1,3})?)?(?:\.exe)?")
_VERSIONED = re.compile(r"python(3\.[0-9]{1,3})(?:\.exe)?")
_FREE_THREADED = re.compile(r"[0-9]t$|freethreaded")  # other wheels fit these, and the files have plain names
_NUMBER = re.compile(r"[0-9]\.[0-9]{1,3}")
_CORE = r"SOFTWARE\Python\PythonCore"  # PEP 514
# Old enough to run on Python 2, so that one answers instead of failing.
_QUESTION = (
    "import sys; print(sys.implementation.name, '%d.%d' % sys.version_info[:2],"
    " sys.maxsize > 2**32, getattr(sys, 'abiflags', ''))"
)
_MOST = 40  # a build server with hundreds of environments is not walked to its end


@dataclass(frozen=True)
class Interpreter:
    """One Python that wheels can be chosen for."""

    python: Python
    path: str

    @property
    def fact(self) -> Fact[Python]:
        """Its minor version, as a machine holds it."""
        return Fact(self.python, self.path)


def by_name(host: Host) -> tuple[Interpreter, ...]:
    """Find the Pythons whose names say what they are, and start none of them."""
    found = [Interpreter(host.python, host.executable)] if host.python else []
    named = ((path, _version(path)) for path in _candidates(host))
    return _one_each(
        [*found, *(Interpreter(version, host.shown(path)) for path, version in named if version)]
    )


def by_asking(host: Host) -> tuple[Interpreter, ...]:
    """Find the Pythons that run, all asked at once."""
    found = [Interpreter(host.python, host.executable)] if host.python else []
    groups: dict[Python | Path, list[Path]] = {}
    for path in _candidates(host):
        if (version := _version(path)) is None or version != host.python:
            groups.setdefault(version or path, []).append(path)
    threads = [
        threading.Thread(target=_first, args=(host, same, found), daemon=True) for same in groups.values()
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return _one_each(found)


def _first(host: Host, paths: list[Path], found: list[Interpreter]) -> None:
    """Ask those that are called the same version, until one answers."""
    for path in paths:
        if interpreter := _ask(host, path):
            found.append(interpreter)
            return


def _ask(host: Host, path: Path) -> Interpreter | None:
    from envplan.processes.outcomes import Ended
    from envplan.processes.run import run

    command = [str(path), "-I", "-S", "-c", _QUESTION]
    match run(command, environ=host.environ, deadline=host.deadline, errors="dropped"):
        case Ended(0) as ended:
            match ended.text.split():
                # A free-threaded build ("t"), a debug build ("d") and a 32-bit one take other wheels.
                case ["cpython", version, "True", *rest] if _NUMBER.fullmatch(version) and rest in (
                    [],
                    ["m"],
                ):
                    return Interpreter(Python.parse(version), host.shown(path))
    return None  # also a shim whose version is not chosen, and Microsoft's link to its store


def _version(path: Path) -> Python | None:
    """Read the version in a name; python3.10 may be a link to pypy3.10, python3.13 to python3.13t."""
    real = os.path.basename(os.path.realpath(path))  # noqa: PTH119 - pathlib's way takes ten times as long
    if not _NAME.fullmatch(real):
        return None
    match = _VERSIONED.fullmatch(real) or _VERSIONED.fullmatch(path.name)
    return Python.parse(match[1]) if match else None


def _one_each(found: list[Interpreter]) -> tuple[Interpreter, ...]:
    first: dict[Python, Interpreter] = {}
    for interpreter in found:
        first.setdefault(interpreter.python, interpreter)
    return tuple(first[python] for python in sorted(first))


def _candidates(host: Host) -> list[Path]:
    """List the executables worth a question: each file once, by the name that says most."""
    found: dict[tuple[int, int], Path] = {}
    for folder in dict.fromkeys(_folders(host)):
        names = [name for name in host.entries(folder) if name.startswith("python") and _NAME.fullmatch(name)]
        for name in sorted(names, key=len, reverse=True):
            path = host.path(folder) / name
            if identity := _identity(path):
                found.setdefault(identity, path)
        if len(found) >= _MOST:
            break
    return list(found.values())


def _identity(path: Path) -> tuple[int, int] | None:
    """Tell one file from another through all its links; none for what is no program."""
    try:
        status = os.stat(path)  # noqa: PTH116 - a few thousand of these must stay quick
    except OSError:
        return None
    runs = stat.S_ISREG(status.st_mode) and status.st_size > 0 and os.access(path, os.X_OK)
    return (status.st_dev, status.st_ino) if runs else None


def _folders(host: Host) -> Iterator[str]:
    for folder in host.folders("PATH"):
        if Path(folder).name != "shims":  # pyenv's and asdf's answer for whatever is chosen at the moment
            yield folder
    home = host.environ.get("USERPROFILE" if host.windows else "HOME", "")
    below = "" if host.windows else "/bin"
    for root in (
        f"{host.environ.get('PYENV_ROOT') or f'{home}/.pyenv'}/versions",
        host.environ.get("UV_PYTHON_INSTALL_DIR") or f"{home}/.local/share/uv/python",
    ):
        if host.absolute(root):
            names = (name for name in host.entries(root) if not _FREE_THREADED.search(name))
            yield from (f"{root}/{name}{below}" for name in names)
    for version in host.registry.keys(_CORE):
        if installed := host.registry.value(f"{_CORE}\\{version}\\InstallPath", ""):
            yield str(installed)

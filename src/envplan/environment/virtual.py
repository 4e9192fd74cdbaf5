"""virtualenv, told all it needs: no settings of the user's, no seed packages, nothing left behind."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from envplan.documents.folders import FULL
from envplan.documents.temporary import temporary_folder
from envplan.environment.model import Interpreter
from envplan.environment.skeletons import POINTER, PROMPT, Layout, Skeleton, Unfit

if TYPE_CHECKING:
    from virtualenv.run.session import Session


def empty(python: str) -> Skeleton:
    """Let it make an empty environment on an interpreter, and take that apart."""
    with _session(python) as session:
        if kind := _other_kind(session):
            raise Unfit(kind)
        session.run()
        return _taken_apart(session)


def _other_kind(session: Session) -> str:
    """Say what an interpreter is that the wheels of a lock are not made for; nothing where they are."""
    known = session.interpreter
    if known.implementation != "CPython":
        return f"it is {known.implementation}, which loads no wheels made for CPython"
    without = getattr(known, "free_threaded", False)  # older releases of virtualenv cannot tell
    return "it is a build without the GIL, whose wheels are other ones" if without else ""


def activation(python: str, pointer: str) -> dict[str, bytes]:
    """Return the scripts that activate an environment at a pointer, whatever its path is made of."""
    with _session(python) as session:
        return _scripts(session, pointer)


@contextlib.contextmanager
def _session(python: str) -> Iterator[Session]:
    from virtualenv import session_via_cli

    said = io.StringIO()
    with temporary_folder("envplan-", "room to lay out an empty environment") as root:
        environ = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("VIRTUALENV_", "PYTHON"))
        }
        environ["VIRTUALENV_CONFIG_FILE"] = f"{root}/none"
        told = ["--python", python, "--no-seed", "--prompt", PROMPT, "--app-data", f"{root}/data"]
        try:
            with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
                session = session_via_cli([*told, f"{root}/env"], setup_logging=False, env=environ)
                with session:
                    yield session
        except (Exception, SystemExit) as error:  # its own errors are of no common kind
            if isinstance(error, OSError) and _of_the_disk(error, root):
                raise
            words = str(error) if isinstance(error, Exception) else said.getvalue()
            raise Unfit(words.strip().rpartition("\n")[2] or type(error).__name__) from None


def _of_the_disk(error: OSError, root: Path) -> bool:
    """Whether an error is of our folder's disk; writing names no file in it."""
    return error.errno in FULL | {errno.EROFS, errno.EIO} or str(error.filename or "").startswith(str(root))


def _scripts(session: Session, pointer: str) -> dict[str, bytes]:
    """Write the scripts of every shell, each quoted as that shell needs it."""
    from virtualenv.activation.via_template import ViaTemplateActivator

    creator = session.creator
    scripts = {}
    for activator in session.activators:
        assert isinstance(activator, ViaTemplateActivator)
        marks = activator.replacements(creator, creator.bin_dir) | {"__VIRTUAL_ENV__": pointer}
        for template in activator.templates():
            text = activator.instantiate_template(marks, template, creator)
            encoding = "utf-8-sig" if template.endswith(".ps1") else "utf-8"
            name = f"{_relative(creator.bin_dir, session)}/{activator.as_name(template)}"
            scripts[name] = text.encode(encoding, "surrogateescape")
    return scripts


def _taken_apart(session: Session) -> Skeleton:
    root = Path(session.creator.dest)
    folders, links, files, programs = [], {}, {}, set()
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        if path.is_symlink():
            links[name] = os.readlink(path)  # noqa: PTH115 - the text, not a path
        elif path.is_dir():
            folders.append(name)
        else:
            files[name] = path.read_bytes()
            if path.stat().st_mode & stat.S_IXUSR:
                programs.add(name)
    files |= _scripts(session, POINTER)
    files["pyvenv.cfg"] = _without_command(files["pyvenv.cfg"])
    return Skeleton(
        _interpreter(session), _layout(session), tuple(folders), links, files, frozenset(programs)
    )


def _without_command(configuration: bytes) -> bytes:
    """Leave out the command line that made it: it names a folder that is gone."""
    lines = configuration.splitlines(keepends=True)
    return b"".join(line for line in lines if not line.startswith(b"command ="))


def _interpreter(session: Session) -> Interpreter:
    known = session.interpreter
    return Interpreter(str(known.system_executable), known.version_str)


def _layout(session: Session) -> Layout:
    creator = session.creator
    minor = ".".join(map(str, session.interpreter.version_info[:2]))
    return Layout(
        _relative(creator.purelib, session),
        _relative(creator.platlib, session),
        _relative(creator.script_dir, session),
        f"{'Include' if os.name == 'nt' else 'include'}/site/python{minor}",  # where pip puts them
        f"{_relative(creator.bin_dir, session)}/{creator.exe.name}",
    )


def _relative(path: Path, session: Session) -> str:
    """Name a folder by where it really lies: lib64 may be a link to lib."""
    return Path(os.path.realpath(path)).relative_to(session.creator.dest).as_posix()

"""The one place where specs are read from disk, in whichever file they are written."""

from __future__ import annotations

from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

from envplan.documents.opening import read_document
from envplan.documents.reading import SIZE_LIMIT, shown
from envplan.problems import AGAIN, EnvplanError, Problem, Said, reason_of
from envplan.spec import PROJECT_FILE, SPEC_FILE

if TYPE_CHECKING:
    from envplan.spec.model import Spec

CODE = "EP105"

_INIT = 'envplan init "torch 2.2 on gpu"'
_KINDS = "envplan.toml, pyproject.toml, requirements.txt and scripts with a '# /// script' block"


def read_spec(where: Path | str = ".") -> Spec:
    """Read the spec of a folder, or the one in a file."""
    path = spec_file(where)
    data = read_bytes(path)
    return decode_file(data, path)


def decode_file(data: bytes, path: Path) -> Spec:
    """Read a spec from the bytes of a file, by the kind of file it is."""
    if path.name == PROJECT_FILE:
        from envplan.spec.lists.projects import decode_project

        return decode_project(data, str(path))
    if path.suffix == ".toml":
        from envplan.spec.decode import decode  # 25 ms that a check of the lock does without

        return decode(data, str(path))
    if path.suffix in (".txt", ".in"):
        from envplan.spec.lists.requirements import decode_requirements

        return decode_requirements(data, str(path), lambda name: read_bytes(path.parent / name))
    if path.suffix == ".py" or b"\n# /// script" in b"\n" + data[:SIZE_LIMIT]:
        from envplan.spec.lists.projects import decode_script

        return decode_script(data, str(path))
    raise EnvplanError(
        Problem(
            CODE,
            f"{shown(str(path))} is not a file that specs are read from",
            why=(Said(f"they are read from {_KINDS}"),),
            cures=(_INIT,),
        )
    )


def spec_file(where: Path | str = ".") -> Path:
    """Find the file that holds the spec: envplan.toml, else a pyproject.toml with [tool.envplan]."""
    path = Path(where)
    try:
        if not path.is_dir():
            return path
        if (path / SPEC_FILE).exists() or (path / SPEC_FILE).is_symlink():
            return path / SPEC_FILE  # a link that leads nowhere is told by reading it
        project = path / PROJECT_FILE
        if project.is_file() and _holds_spec(project):
            return project
        listed = path / "requirements.txt"
        cures = (*((f"{AGAIN} --spec {quote(str(listed))}",) if listed.is_file() else ()), _INIT)
        here = str(path.absolute())
    except (OSError, ValueError) as error:
        raise EnvplanError(_unreadable(path, error)) from None
    raise EnvplanError(
        Problem(
            CODE,
            "there is no spec here",
            wanted=(Said(f"{SPEC_FILE}, or [tool.envplan] in {PROJECT_FILE}"),),
            found=(Said("neither", shown(here)),),
            cures=cures,
        )
    )


def _holds_spec(project: Path) -> bool:
    from envplan.spec.lists.projects import holds_spec

    return holds_spec(read_bytes(project), str(project))


def read_bytes(path: Path) -> bytes:
    """Read a file of a person."""
    try:
        return read_document(path)
    except (OSError, ValueError) as error:
        raise EnvplanError(_unreadable(path, error)) from None


def _unreadable(path: Path, error: Exception) -> Problem:
    if isinstance(error, FileNotFoundError) and path.is_dir():  # it is open still, and has no name
        return Problem(CODE, "the folder that this shell stands in is gone", cures=("cd ..",))
    if isinstance(error, FileNotFoundError):
        return Problem(CODE, f"there is no file {shown(str(path))}", cures=(_INIT,))
    return Problem(CODE, f"{shown(str(path))} cannot be read", why=(Said(reason_of(error)),))

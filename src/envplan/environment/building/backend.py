"""One build: the backend of a source, in an environment of its own, until there is a wheel or last words."""

from __future__ import annotations

import os
import tempfile
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Literal

from envplan.documents.reading import printable, shown
from envplan.environment.build import assembled
from envplan.environment.model import Part
from envplan.environment.running import commands_folder
from envplan.environment.skeletons import Skeleton
from envplan.problems import EnvplanError, Problem, Said
from envplan.processes.outcomes import Ended, Stopped
from envplan.processes.run import run
from envplan.store.model import Progress, Tell, untold
from envplan.values.records import dataclass

if TYPE_CHECKING:
    from build import ProjectBuilder

FAILED = "EP448"

HOURS = 3 * 3600.0  # kernels for GPUs take that long to compile
_OUTPUT = 64 * 1024 * 1024
_LAST = 15  # lines of its words
_UNWANTED = ("PIP_", "UV_", "PYTHON", "VIRTUAL_ENV", "CONDA", "SETUPTOOLS_", "DISTUTILS_", "__PYVENV")

# What a build asks for (PEP 508), as unpacked wheels.
Provide = Callable[[Sequence[str]], Sequence[Part]]


@dataclass(frozen=True)
class Source:
    """A folder with sources in it, and what is known of them."""

    name: str  # normalised
    folder: Path
    origin: str  # "envplan.toml: packages.mytool", the lock, an address
    version: str = ""  # that the wheel must have; empty: any
    editable: bool = False


# What becomes of an answer that is none: no name of a file, or of one that is not there.
_NO_ANSWER = (OSError, TypeError, ValueError, LookupError)


class _BackendFailed(Exception):  # noqa: N818
    """A step of a backend did not come to its end."""

    def __init__(self, reason: str, said: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.said = said


def built_wheel(
    source: Source, skeleton: Skeleton, provide: Provide, room: Path, tell: Tell = untold
) -> Path:
    """Build a wheel into `room`, a folder on the store's disk."""
    from build import BuildBackendException, BuildException, BuildSystemTableValidationError

    tell(Progress("build", source.name, 0, None))
    with tempfile.TemporaryDirectory(dir=room, prefix="build-", ignore_cleanup_errors=True) as made:
        try:
            wheel = _built(source, skeleton, provide, Path(made), room)
        except BuildBackendException as error:
            cause = error.exception
            if isinstance(cause, EnvplanError):
                raise cause from None
            said = cause.said if isinstance(cause, _BackendFailed) else ""
            raise _failed(source, _reason(cause), said) from None
        except (BuildException, BuildSystemTableValidationError, *_NO_ANSWER) as error:
            raise _failed(source, _reason(error), "") from None
    _refuse_other(source, wheel)
    tell(Progress("build", source.name, 1, 1))
    return wheel


def _built(source: Source, skeleton: Skeleton, provide: Provide, place: Path, room: Path) -> Path:
    kind: Literal["editable", "wheel"] = "editable" if source.editable else "wheel"
    asked = sorted(_builder(source, place / "none", skeleton, None).build_system_requires)
    _refuse_unnamed(source, asked)
    builder = _builder(source, place / "first", skeleton, provide(asked))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a backend's own, which would look like ours
        if more := sorted(builder.get_requires_for_build(kind) - set(asked)):
            _refuse_unnamed(source, more)
            builder = _builder(source, place / "second", skeleton, provide([*asked, *more]))
        return Path(builder.build(kind, room))


def _refuse_unnamed(source: Source, asked: Sequence[str]) -> None:
    """Let nothing reach a solver but names and versions: no option, no file, no address."""
    from packaging.requirements import InvalidRequirement, Requirement

    for one in asked:
        try:
            plain = Requirement(one).url is None
        except InvalidRequirement:
            plain = False
        if not plain:
            raise _failed(source, f"it asks for what is no package: {one}", "")


def _builder(source: Source, place: Path, skeleton: Skeleton, parts: Sequence[Part] | None) -> ProjectBuilder:
    """Put what a build asks for into an environment, and its backend to work there."""
    from build import ProjectBuilder

    if parts is not None:
        assembled(place, place, "build", skeleton, parts)
    environ = _surroundings(place, os.environ)

    def runner(
        cmd: Sequence[str], cwd: str | None = None, extra_environ: Mapping[str, str] | None = None
    ) -> None:
        _step(cmd, Path(cwd or source.folder), environ | dict(extra_environ or {}))

    return ProjectBuilder(source.folder, str(place / skeleton.layout.python), runner)


def _surroundings(place: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """Keep what compilers and toolkits are set up with, and nothing that leads Python or pip elsewhere."""
    kept = {name: value for name, value in environ.items() if not name.startswith(_UNWANTED)}
    folders = [str(commands_folder(place)), *filter(None, [environ.get("PATH", os.defpath)])]
    return kept | {
        "PATH": os.pathsep.join(folders),
        "VIRTUAL_ENV": str(place),
        "PYTHONNOUSERSITE": "1",
        "PYTHONUNBUFFERED": "1",  # what it prints, and what its compiler does, in that order
    }


def _step(command: Sequence[str], folder: Path, environ: Mapping[str, str]) -> None:
    outcome = run(command, environ=environ, deadline=HOURS, folder=folder, errors="joined", limit=_OUTPUT)
    match outcome:
        case Ended(0):
            return
        case Ended(status):
            raise _BackendFailed(f"the build ended with {status}", outcome.text)
        case Stopped():
            raise _BackendFailed("the build was stopped", "")
        case _:
            raise _BackendFailed(f"the build {outcome.reason}", outcome.printed)


def _refuse_other(source: Source, wheel: Path) -> None:
    """Refuse a wheel of another package or version than the lock has."""
    from packaging.utils import InvalidWheelFilename, parse_wheel_filename

    if wheel.is_symlink() or not wheel.is_file():
        raise _failed(source, f"it made no file {shown(wheel.name)}", "")
    try:
        name, version, _, _ = parse_wheel_filename(wheel.name)
    except InvalidWheelFilename as error:
        raise _failed(source, str(error), "") from None
    if name != source.name or (source.version and str(version) != source.version):
        wanted = f"{source.name} {source.version}".rstrip()
        raise _failed(source, f"it made {name} {version}, and the lock has {wanted}", "")


def _reason(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):  # the file that its answer would be in
        return "its build gave no answer"
    return str(error) or type(error).__name__


def _failed(source: Source, reason: str, said: str) -> EnvplanError:
    """Say that it failed, and its own words last: only who wrote the backend knows what they mean."""
    lines = [printable(line) for line in said.splitlines() if line.strip()]
    return EnvplanError(
        Problem(
            FAILED,
            f"{source.name} could not be built",
            wanted=(Said(f"{source.name} {source.version}".rstrip(), source.origin),),
            found=(Said(shown(reason), str(source.folder)),),
            why=tuple(Said(line) for line in lines[-_LAST:]),
            cures=(f"uv build --wheel {quote(str(source.folder))}   (shows all that it says)",),
        )
    )

"""What an environment is refused for once its wheels and its interpreter are known, before it is built."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from packaging.specifiers import SpecifierSet

from envplan.environment.model import Interpreter
from envplan.lockfile.selection import NO_FILE, Selected
from envplan.problems import EnvplanError, Problem, Said
from envplan.spec.model import Spec

STARTUP = "EP232"

_SHOWN = 12


def refuse_python(selected: Sequence[Selected], interpreter: Interpreter) -> None:
    """Refuse an interpreter that is of the right minor version, and too old a release of it for a package."""
    problems = [
        Problem(
            NO_FILE,
            f"{one.pinned.name} {one.pinned.version} does not run on Python {interpreter.version}",
            wanted=(Said(f"Python {one.pinned.requires_python}", "the lock: requires-python"),),
            found=(Said(f"Python {interpreter.version}", interpreter.path),),
            cures=(f"uv python install {'.'.join(interpreter.version.split('.')[:2])}",),
        )
        for one in selected
        if one.pinned.requires_python
        and not SpecifierSet(one.pinned.requires_python).contains(interpreter.version, prereleases=True)
    ]
    if problems:
        raise EnvplanError(*problems)


def refuse_startup_code(spec: Spec | None, startup: Iterable[tuple[str, str]]) -> None:
    """Refuse packages that run code at every start of Python, where the spec says which may."""
    allowed = spec.options.startup_code if spec else None
    if spec is None or allowed is None:
        return
    others = [(package, file) for package, file in startup if package not in allowed]
    if not others:
        return
    names = sorted({package for package, _ in others})
    written = ", ".join(f'"{name}"' for name in sorted({*allowed, *names}))
    raise EnvplanError(
        Problem(
            STARTUP,
            f"{', '.join(names)} would run code whenever Python starts",
            wanted=(Said(f"only {', '.join(allowed) or 'nobody'}", f"{spec.origin}: options.startup-code"),),
            found=tuple(Said(file, package) for package, file in others[:_SHOWN]),
            why=(Said("such files run in every program, before anything is imported; nothing was changed"),),
            cures=(f"startup-code = [{written}]   (under [options])",),
        )
    )

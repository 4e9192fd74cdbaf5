"""Bytecode made beforehand, for who cannot wait for it at the first start."""

from __future__ import annotations

import os
from pathlib import Path

from envplan.environment.model import Interpreter
from envplan.problems import EnvplanError, Problem, Said, again_without
from envplan.processes.outcomes import Ended
from envplan.processes.run import run
from envplan.store.model import Progress, Tell

UNMADE = "EP404"

_SECONDS = 600.0


def compiled(generation: Path, interpreter: Interpreter, tell: Tell) -> None:
    """Let the interpreter compile all modules. Without site (-S), so that no file of a package runs.

    It may need a variable to start at all, as LD_LIBRARY_PATH on clusters; those of Python are ignored (-I).
    """
    folders: list[Path] = sorted({path.parent for path in generation.glob("*/**/site-packages/*.dist-info")})
    if not folders:  # compileall would take the folders of the interpreter itself
        return
    tell(Progress("build", "bytecode", 0, None))
    command: list[str | Path] = [interpreter.path, "-I", "-S", "-m", "compileall", "-q", "-j", "0", *folders]
    outcome = run(command, environ=os.environ, deadline=_SECONDS, errors="joined")
    match outcome:
        case Ended(0 | 1):  # 1: some module is for another Python, or broken on purpose, as tests are
            return
    raise EnvplanError(
        Problem(
            UNMADE,
            f"the interpreter {outcome.reason} while it compiled the environment's modules",
            found=(Said(interpreter.path),),
            why=(Said("nothing was put to use"),),
            cures=(f"{again_without('--compile')}   (Python then does it at the first import)",),
        )
    )

"""Import modules one after the other, as a program would; runs inside the environment."""

from __future__ import annotations

import importlib
import time
from typing import Any


def prove(session: Any, question: dict[str, Any]) -> None:
    """Say of each whether it can be imported; a module may print, exit or crash."""
    for module in question["modules"]:
        session.say(at=module)
        begun = time.perf_counter()
        try:
            importlib.import_module(module)
        except BaseException as error:
            told = session.told(error)
        else:
            told = {"error": None, "missing": None}
        session.say(module=module, seconds=round(time.perf_counter() - begun, 3), **told)

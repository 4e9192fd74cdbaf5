"""The commands that a wheel asks to be made."""

from __future__ import annotations

import configparser
import re

from envplan.documents.reading import shown
from envplan.store.archive.names import key, part_refused
from envplan.store.archive.places import check_command
from envplan.store.archive.refusal import COMMAND, Refusal
from envplan.store.model import EntryPoint

_GROUPS = ("console_scripts", "gui_scripts")
_NAME = re.compile(r"\w[\w.+-]*")
# Extras behind it are allowed, and mean nothing any more.
_TARGET = re.compile(r"([\w.]+)\s*:\s*([\w.]+)\s*(\[[^\[\]]*\])?")


def read_commands(raw: bytes, member: str, project: str) -> tuple[EntryPoint, ...]:
    """Read entry_points.txt; a name that is no plain name, or a target that is no function, is refused."""
    parser = configparser.ConfigParser(delimiters=("=",), interpolation=None, default_section="")
    parser.optionxform = str  # type: ignore[method-assign, assignment]
    try:
        parser.read_string(raw.decode("utf-8"))
    except (configparser.Error, UnicodeDecodeError) as error:
        reason = " ".join(str(error).split())
        raise Refusal(COMMAND, f"it cannot be read: {shown(reason)}", member) from None
    found: dict[str, EntryPoint] = {}
    for group in _GROUPS:
        for name, target in parser.items(group) if parser.has_section(group) else ():
            point = _checked(name, target or "", member, project, gui=group == "gui_scripts")
            if key(name) in found:
                raise Refusal(COMMAND, f"it asks for two commands called {shown(name)}", member)
            found[key(name)] = point
    return tuple(found.values())


def _checked(name: str, target: str, member: str, project: str, *, gui: bool) -> EntryPoint:
    if not _NAME.fullmatch(name) or part_refused(name):
        raise Refusal(COMMAND, f"it asks for a command called {shown(name)}, which is no plain name", member)
    said = _TARGET.fullmatch(target.strip())
    if not said or not all(part.isidentifier() for part in f"{said[1]}.{said[2]}".split(".")):
        raise Refusal(COMMAND, f"the command {shown(name)} is to run {shown(target)}, no function", member)
    check_command(key(name), f"{member}: {name}", project)
    return EntryPoint(name, f"{said[1]}:{said[2]}", gui)

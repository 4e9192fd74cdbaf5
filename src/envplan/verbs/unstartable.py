"""Why a command cannot be started: what is there in place of a program, and what to type instead."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from shlex import join, quote

from envplan.documents import nearest
from envplan.documents.reading import printable, shown
from envplan.environment.running import commands_folder, names
from envplan.problems import EnvplanError, Problem, Said, reason_of
from envplan.values.records import dataclass

CODE = "EP447"

_FIRST_LINE = 256  # as much as Linux reads of it
_PROGRAMS = (b"\x7fELF", b"MZ", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe")


@dataclass(frozen=True)
class Command:
    """What was typed, and for which environment."""

    words: tuple[str, ...]
    typed: str  # all that stands before the words
    generation: Path
    environment: str  # its name

    def instead(self, *words: str) -> str:
        """Write a command that may be what was meant."""
        return f"{self.typed} {join(words)}"


def not_found(command: Command, path: str) -> EnvplanError:
    """Say that nothing of a name can be started, and what there is; `path` is a list of folders."""
    word = command.words[0]
    named = _is_path(word)
    folders = [] if named else [folder for folder in path.split(os.pathsep) if folder]
    for file in [word] if named else [os.path.join(folder, word) for folder in folders]:  # noqa: PTH118
        try:
            mode = Path(file).stat().st_mode
        except (FileNotFoundError, NotADirectoryError):
            continue
        except (OSError, ValueError) as error:
            if named:
                return _problem(command, f"{shown(word)} cannot be looked at", reason_of(error).lower(), file)
            continue
        if named or stat.S_ISREG(mode):
            return _no_program(command, file, mode)
    return _nowhere(command, word, named=named)


def cannot_start(command: Command, program: str, error: OSError) -> EnvplanError:
    """Say why the system does not start what may be executed."""
    word, reason = command.words[0], reason_of(error).lower()
    file = word if _is_path(word) else program
    first = _first_line(file)
    title = f"{shown(word)} cannot be started"
    if first.startswith(b"#!") and error.errno in (errno.ENOENT, errno.ENOTDIR, errno.EACCES):
        reader = first[2:].strip(b" \t").split(b" ")[0].decode("utf-8", "replace")
        why = f"its first line names {shown(reader)} to read it, and that is no program here"
        cures = tuple(_read_by(command, file, first))
        if first.endswith(b"\r"):
            why, cures = "its lines end as on Windows", (f"sed -i 's/\\r$//' {quote(file)}",)
        return _problem(command, title, shown(first.decode("utf-8", "replace")), file, why, cures)
    if first.startswith(_PROGRAMS):
        why = "it is a program for another system or processor, damaged, or lacks what it is loaded by"
        return _problem(command, title, reason, file, why, (f"file {quote(file)}",))
    why = "its first line does not say what reads it, as in #!/bin/sh"
    return _problem(command, title, reason, file, why, tuple(_read_by(command, file, first)))


def _no_program(command: Command, file: str, mode: int) -> EnvplanError:
    word = shown(command.words[0])
    if stat.S_ISDIR(mode):
        return _problem(command, f"{word} is a folder", "a folder", file, cures=(f"ls {quote(file)}",))
    first = _first_line(file)
    cures = () if first.startswith(_PROGRAMS) else tuple(_read_by(command, file, first))
    why = "nobody may execute it"
    if mode & 0o111:
        why = "this user may not execute it, or nothing on its disk may be executed"
    elif first.startswith((b"#!", *_PROGRAMS)):
        cures = (f"chmod +x {quote(file)}", *cures)
    return _problem(command, f"{word} is not a program", stat.filemode(mode), file, why, cures)


def _read_by(command: Command, file: str, first: bytes) -> Iterator[str]:
    """Say what would read a file that is written in some language."""
    if file.endswith(".py") or b"python" in first:
        yield command.instead("python", file, *command.words[1:])
    elif file.endswith((".sh", ".bash")) or first.rstrip(b"\r").endswith(b"sh"):
        yield command.instead("sh", file, *command.words[1:])
    else:
        yield f"head -c 200 {quote(file)}"


def _nowhere(command: Command, word: str, *, named: bool) -> EnvplanError:
    known = names(command.generation)
    near = nearest(word, known)
    there = Said(
        f"{len(known)} commands in the environment {command.environment}",
        str(commands_folder(command.generation)),
    )
    why, cures = "it is neither in the environment nor on PATH", [near] if near else []
    if named:
        why, there = "a name with a slash in it is the path of a file", Said("nothing", printable(word))
    elif os.path.isfile(word):  # noqa: PTH113 - a path that is too long is none
        cures.insert(0, f".{os.sep}{word}")
        why += "; a file of that name is here, which takes a path"
    return EnvplanError(
        Problem(
            CODE,
            f"there is no command {shown(word)}",
            wanted=(Said(printable(join(command.words))),),
            found=(there,),
            why=(Said(why),),
            cures=tuple(command.instead(one, *command.words[1:]) for one in cures),
        )
    )


def _problem(
    command: Command, title: str, found: str, file: str, why: str = "", cures: Sequence[str] = ()
) -> EnvplanError:
    return EnvplanError(
        Problem(
            CODE,
            title,
            wanted=(Said(printable(join(command.words))),),
            found=(Said(found, printable(file)),),
            why=(Said(why),) if why else (),
            cures=tuple(cures) or (f"ls -ld {quote(file)}",),
        )
    )


def _is_path(word: str) -> bool:
    return any(mark and mark in word for mark in (os.sep, os.altsep))


def _first_line(file: str) -> bytes:
    try:
        with Path(file).open("rb") as opened:
            return opened.read(_FIRST_LINE).split(b"\n")[0]
    except OSError:
        return b""

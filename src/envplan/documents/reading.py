"""One document being read, and the problems found in it so far."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, time
from typing import Any

from envplan.problems import EnvplanError, Problem, Said, Severity

# No spec, profile or catalog file of a person comes near this; a log or a wheel given by mistake does.
SIZE_LIMIT = 512 * 1024

CONFLICT = re.compile(r"(?m)^(?:<{7}|>{7}) .{0,80}")  # where git leaves a merge to be finished

_SHOWN = 60

# A dotted key this deep is no document of a person, and tomllib takes minutes over one of 256,000 parts.
_DEEP = 64  # dots, as in the pattern
_DEEP_KEY = re.compile(r"""(?<![\w.-])(?:(?:[\w-]{1,80}|"[^"\n]{0,80}"|'[^'\n]{0,80}')[ \t]*\.[ \t]*){64}""")

# What stands before the @ of a URL may be a password, and what follows its ? a token. A password that holds a
# slash ends the host for whoever reads URLs, so what cannot be a port belongs to it up to the last @.
_USER = re.compile(r"//(?:[^/\s]*|[^/\s:]*:(?![0-9]{1,5}(?:[/?#\s]|$))\S*)@")
_QUERY = re.compile(r"(://[^\s?]*)\?[^\s#]*")


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Find the known word that was probably meant."""
    import difflib  # 3 ms that whoever made no mistake does without

    found = difflib.get_close_matches(word.lower(), list(known), n=1, cutoff=0.6)
    return found[0] if found else None


def shown(value: object) -> str:
    """Show a value somebody wrote, on one line and not too long."""
    text = without_secrets(value if isinstance(value, str) else _literal(value))
    text = printable(text)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def printable(text: str) -> str:
    """Write out what a terminal would obey, such as the escape sequence in the name of a file."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def without_secrets(text: str) -> str:
    """Blank the parts of URLs that may be passwords."""
    return _QUERY.sub(r"\1?***", _USER.sub("//***@", text)) if "//" in text else text


def _literal(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()  # as TOML writes it
    if isinstance(value, (date, time)):
        return value.isoformat()
    try:
        return repr(value)
    except RecursionError:
        return "a value nested too deeply to be shown"
    except ValueError:  # Python does not print a whole number of more than 4300 digits
        return "a number too long to be shown"


class Reading:
    """Collects the problems of one document; `finish` raises them all together."""

    def __init__(self, file: str, code: str, limit: int = SIZE_LIMIT) -> None:
        self.file = file
        self.limit = limit
        self.code = code  # of the kind of document, such as EP101 for a spec
        self.problems: list[Problem] = []
        self.notes: list[Problem] = []  # what the reader should know, and no reason to stop

    def origin(self, path: Iterable[str]) -> str:
        """Name a place in the document: file and dotted path."""
        dotted = ".".join(path)
        return f"{self.file}: {dotted}" if dotted else self.file

    def refuse(
        self, path: Iterable[str], title: str, *, found: str = "", why: str = "", cures: Iterable[str] = ()
    ) -> None:
        """Note one problem at one place."""
        origin = self.origin(path)
        self.problems.append(
            Problem(
                self.code,
                title,
                found=(Said(found, origin),) if found else (Said("", origin),),
                why=(Said(why),) if why else (),
                cures=tuple(cures),
            )
        )

    def note(
        self, path: Iterable[str], title: str, *, severity: Severity = "note", found: str = "", why: str = ""
    ) -> None:
        """Note what was read differently than it was written, or not at all."""
        self.notes.append(
            Problem(
                self.code,
                title,
                found=(Said(found, self.origin(path)),),
                why=(Said(why),) if why else (),
                severity=severity,
            )
        )

    def finish(self) -> None:
        """Raise everything that was refused, if anything was."""
        if self.problems:
            raise EnvplanError(*self.problems)

    def parse(self, data: bytes) -> dict[str, Any]:
        """Parse TOML bytes; a document that is no TOML at all ends the reading here."""
        import tomllib  # 3 ms that whoever only wants words made printable does without

        text = self.decode(data)
        try:
            # To count dots first takes a tenth of the time; a key ends with its line.
            if any(line.count(".") >= _DEEP and _DEEP_KEY.search(line) for line in text.split("\n")):
                raise RecursionError
            return tomllib.loads(text)
        except ValueError as error:  # TOMLDecodeError is one; a number of 5000 digits raises a bare one
            merge = CONFLICT.search(text)
            why = (
                f"it holds the marks of a merge that is not finished: {printable(merge[0])}" if merge else ""
            )
            self.refuse((), "not valid TOML", found=_place(str(error)), why=why or str(error))
        except RecursionError:
            self.refuse(
                (),
                "nested too deeply to be read",
                why="brackets inside brackets, or dots after dots, a hundred deep",
            )
        self.finish()
        raise AssertionError("unreachable: finish raises what was refused")

    def decode(self, data: bytes) -> str:
        """Turn bytes into text, or say what they are instead."""
        if len(data) > self.limit:
            self.refuse(
                (),
                f"too large: more than {self.limit:,} bytes",
                why="no document of this kind comes near that size; this is probably another file",
            )
        elif data.startswith((b"\xff\xfe", b"\xfe\xff")):
            self.refuse((), "written in UTF-16", cures=["save it as UTF-8"])
        elif b"\0" in data:
            self.refuse((), "holds a NUL byte, so it is not a text file")
        self.finish()
        try:
            return data.decode("utf-8-sig").replace("\r\n", "\n")  # Windows editors write BOM and CRLF
        except UnicodeDecodeError as error:
            self.refuse((), "not UTF-8", found=f"byte {error.start}", cures=["save it as UTF-8"])
            self.finish()
            raise AssertionError("unreachable: finish raises what was refused") from error


def _place(message: str) -> str:
    found = re.search(r"\(at (.*)\)", message)
    return found[1] if found else ""

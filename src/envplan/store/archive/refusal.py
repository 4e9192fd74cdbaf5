"""Why a wheel is refused, before it is known on whose behalf."""

from __future__ import annotations

from envplan.documents.reading import printable, without_secrets
from envplan.index.model import File
from envplan.problems import Problem, Said
from envplan.values.records import dataclass

STRUCTURE = "EP420"
NAME = "EP421"
TWICE = "EP422"
KIND = "EP423"
BOMB = "EP424"
IDENTITY = "EP425"
RECORD = "EP426"
CONTENTS = "EP427"
PLACE = "EP428"
COMMAND = "EP429"


@dataclass(eq=False)
class Refusal(Exception):  # noqa: N818
    """One thing about a wheel that no wheel may have."""

    code: str
    why: str
    member: str = ""  # the entry it is about, as the archive names it

    def __str__(self) -> str:
        return f"{self.code} {self.member}: {self.why}"


_TITLES = {
    STRUCTURE: "{wheel} is not put together as a wheel is",
    NAME: "{wheel} has a file with a name that no file may have",
    TWICE: "{wheel} has two files for one place",
    KIND: "{wheel} has something in it that is no plain file",
    BOMB: "{wheel} would fill the disk",
    IDENTITY: "{wheel} is not the wheel that its name says",
    RECORD: "{wheel} is not what its own RECORD says",
    CONTENTS: "{wheel} is damaged inside",
    PLACE: "{wheel} would write where no package may",
    COMMAND: "{wheel} asks for a command that cannot be made",
}


def problem(refusal: Refusal, file: File) -> Problem:
    """Say what is refused, and why; nothing of it was written where anybody sees it."""
    origin = f"{file.project} {file.version}"
    member = printable(refusal.member)[:200]
    return Problem(
        refusal.code,
        _TITLES[refusal.code].format(wheel=printable(file.name)),
        wanted=(Said(origin, without_secrets(file.index)),),
        found=(Said(member or "the whole archive", printable(file.name)),),
        why=(
            Said(printable(refusal.why)[:300]),
            Said("its bytes are those that the lock names, so it was made like that; nothing is installed"),
        ),
        cures=(f"envplan lock --upgrade-package {file.project}",),
    )

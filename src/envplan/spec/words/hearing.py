"""What has been understood of the words so far, and what has not."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from envplan.documents.reading import shown
from envplan.problems import Problem, Said
from envplan.spec.grammar.accelerators import accelerator, goes_with, implied_by_extra, narrowed
from envplan.spec.grammar.names import PUBLISHED_AS, extra_name, package_name
from envplan.spec.grammar.pythons import python
from envplan.spec.grammar.refusal import Refusal
from envplan.spec.grammar.versions import asked_versions
from envplan.spec.model import Accelerator, Requirement
from envplan.spec.sections import platform
from envplan.values.platforms import Platform
from envplan.values.records import dataclass, field, replace
from envplan.values.versions import Python

CODE = "EP106"
EXAMPLES = {
    "init": (
        '"torch 2.2 on gpu" "transformers>=4.40"',
        '"torch 2.2, torchvision on cuda 12.1" "python 3.11"',
    ),
    "add": ('"transformers>=4.40"', '"tensorflow 2.16 on cpu"'),
}

T = TypeVar("T")


@dataclass
class Statement:
    """An accelerator, and the packages before it that it was said of; of none, it is the environment's."""

    names: tuple[str, ...]
    said: Accelerator


@dataclass
class Hearing:
    """The words heard so far."""

    packages: dict[str, Requirement] = field(default_factory=dict)
    pythons: list[Python] = field(default_factory=list)
    platforms: list[Platform] = field(default_factory=list)
    statements: list[Statement] = field(default_factory=list)
    notes: list[Problem] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    command: str = "init"
    phrase: str = ""
    _unread: str = ""  # the phrase of the last problem, where words of it were simply not understood

    def typed(self, words: str) -> str:
        """Write a line that would have been understood."""
        return f'envplan {self.command} "{words}"'

    def refuse(self, part: str, title: str = "", why: str = "", cures: Iterable[str] = ()) -> None:
        """Note a part that is not understood; several of one phrase are one problem."""
        plain = not (title or tuple(cures))
        last = self.problems[-1] if self.problems and plain and self._unread == self.phrase else None
        self._unread = self.phrase if plain else ""
        if last:
            found = (*last.found, Said(shown(part)))
            words = ", ".join(repr(one.text) for one in found)
            self.problems[-1] = replace(last, title=f"not understood: {words}", found=found)
            return
        self.problems.append(
            Problem(
                CODE,
                title or f"{shown(part)!r} is not understood",
                wanted=(Said(shown(self.phrase)),),
                found=(Said(shown(part)),),
                why=(Said(why),) if why else (),
                cures=tuple(cures)
                or tuple(f"envplan {self.command} {line}" for line in EXAMPLES[self.command]),
            )
        )

    def read(self, text: str, parse: Callable[[str], T], words: str = "") -> T | None:
        """Make a value of a part; note what was meant where it is none, within the words it is said with."""
        try:
            return parse(text)
        except Refusal as refusal:
            cures = [self.typed(words.format(meant)) for meant in refusal.meant] if words else []
            self.refuse(text, refusal.title, refusal.why, cures)
            return None

    def take_package(self, written: str, extras: str, version: str) -> str | None:
        """Note that a package is wanted; return the name it is published under."""
        name = self.read(written, package_name)
        if name is None:
            return None
        if name in PUBLISHED_AS:
            self._note_published(written, PUBLISHED_AS[name])
            name = PUBLISHED_AS[name]
        listed = [extra.strip() for extra in extras.strip("[]").split(",")]
        wanted = [self.read(extra, extra_name) for extra in listed if extra]
        before = self.packages.get(name)
        kept = before.extras if before else ()
        together = tuple(dict.fromkeys([*kept, *(extra for extra in wanted if extra)]))
        requirement = before or Requirement(name, f"words: {shown(self.phrase)}")
        self.packages[name] = replace(requirement, extras=together)
        if version:
            self.take_version(name, version)
        return name

    def _note_published(self, written: str, published: str) -> None:
        self.notes.append(
            Problem(
                CODE,
                f"{written} is published as {published}",
                found=(Said(written, shown(self.phrase)),),
                severity="note",
            )
        )

    def take_version(self, name: str, text: str) -> None:
        """Note the version wanted of a package."""
        specifier = self.read(text, asked_versions, f"{name} {{}}")
        if specifier is None:
            return
        before = self.packages[name]
        if before.asked not in ("*", text):
            self.refuse(text, f"{name} is wanted in two versions, {before.asked} and {shown(text)}")
            return
        self.packages[name] = replace(before, asked=text.strip(), specifier=specifier)

    def take_python(self, text: str) -> None:
        """Note the Python wanted."""
        value = self.read(text, python, "python {}")
        if value is not None and value not in self.pythons:
            self.pythons.append(value)

    def take_platform(self, text: str) -> None:
        """Note a platform that is to be served."""
        value = self.read(text, platform)
        if value is not None and value not in self.platforms:
            self.platforms.append(value)

    def take_accelerator(self, text: str, names: tuple[str, ...], *, again: bool) -> None:
        """Note an accelerator; `again` says that the words before it named one of the same packages."""
        try:
            said = accelerator(text)
        except Refusal as refusal:
            if not refusal.meant:
                self.refuse(text, refusal.title, refusal.why)
                return
            said = accelerator(refusal.meant[0])
        before = (
            self.statements[-1] if again else next((one for one in self.statements if not one.names), None)
        )
        if names or before is None:
            self.statements.append(Statement(names, said))
            return
        together = narrowed(before.said, said)
        if together is None:
            self.refuse(
                text,
                f"{before.said} and {said} exclude each other",
                why="auto takes the GPU where there is one, and the CPU where there is none",
                cures=[self.typed("torch on auto"), self.typed("torch on gpu, tensorflow on cpu")],
            )
        else:
            before.said = together

    def settle(self) -> Accelerator | None:
        """Give the environment its accelerator, and each package its own where that differs."""
        general = next((one.said for one in self.statements if not one.names), None)
        whole = general or next((one.said for one in self.statements if self.command == "init"), None)
        for statement in self.statements:
            for name in statement.names:
                own = statement.said if statement.said != whole else None
                self.packages[name] = replace(self.packages[name], accelerator=own)
        for requirement in self.packages.values():
            for extra in requirement.extras:
                implied = implied_by_extra(extra)
                whole = whole or implied
                wanted = requirement.accelerator or whole
                if implied and wanted and not goes_with(wanted, implied):
                    self.refuse(
                        f"{requirement.name}[{extra}]",
                        f"{requirement.name}[{extra}] does not run on {wanted}",
                    )
        return whole

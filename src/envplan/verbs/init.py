"""Write a spec from words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from envplan.documents.opening import kind_of
from envplan.documents.reading import shown
from envplan.documents.writing import write_document
from envplan.problems import EnvplanError, Problem, Said
from envplan.spec import DEFAULT_NAME, PROJECT_FILE
from envplan.spec.decode import decode
from envplan.spec.grammar.accelerators import accelerator as read_accelerator
from envplan.spec.grammar.names import environment_name, fitting_environment_name
from envplan.spec.grammar.pythons import python as read_python
from envplan.spec.grammar.refusal import Refusal
from envplan.spec.model import Spec
from envplan.spec.words.understand import Wishes, understood
from envplan.spec.words.write import spec_text
from envplan.values.records import dataclass

T = TypeVar("T")


@dataclass(frozen=True)
class Written:
    """A spec that has been written."""

    file: Path
    text: str
    spec: Spec
    notes: tuple[Problem, ...] = ()


def init(
    words: Sequence[str],
    output: Path,
    *,
    force: bool = False,
    pythons: Sequence[str] = (),
    accelerator: str | None = None,
    name: str | None = None,
) -> Written:
    """Understand the words, and write them down as a spec."""
    _refuse_other_files(output)
    _refuse_to_overwrite(output, force)
    whole = _option("--accelerator", accelerator, read_accelerator)
    called = _option("--name", name, environment_name)
    named = [_option("--python", text, read_python) for text in pythons]
    heard = understood(words, accelerator=whole)
    together = tuple(dict.fromkeys([python for python in named if python] + list(heard.pythons)))
    wishes = Wishes(heard.packages, together, heard.accelerator, heard.platforms)
    text = spec_text(wishes, called or _folder_name(output) or DEFAULT_NAME)
    spec = decode(text.encode(), str(output))
    write_document(output, text)
    return Written(output, text, spec, (*heard.notes, *spec.notes))


def _folder_name(output: Path) -> str | None:
    try:
        return fitting_environment_name(output.absolute().parent.name)
    except OSError:  # the folder we stand in is gone
        return None


def _option(option: str, text: str | None, parse: Callable[[str], T]) -> T | None:
    if text is None:
        return None
    try:
        return parse(text)
    except Refusal as refusal:
        cures = [f"envplan init {option} {meant!r}" for meant in refusal.meant]
        found = (Said(shown(text), option),)
        why = (Said(refusal.why),) if refusal.why else ()
        raise EnvplanError(
            Problem("EP106", refusal.title, found=found, why=why, cures=tuple(cures))
        ) from None


def _refuse_other_files(output: Path) -> None:
    if output.suffix == ".toml" and output.name != PROJECT_FILE:
        return
    raise EnvplanError(
        Problem(
            "EP107",
            f"a spec is not written to {shown(str(output))}",
            why=(Said("it is a file of its own that ends in .toml; to pyproject.toml, envplan add adds"),),
            cures=("envplan init --output envplan.toml ...   (the same words again)",),
        )
    )


def _refuse_to_overwrite(output: Path, force: bool) -> None:
    try:
        kind = kind_of(output)
    except (OSError, ValueError):
        return  # writing will say what is wrong with the path
    replaceable = kind in ("a file", "a link that leads nowhere")
    if kind == "nothing" or (force and replaceable):
        return
    again = ("envplan init --force ...   (the same words again; what is in the file is lost)",)
    raise EnvplanError(
        Problem(
            "EP107",
            f"{shown(str(output))} is there already",
            found=(Said(kind, shown(str(output))),),
            cures=("envplan add NAME   (to add to the spec that is there)", *again) if replaceable else (),
        )
    )

"""Add packages to a spec, and remove them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from envplan.documents.reading import shown
from envplan.documents.writing import alone, write_document
from envplan.problems import EnvplanError, Problem, Said
from envplan.spec import PROJECT_FILE
from envplan.spec.edit.change import CODE, Edited, Place, added, removed
from envplan.spec.grammar.names import group_name
from envplan.spec.grammar.refusal import Refusal
from envplan.spec.model import Spec
from envplan.spec.read import decode_file, read_bytes, spec_file
from envplan.spec.words.understand import Wishes, understood
from envplan.values.records import dataclass

_MARK = "\ufeff"  # Windows editors begin a file with it


@dataclass(frozen=True)
class Changed:
    """A spec that has been edited; `done` says how, and is empty where nothing was to do."""

    file: Path
    spec: Spec
    done: tuple[str, ...]
    notes: tuple[Problem, ...] = ()


def add(words: Sequence[str], where: Path, *, group: str | None = None) -> Changed:
    """Add what the words name, or change it where it is there already."""
    wishes = understood(words, command="add")
    _refuse_what_is_no_package(wishes)
    changed = _edit(where, group, lambda text, place: added(text, place, wishes.packages))
    return Changed(changed.file, changed.spec, changed.done, (*wishes.notes, *changed.notes))


def remove(names: Sequence[str], where: Path, *, group: str | None = None) -> Changed:
    """Remove packages by name."""
    return _edit(where, group, lambda text, place: removed(text, place, names))


def _edit(where: Path, group: str | None, edit: Callable[[str, Place], Edited]) -> Changed:
    file = spec_file(where)
    place = _place(file, group)
    with alone(file):
        return _edit_file(file, place, edit)


def _edit_file(file: Path, place: Place, edit: Callable[[str, Place], Edited]) -> Changed:
    data = read_bytes(file)
    text = _text(data, file)
    mark = _MARK if text.startswith(_MARK) else ""
    edited = edit(text.removeprefix(_MARK), place)
    after = mark + edited.text
    spec = decode_file(after.encode(), file)  # whatever does not read is not written
    if after != text:
        write_document(file, after)
    return Changed(file, spec, edited.done, (*edited.notes, *spec.notes))


def _text(data: bytes, file: Path) -> str:
    """Decode the bytes; a file that is no TOML gets the problems that reading it gives."""
    from envplan.documents import Reading
    from envplan.spec.decode import CODE as READ_CODE

    Reading(str(file), READ_CODE).parse(data)
    return data.decode("utf-8")


def _place(file: Path, group: str | None) -> Place:
    if file.suffix != ".toml":
        raise EnvplanError(
            Problem(
                CODE,
                f"{shown(str(file))} is read, but not edited",
                why=(Said("envplan edits envplan.toml, and [tool.envplan] in pyproject.toml"),),
                cures=(f"edit {file} by hand", 'envplan init "torch 2.2 on gpu"'),
            )
        )
    try:
        name = None if group is None else group_name(group)
    except Refusal as refusal:
        why = (Said(refusal.why),) if refusal.why else ()
        found = (Said(shown(group or ""), "--group"),)
        raise EnvplanError(Problem(CODE, refusal.title, found=found, why=why)) from None
    return Place(str(file), ("tool", "envplan") if file.name == PROJECT_FILE else (), name)


def _refuse_what_is_no_package(wishes: Wishes) -> None:
    said = [f"python {python}" for python in wishes.pythons] + [str(one) for one in wishes.platforms]
    if wishes.accelerator is not None and not any(one.accelerator for one in wishes.packages):
        said.append(str(wishes.accelerator))
    if said or not wishes.packages:
        raise EnvplanError(
            Problem(
                "EP106",
                f"{', '.join(said)} is not a package" if said else "no package is named",
                why=(Said("the Python, accelerator and platforms of a spec stand under [env] and [targets]"),)
                if said
                else (),
                cures=('envplan add "transformers>=4.40"',),
            )
        )

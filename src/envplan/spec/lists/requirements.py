"""A spec from a requirements.txt, with every line that cannot be kept named by its number."""

from __future__ import annotations

import contextlib
import re
import tomllib
from collections.abc import Callable, Iterator
from posixpath import normpath

from envplan.documents import Reading
from envplan.documents.reading import shown, without_secrets
from envplan.problems import EnvplanError
from envplan.spec import DEFAULT_NAME
from envplan.spec.decode import CODE
from envplan.spec.grammar.accelerators import accelerator
from envplan.spec.grammar.names import is_variant, package_name
from envplan.spec.grammar.places import source_path
from envplan.spec.grammar.refusal import Refusal
from envplan.spec.lists.listed import joined, location, requirement
from envplan.spec.model import Accelerator, Auto, FromPath, Requirement, Spec
from envplan.values.records import dataclass, field, replace

Open = Callable[[str], bytes]

_OPTION = re.compile(r"(--[a-z][a-z-]*)(?:\s*=\s*|\s+|$)(.*)|(-[a-zA-Z])\s*=?\s*(.*)")
_SHORT = {
    "-r": "--requirement",
    "-c": "--constraint",
    "-e": "--editable",
    "-i": "--index-url",
    "-f": "--find-links",
}
_PYTORCH = re.compile(r"https?://download\.pytorch\.org/whl/(?:[a-z]+/)?([a-z]+[0-9.]*)/?")
_LOCAL = re.compile(
    r"\.{1,2}(?:/.*)?|(?:\.{0,2}/|~|[A-Za-z]:[/\\]).*|[^\s\[;@]+/[^\s@]*|[^\s@]+\.(?:whl|zip|tar\.gz)"
)

# What changes nothing, or what envplan decides by itself, and what to say about it.
_NOT_KEPT = {
    "--find-links": "every name comes from the index that it is bound to",
    "--index-url": "every name comes from the index that it is bound to; "
    "a mirror of the default index stands in the user's own configuration",
    "--no-binary": "envplan takes wheels; options.allow-sdist names what may be built",
    "--no-index": "envplan works offline by itself when it is told so",
    "--pre": "a version that is not final is taken where the specifier names one",
    "--trusted-host": "which hosts are trusted is no matter of a spec",
}
_MOST_INCLUDES = 100  # files that include each other twice would never end
_SILENT = {"--only-binary", "--prefer-binary", "--require-hashes", "--use-feature"}


@dataclass
class _Lines:
    """What has been read of a file and of those it includes."""

    reading: Reading
    open: Open
    found: list[Requirement] = field(default_factory=list)
    constraints: list[tuple[str, str, Requirement]] = field(default_factory=list)
    accelerator: Accelerator | None = None
    accelerator_origin: str = ""
    hashes: bool = False
    includes: int = 0
    above: tuple[str, ...] = ()


def decode_requirements(data: bytes, file: str, opened: Open) -> Spec:
    """Read a requirements.txt; `opened` reads a file that it names, relative to it."""
    lines = _Lines(Reading(file, CODE), opened, above=(file.rpartition("/")[2],))
    _read(lines, data, constraining=False)
    found = [_constrained(lines, one) for one in joined(lines.found)]
    _note_constraints(lines, {one.name for one in found})
    if not found and not lines.reading.problems:
        lines.reading.refuse((), "the file lists no packages")
    lines.reading.finish()
    return Spec(
        name=DEFAULT_NAME,
        origin=file,
        packages=tuple(found),
        accelerator=lines.accelerator or Auto(),
        accelerator_origin=lines.accelerator_origin,
        notes=tuple(lines.reading.notes),
    )


def _read(lines: _Lines, data: bytes, *, constraining: bool) -> None:
    for number, line in _logical(lines.reading.decode(data)):
        place = f"line {number}"
        if option := _OPTION.fullmatch(line) if line.startswith("-") else None:
            name, value = (option[1] or option[3]), (option[2] or option[4] or "").strip()
            _option(lines, place, _SHORT.get(name, name), value, constraining)
        else:
            one = _line(lines, place, line)
            if one and constraining:
                lines.constraints.append((lines.reading.file, place, one))
            elif one:
                lines.found.append(one)


def _logical(text: str) -> Iterator[tuple[int, str]]:
    """Join what a backslash continues, and drop comments and empty lines; number what is left."""
    start = 0
    parts: list[str] = []
    for number, raw in enumerate(text.split("\n"), 1):
        start = start if parts else number
        line = re.sub(r"(?:^|[ \t]+)#.*$", "", raw)
        if line.endswith("\\") and not raw.lstrip().startswith("#"):
            parts.append(line[:-1])
            continue
        whole, parts = " ".join([*parts, line]).strip(), []
        if whole:
            yield start, whole
    if parts and (whole := " ".join(parts).strip()):
        yield start, whole


def _line(lines: _Lines, place: str, line: str) -> Requirement | None:
    wanted, *options = re.split(r"\s+(?=--[a-z])", line)
    for option in options:
        if option.startswith("--hash"):
            _note_hashes(lines, place)
        else:
            _refuse(
                lines,
                place,
                f"{shown(option)!r} cannot be kept",
                option,
                "how a package is built is not recorded",
            )
    if "${" in wanted:
        _refuse(lines, place, "a variable of the shell", wanted, "a spec is the same wherever it is read")
        return None
    if re.match(r"(?:git|hg|svn|bzr)\+", wanted):
        return _repository(lines, place, wanted)
    if re.match(r"[a-z]+://|file:", wanted):
        return requirement(lines.reading, (place,), f"name @ {wanted}")  # refused with what to do instead
    if _LOCAL.fullmatch(wanted):
        return _local(lines, place, wanted, editable=False)
    return requirement(lines.reading, (place,), wanted)


def _refuse(
    lines: _Lines, place: str, title: str, found: str, why: str = "", cures: tuple[str, ...] = ()
) -> None:
    lines.reading.refuse((place,), title, found=shown(found), why=why, cures=cures)


def _note_hashes(lines: _Lines, place: str) -> None:
    if not lines.hashes:
        lines.reading.note((place,), "hashes are not taken over", why="the lock gets those of the index")
    lines.hashes = True


def _option(lines: _Lines, place: str, name: str, value: str, constraining: bool) -> None:
    if "index-url" in name and _takes_accelerator(lines, place, value):
        return
    if name in ("--requirement", "--constraint"):
        _include(lines, place, value, constraining or name == "--constraint")
    elif name == "--editable":
        repository = re.match(r"(?:git|hg|svn|bzr)\+", value)
        one = _repository(lines, place, value) if repository else _local(lines, place, value, editable=True)
        lines.found += [one] if one else []
    elif name == "--hash":
        _note_hashes(lines, place)
    elif name in _NOT_KEPT:
        found = without_secrets(f"{name} {value}".strip())
        lines.reading.note(
            (place,), f"{name} is not read", severity="warning", found=shown(found), why=_NOT_KEPT[name]
        )
    elif name == "--extra-index-url":
        _refuse(
            lines,
            place,
            "a second index for any name",
            f"{name} {value}",
            "whoever publishes a name there, or here, would decide what is installed; "
            "a spec says which names come from it",
            ('corp = { url = "https://host.example/simple", packages = ["corp-*"] }   (under [indexes])',),
        )
    elif name not in _SILENT:
        _refuse(lines, place, f"{shown(name)!r} is not an option that can be kept", f"{name} {value}".strip())


def _takes_accelerator(lines: _Lines, place: str, url: str) -> bool:
    """The index of one PyTorch variant is how a requirements.txt names the accelerator."""
    found = _PYTORCH.fullmatch(url)
    if not found or not is_variant(found[1]):
        return False
    said = accelerator(found[1])
    if lines.accelerator not in (None, said):
        _refuse(lines, place, f"{lines.accelerator} and {said} exclude each other", url)
        return True
    lines.accelerator, lines.accelerator_origin = said, lines.reading.origin((place,))
    lines.reading.note((place,), f"accelerator = {said}, from the address of the index", found=shown(url))
    return True


def _include(lines: _Lines, place: str, path: str, constraining: bool) -> None:
    try:
        source_path(path)
    except Refusal as refusal:
        _refuse(lines, place, refusal.title, path, refusal.why)
        return
    whole = normpath(f"{lines.above[-1].rpartition('/')[0]}/{path}".lstrip("/"))
    lines.includes += 1
    if whole in lines.above or lines.includes > _MOST_INCLUDES:
        _refuse(lines, place, f"{shown(path)} includes itself", path)
        return
    try:
        data = lines.open(whole)
    except EnvplanError as error:
        _refuse(lines, place, f"{shown(path)} cannot be read", path, error.problems[0].title)
        return
    outer, above = lines.reading, lines.above
    lines.reading, lines.above = Reading(shown(whole), CODE), (*above, whole)
    with contextlib.suppress(EnvplanError):  # the file is no text; its reading holds the problem
        _read(lines, data, constraining=constraining)
    inner, lines.reading, lines.above = lines.reading, outer, above
    outer.problems += inner.problems
    outer.notes += inner.notes


def _repository(lines: _Lines, place: str, text: str) -> Requirement | None:
    egg = re.search(r"#(?:.*&)?egg=([A-Za-z0-9._-]+)", text)
    if not egg:
        cures = ("name @ git+https://host.example/team/name",)
        _refuse(lines, place, "a repository without the name of its package", text, "", cures)
        return None
    try:
        name = package_name(egg[1])
        return Requirement(name, lines.reading.origin((place,)), location=location(text, name))
    except Refusal as refusal:
        _refuse(lines, place, refusal.title, text, refusal.why, refusal.cures)
        return None


def _local(lines: _Lines, place: str, text: str, *, editable: bool) -> Requirement | None:
    path, _, extras = text.partition("[")
    try:
        path = source_path(path.split("#")[0].strip())
        name = _name_at(lines, path)
        listed = tuple(package_name(extra) for extra in extras.rstrip("] ").split(",") if extra.strip())
        origin = lines.reading.origin((place,))
        return Requirement(name, origin, extras=listed, location=FromPath(path, editable))
    except Refusal as refusal:
        _refuse(lines, place, refusal.title, text, refusal.why, refusal.cures)
        return None


def _name_at(lines: _Lines, path: str) -> str:
    """Find what the package in a folder or file is called."""
    if found := re.fullmatch(r"(?:.*/)?([A-Za-z0-9._]+)-[0-9][^/]*\.(?:whl|zip|tar\.gz)", path):
        return package_name(found[1])
    try:
        document = tomllib.loads(lines.open(f"{path.rstrip('/')}/pyproject.toml").decode())
        return package_name(document["project"]["name"])
    except (EnvplanError, ValueError, KeyError, TypeError, AttributeError):
        raise Refusal(
            f"what {shown(path)} is called cannot be found out",
            "it has no pyproject.toml with a [project] name",
            cures=[f'name = {{ path = "{path}", editable = true }}   (under [packages] in envplan.toml)'],
        ) from None


def _constrained(lines: _Lines, one: Requirement) -> Requirement:
    for _, _, constraint in lines.constraints:
        if constraint.name == one.name:
            one = replace(one.with_also(constraint), extras=one.extras, location=one.location)
    return one


def _note_constraints(lines: _Lines, names: set[str]) -> None:
    for file, place, constraint in lines.constraints:
        if constraint.name not in names:
            reading = Reading(file, CODE)
            reading.note(
                (place,),
                f"the constraint on {constraint.name} is not kept",
                severity="warning",
                found=str(constraint),
                why="it holds only if another package brings it along; add it to the packages to keep it",
            )
            lines.reading.notes += reading.notes
